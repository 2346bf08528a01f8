/** CreateLogStream API reference. */
export const MAX_STREAM_NAME = 512;

/** Resource attributes that name where a process runs, the most particular first. */
const PLACES = [
  'aws.ecs.task.id',
  'aws.ecs.task.arn',
  'k8s.pod.name',
  'faas.instance',
  'host.id',
  'container.id',
  'host.name',
] as const;

export interface ProcessIdentity {
  readonly pid: number;
  /** Epoch milliseconds at which the process started. */
  readonly startTime: number;
  /** Used when the resource does not say where the process runs. */
  readonly hostName: string;
}

/**
 * `<service>/<task, pod, instance or host>/<pid>-<8 hex of the start, in seconds>`: one stream per process, so that processes do not
 * contend for one and a stream reads as one process's story.
 */
export function streamName(resource: Readonly<Record<string, unknown>>, process: ProcessIdentity): string {
  const service = part(resource['service.name']) || 'unknown_service';
  const place = part(placeOf(resource)) || part(process.hostName) || 'unknown';
  const start = Math.floor(process.startTime / 1000)
    .toString(16)
    .padStart(8, '0')
    .slice(-8);
  const tail = `/${process.pid}-${start}`;
  return `${service}/${place}`.slice(0, MAX_STREAM_NAME - tail.length) + tail;
}

function placeOf(resource: Readonly<Record<string, unknown>>): unknown {
  for (const key of PLACES) {
    const value = resource[key];
    if (typeof value !== 'string' || value === '') continue;
    return key === 'aws.ecs.task.arn' ? value.slice(value.lastIndexOf('/') + 1) : value;
  }
  return undefined;
}

/** Stream names must match `[^:*]*` (CreateLogStream API reference); slashes divide our parts. */
function part(value: unknown): string {
  return typeof value === 'string' ? sanitize(value).replaceAll('/', '-') : '';
}

/** A stream name that the service accepts, from one that a user chose. */
export function validStreamName(name: string): string {
  return sanitize(name).slice(0, MAX_STREAM_NAME);
}

function sanitize(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
  return name.trim().replace(/[:*\u0000-\u001f\u007f]/g, '-');
}

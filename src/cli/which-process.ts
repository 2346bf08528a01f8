import type { EndpointName, NamedEndpoints } from '../config/endpoints.js';
import type { RunningProcess } from './running.js';

/** A name that somebody gives explicitly, and what gives it: an option of the command, or a setting of this shell. */
export interface NamedValue {
  readonly value: string;
  /** `--service`, `AWS_REGION here`. */
  readonly by: string;
}

/** What is named of the application that is meant. What is absent is not named, and every process agrees with it. */
export interface Named {
  readonly service?: NamedValue;
  /** Real path of the entry file. */
  readonly entry?: NamedValue;
  readonly region?: NamedValue;
  readonly namespace?: NamedValue;
  readonly logGroup?: NamedValue;
  readonly endpoints: NamedEndpoints;
}

/** A process that is not the one meant, with the names that it disagrees with. */
export interface Stranger {
  readonly process: RunningProcess;
  readonly because: readonly string[];
}

/** The processes that may be the one meant, and the others. */
export function sortProcesses(
  processes: readonly RunningProcess[],
  named: Named,
): { candidates: RunningProcess[]; strangers: Stranger[] } {
  const judged = processes.map((process) => ({ process, because: disagreements(process, named) }));
  return {
    candidates: judged.filter(({ because }) => because.length === 0).map(({ process }) => process),
    strangers: judged.filter(({ because }) => because.length > 0),
  };
}

/** One line for each name that the process disagrees with. A folder is no name: every container has the same. */
export function disagreements(process: RunningProcess, named: Named): string[] {
  const { snapshot } = process;
  const lines: string[] = [];
  const compare = (what: string, own: string | undefined, wanted: NamedValue | undefined): void => {
    if (wanted !== undefined && own !== wanted.value)
      lines.push(`its ${what} is ${own ?? 'not known'}, ${wanted.by} says ${wanted.value}`);
  };
  compare('service', serviceOf(process), named.service);
  compare('entry', entryOf(process), named.entry);
  // A process that found no region is what somebody wants to know of.
  if (snapshot.delivery.region !== undefined) compare('region', snapshot.delivery.region, named.region);
  compare('namespace', destinationOf(process, 'metrics').namespace, sent(process, 'metrics', named.namespace));
  compare('log group', destinationOf(process, 'logs').logGroup, sent(process, 'logs', named.logGroup));
  for (const [name, url] of Object.entries(named.endpoints)) {
    const own = snapshot.endpoints[name as EndpointName] ?? "AWS's";
    compare(name.startsWith('collector') ? name : `endpoint of ${name}`, own, { value: url, by: 'this shell' });
  }
  return lines;
}

/** `process 4711: service checkout, entry /srv/app.js, region us-west-2, up 53 s`. */
export function describeProcess(process: RunningProcess): string {
  const { pid, snapshot } = process;
  const entry = snapshot.application?.entry;
  const parts = [
    `service ${serviceOf(process) ?? 'without a name'}`,
    ...(entry ? [`entry ${entry}`] : []),
    ...(snapshot.delivery.region ? [`region ${snapshot.delivery.region}`] : []),
    `up ${snapshot.uptime} s`,
  ];
  return `process ${pid}: ${parts.join(', ')}`;
}

export function serviceOf({ snapshot }: RunningProcess): string | undefined {
  const name = snapshot.resource['service.name'];
  return typeof name === 'string' ? name : undefined;
}

function entryOf({ realEntry, snapshot }: RunningProcess): string | undefined {
  return realEntry ?? snapshot.application?.entry;
}

interface Destination {
  readonly namespace?: string;
  readonly logGroup?: string;
}

/** The names in AWS that the destination of a signal bears. */
export function destinationOf({ snapshot }: RunningProcess, signal: 'metrics' | 'logs'): Destination {
  const status = snapshot.delivery.destinations.find((each) => each.signal === signal)?.status;
  return typeof status === 'object' && status !== null ? status : {};
}

/** A name in AWS is compared only where the process has a destination that bears one. */
function sent(process: RunningProcess, signal: 'metrics' | 'logs', wanted: NamedValue | undefined) {
  const { namespace, logGroup } = destinationOf(process, signal);
  return (signal === 'metrics' ? namespace : logGroup) === undefined ? undefined : wanted;
}

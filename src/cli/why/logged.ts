import type { CheckContext } from '../doctor/context.js';
import { cause, found, goesOn, type Step, unknown } from './chain.js';
import { ask, deliveryStep, destinationStep } from './common.js';

/** How far back events are looked for. Milliseconds. */
const LOOK_BACK = 7 * 86_400_000;
const SPANS_GROUP = 'aws/spans';
/** X-Ray takes spans of the last 14 days. Milliseconds. */
const MAX_AGE = 14 * 86_400_000;
const W3C = /^[0-9a-f]{32}$/i;
const XRAY = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/i;

interface LoggedError {
  readonly flags?: number;
  readonly body?: string;
  readonly timestamp?: string;
  readonly attributes?: { readonly exception?: { readonly type?: string; readonly message?: string } };
}

/** Sent? in the group? in a group that exists? */
export function errorChain(fingerprint: string, context: CheckContext): Step[] {
  const group = context.configuration.logs.group;
  return [
    destinationStep(context, 'logs', 'cloudwatch'),
    deliveryStep(context, 'logs'),
    async () => {
      const link = `log group ${group}`;
      const events = await eventsWith(fingerprint, group, context);
      if (typeof events === 'string') {
        if (!/ResourceNotFound/.test(events)) return unknown(link, events);
        return cause(link, 'it does not exist: no error has arrived yet', 'monitoring test error', [events]);
      }
      if (events.length === 0) return goesOn(link, 'no event of the last seven days has it');
      return found(link, `${events.length} events`, events.slice(0, 5).map(describeEvent));
    },
    async () => {
      const link = 'other events of the group';
      const events = await eventsWith('', group, context);
      if (typeof events === 'string') return unknown(link, events);
      if (events.length === 0)
        return cause(
          link,
          'no error at all has arrived in seven days',
          "monitoring test error proves the way; errors that carry a 4xx status are the client's and no events",
        );
      return goesOn(
        link,
        `${events.length} others have arrived: the way is open`,
        events.slice(0, 3).map(describeEvent),
      );
    },
  ];
}

/** An id? taken by the sampler? sent? there? */
export function traceChain(given: string, context: CheckContext): Step[] {
  const id = traceIdOf(given);
  if (id === undefined) {
    return [
      () =>
        cause(
          'id',
          `${given} is no trace id`,
          '32 hexadecimal digits, 1-xxxxxxxx-xxxxxxxxxxxxxxxxxxxxxxxx, or a traceparent or X-Amzn-Trace-Id header',
        ),
    ];
  }
  const xray = `1-${id.slice(0, 8)}-${id.slice(8)}`;
  const made = Number.parseInt(id.slice(0, 8), 16) * 1000;
  return [
    () => {
      if (notSampled(given))
        return cause(
          'sampling',
          'the header says that it is not sampled',
          'OTEL_TRACES_SAMPLER_ARG=5/s,0.2 takes more; whoever made the header has decided',
          [given],
        );
      const age = context.now() - made;
      if (age > MAX_AGE)
        return cause(
          'id',
          `its time is ${new Date(made).toISOString()}: X-Ray takes nothing older than 14 days`,
          'ids of OpenTelemetry need the id generator of X-Ray where another service makes them',
        );
      if (age < -3_600_000) return unknown('id', 'its first digits are no time: it was made by another system');
      return goesOn('id', `${xray}, made at ${new Date(made).toISOString()}`);
    },
    destinationStep(context, 'traces', 'xray'),
    async () => {
      const link = 'spans in CloudWatch Logs';
      const events = await eventsWith(id, SPANS_GROUP, context, made - 3_600_000);
      if (typeof events === 'string') return unknown(link, events);
      return events.length > 0 ? found(link, `${events.length} spans`) : goesOn(link, 'none has it');
    },
    async () => {
      const link = 'X-Ray';
      const answer = await ask(context, { service: 'xray', action: '/Traces', input: { TraceIds: [xray] } });
      if ('obstacle' in answer) return unknown(link, answer.obstacle);
      const [trace] = (answer.body as { Traces?: { Segments?: unknown[] }[] }).Traces ?? [];
      return trace === undefined
        ? goesOn(link, 'it does not have it')
        : found(link, `${trace.Segments?.length ?? 0} segments`);
    },
    async () => {
      const link = 'errors with this id';
      const events = await eventsWith(xray, context.configuration.logs.group, context);
      if (typeof events === 'string') return unknown(link, events);
      const [event] = events;
      if (event === undefined) return goesOn(link, 'none');
      if (event.flags !== undefined && (event.flags & 1) === 0) {
        return cause(
          link,
          'the request was not sampled: an error of it says so (flags 0)',
          'OTEL_TRACES_SAMPLER_ARG=5/s,0.2 takes more; errors and metrics are complete without',
          events.slice(0, 3).map(describeEvent),
        );
      }
      return goesOn(link, 'the request was sampled', events.slice(0, 3).map(describeEvent));
    },
    deliveryStep(context, 'traces'),
    () => {
      const { name, ratio, reservoirPerSecond } = context.configuration.traces.sampler;
      return unknown(
        'sampling',
        `${name} takes ${reservoirPerSecond} a second and ${ratio * 100} % of the rest: whether it took this one can't be known any more`,
      );
    },
  ];
}

/** In W3C form; from an id, or from a header that holds one. */
export function traceIdOf(text: string): string | undefined {
  const parts = text.split(/[;,\s]+/).map((part) => part.replace(/^Root=/i, ''));
  for (const part of parts) {
    const xray = XRAY.exec(part);
    if (xray !== null) return `${xray[1]}${xray[2]}`.toLowerCase();
    const traceparent = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/i.exec(part);
    if (traceparent !== null) return traceparent[1]?.toLowerCase();
    if (W3C.test(part)) return part.toLowerCase();
  }
  return undefined;
}

export function notSampled(header: string): boolean {
  const flags = /^00-[0-9a-f]{32}-[0-9a-f]{16}-([0-9a-f]{2})$/i.exec(header.trim())?.[1];
  if (flags !== undefined) return (Number.parseInt(flags, 16) & 1) === 0;
  return /(?:^|;)\s*Sampled=0/i.test(header);
}

/** The events whose text has it; as a text, why they can't be read. */
async function eventsWith(
  text: string,
  group: string,
  context: CheckContext,
  from?: number,
): Promise<LoggedError[] | string> {
  const input = {
    logGroupName: group,
    ...(text && { filterPattern: `"${text.replace(/["\\]/g, '')}"` }),
    startTime: Math.max(0, from ?? context.now() - LOOK_BACK),
    limit: 20,
  };
  const answer = await ask(context, { service: 'logs', action: 'FilterLogEvents', input });
  if ('obstacle' in answer) return answer.obstacle;
  const { events = [] } = answer.body as { events?: { message: string }[] };
  return events.map(({ message }) => parsed(message));
}

function parsed(message: string): LoggedError {
  try {
    return JSON.parse(message);
  } catch {
    return { body: message.slice(0, 200) };
  }
}

function describeEvent({ timestamp, attributes, body }: LoggedError): string {
  return `${timestamp ?? ''} ${attributes?.exception?.type ?? ''} ${attributes?.exception?.message ?? body ?? ''}`.trim();
}

import type { AwsAnswer } from '../aws/call.js';
import type { CheckContext } from '../doctor/context.js';
import type { Probe } from './telemetry.js';

export interface ReadBack {
  readonly found: boolean;
  /** Milliseconds from sending to seeing it. */
  readonly after: number;
  /** Why it can't be read: a permission that the application does not need, a group that does not exist. */
  readonly obstacle?: string;
  /** What was asked. */
  readonly asked: string;
}

/** Where X-Ray keeps spans when Transaction Search is on. */
const SPANS_GROUP = 'aws/spans';
/** Milliseconds between two looks. */
const PAUSE = 2000;

/** Looks for the item until it is there or `wait` milliseconds are over. */
export async function readBack(
  probe: Probe,
  context: CheckContext,
  wait: number,
  signal: AbortSignal,
): Promise<ReadBack> {
  const { ask, asked, has } = lookup(probe, context);
  const began = performance.now();
  for (;;) {
    const answer = await ask(signal);
    const after = Math.round(performance.now() - began);
    if (answer.error !== undefined)
      return { found: false, after, asked, obstacle: `${answer.error.name}: ${answer.error.message}` };
    if (has(answer.body)) return { found: true, after, asked };
    if (after + PAUSE > wait || signal.aborted) return { found: false, after, asked };
    await new Promise((resolve) => setTimeout(resolve, Math.min(PAUSE, wait)));
  }
}

interface Lookup {
  readonly asked: string;
  ask(signal: AbortSignal): Promise<AwsAnswer>;
  has(body: unknown): boolean;
}

function lookup({ kind, key, time }: Probe, context: CheckContext): Lookup {
  if (kind === 'metric') return metricLookup(context, key, time);
  const logGroupName = kind === 'error' ? context.configuration.logs.group : SPANS_GROUP;
  const input = { logGroupName, filterPattern: `"${key}"`, startTime: time - 60_000, limit: 1 };
  return {
    asked: `FilterLogEvents ${logGroupName}`,
    ask: (signal) => context.call({ service: 'logs', action: 'FilterLogEvents', input }, signal),
    has: (body) => ((body as { events?: unknown[] }).events ?? []).length > 0,
  };
}

function metricLookup(context: CheckContext, name: string, time: number): Lookup {
  const { configuration, service, attributes } = context;
  const input = {
    StartTime: Math.floor(time / 1000) - 120,
    EndTime: Math.floor(time / 1000) + 600,
    MetricDataQueries: [
      {
        Id: 'test',
        MetricStat: {
          Metric: {
            Namespace: configuration.metrics.namespace,
            MetricName: name,
            Dimensions: [
              { Name: 'Environment', Value: String(attributes['deployment.environment.name'] ?? '') },
              { Name: 'Service', Value: service.name },
            ],
          },
          Period: 60,
          Stat: 'Sum',
        },
      },
    ],
  };
  return {
    asked: `GetMetricData ${configuration.metrics.namespace} ${name}`,
    ask: (signal) => context.call({ service: 'monitoring', action: 'GetMetricData', input }, signal),
    has: (body) =>
      ((body as { MetricDataResults?: { Values?: number[] }[] }).MetricDataResults ?? []).some(
        ({ Values = [] }) => Values.length > 0,
      ),
  };
}

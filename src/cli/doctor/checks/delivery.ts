import { lostOf } from '../../../wire/ledger.js';
import type { LedgerEntry } from '../../../wire/messages.js';
import { type Check, failed, pass, type Verdict, warning } from '../check.js';
import { type DestinationStatus, describeCounters, isStuck, type Signal, statusOf } from '../destination-status.js';
import { type PolicyValues, refusalOf, statementFor } from '../policy.js';

function deliveryCheck(id: string, signal: Signal, what: string, permission: string): Check {
  return {
    id,
    title: `The running application delivers its ${what}`,
    about: `The counters of the running process: what it sent, what failed, what was dropped and why, what waits. Its own last error of AWS is the evidence.`,
    troubles: [
      {
        cause: 'AWS refuses, or does not answer: what is held is sent again until it is too old or the queue is full.',
        remedy: 'The last error in the evidence says what; monitoring doctor tries the same call.',
      },
      {
        cause: `${what[0]?.toUpperCase()}${what.slice(1)} were dropped: too old, too large, refused, the queue full, the cap reached. The reason is in the counter.`,
        remedy: 'By reason: see docs/troubleshooting.md, "What was dropped".',
      },
    ],
    // Where this identity may not either, that is the cause.
    needs: ['MON-RUN-002', permission],
    reaches: 'offline',
    unless: ({ running }) => (running ? undefined : 'no running process was found'),
    async run(context) {
      const { region } = await context.region();
      const { logs, metrics } = context.configuration;
      const values = { region, logGroup: logs.group, namespace: metrics.namespace };
      const { running } = context;
      const entry = running?.snapshot.delivery.ledger.find((one) => one.signal === signal);
      return judgeDelivery(running ? statusOf(running, signal) : [], what, values, entry);
    },
  };
}

export function judgeDelivery(
  destinations: readonly DestinationStatus[],
  what: string,
  values: PolicyValues = {},
  ledger?: LedgerEntry,
): Verdict {
  if (destinations.length === 0) {
    return warning(`no destination for ${what}`, {
      cause: 'its exporters are none, or could not be made (no region)',
      remedy: 'the start line of the application, and monitoring config, say where they go',
    });
  }
  const lines = destinations.map(
    ({ name, queue, counters }) =>
      `${name}: ${describeCounters(counters)}${queue ? `; ${queue.items} waiting, ${queue.failures} attempts failed in a row` : ''}`,
  );
  const stuck = destinations.find(isStuck);
  if (stuck !== undefined) {
    const cause = stuck.queue?.trouble ?? stuck.trouble ?? '';
    const action = /not authorized to perform: ([a-z0-9-]+:\w+)/.exec(cause)?.[1];
    const allow = action && `${refusalOf(cause).who}: ${statementFor(action, values)}`;
    return failed(`${what} do not arrive at ${stuck.name}`, {
      cause,
      evidence: lines,
      remedy: allow ?? 'mend the cause: it is sent again until then, or until it is too old',
    });
  }
  const reasons = Object.entries(ledger?.lost ?? {});
  if (ledger !== undefined && reasons.length > 0) {
    return warning(`${lostOf(ledger)} of ${ledger.made} ${what} are lost since the start`, {
      cause: reasons.map(([reason, count]) => `${count}: ${DROPS[reason] ?? reason}`).join('; '),
      evidence: lines,
      remedy: reasons
        .map(([reason]) => REMEDIES[reason] ?? `see "What was dropped" in docs/troubleshooting.md for ${reason}`)
        .filter((text, index, all) => all.indexOf(text) === index)
        .join('; '),
    });
  }
  return pass(lines.join('; '));
}

/** Reasons in the ledger, in words; the rest speak for themselves. */
export const DROPS: Readonly<Record<string, string>> = {
  series_cap: 'beyond MONITORING_MAX_SERIES, and no place was left for an overflow series',
  unknown_start: 'a running total whose beginning is not known',
  invalid: 'not a number, or beyond what CloudWatch takes',
  too_old: 'older than the service takes',
  too_new: 'of the future: is the clock right?',
  too_large: 'larger than the service takes',
  too_many_attributes: 'more attributes than the service takes',
  attribute_too_long: 'an attribute longer than the service takes',
  unreadable: 'a getter or a proxy among the attributes failed, or the value has a form that no thread can be given',
  refused: 'refused by the service for what it is',
  rejected: 'refused by the service, one among others that were taken',
  permanent: 'the service will never take it',
  unanswered: 'no answer, as often as it may be sent then: it may have been taken',
  overflow: 'the queue was full',
  expired: 'held until it was too old: AWS did not take it for hours',
  shutdown: 'the process ended before its delivery was confirmed: what was on its way may have arrived',
  internal: 'a defect of the exporter',
  export_failed: 'an OTLP or console exporter gave the batch up, after its own attempts',
  no_destination: 'no exporter of the signal could be made: no region was found',
  worker_ended: 'the delivery worker ended while it held it',
  no_worker: 'no delivery worker ran, and the application held as much as it may',
  other: 'there are more reasons than the ledger has rows for',
};

const REMEDIES: Readonly<Record<string, string>> = {
  series_cap: 'raise MONITORING_MAX_SERIES, or leave attributes out by MONITORING_METRIC_DIMENSIONS',
  no_destination: 'set AWS_REGION',
  overflow: 'the service is away or too slow: see the last error; OTEL_BSP_MAX_QUEUE_SIZE lets more spans wait',
  shutdown: 'raise MONITORING_SHUTDOWN_TIMEOUT, and keep the stop timeout of the container above it',
};

export const metricDelivery = deliveryCheck('MON-METR-001', 'metrics', 'metrics', 'MON-PERM-001');
export const errorDelivery = deliveryCheck('MON-LOGS-003', 'logs', 'errors', 'MON-PERM-002');
export const traceDelivery = deliveryCheck('MON-XRAY-001', 'traces', 'traces', 'MON-PERM-004');

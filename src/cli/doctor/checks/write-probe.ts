import type { AwsService } from '../../aws/services.js';
import { deliverProbe } from '../../probe/deliver.js';
import { readBack } from '../../probe/read-back.js';
import { createProbe, type ProbeKind } from '../../probe/telemetry.js';
import { type Check, failed, pass, warning } from '../check.js';
import { unlessUsed } from '../context.js';
import { describeCounters } from '../destination-status.js';

/** Milliseconds for AWS to take it. */
const SEND_TIMEOUT = 12_000;

function writeProbe(id: string, kind: ProbeKind, service: AwsService, needs: readonly string[]): Check {
  const what = kind === 'error' ? 'error event' : kind;
  return {
    id,
    title: `A test ${what} arrives`,
    about: `With --write-probe: one ${what} goes the way that those of the application take (the same worker thread, the same exporters), and is read back, with the time of each hop. What it writes costs less than a cent; the log group is made when it is missing.`,
    troubles: [
      {
        cause: 'AWS refuses it, or does not answer.',
        remedy: 'The evidence has the words of AWS; the checks of network and permission name the cause.',
      },
      {
        cause:
          'It was taken, but is not to be seen yet: metrics take up to two minutes, events some seconds, spans up to a minute.',
        remedy: '`--wait 180`',
      },
    ],
    needs,
    reaches: 'aws',
    writes: true,
    // The wait comes on top of it; the deadline for all knows about it.
    timeout: 600_000,
    unless: unlessUsed(service),
    async run(context, signal) {
      const probe = createProbe(kind, context.now());
      const sent = await deliverProbe(probe, context, SEND_TIMEOUT);
      const hops = sent.destinations.map(({ name, counters }) => `${name}: ${describeCounters(counters)}`);
      if (!sent.accepted) {
        const trouble = sent.destinations.find(({ queue, trouble: own }) => queue?.trouble ?? own);
        const cause = trouble?.queue?.trouble ?? trouble?.trouble ?? sent.notices[0];
        return failed(`the test ${what} was not taken within ${sent.duration} ms`, {
          cause: cause ?? 'no destination answered in time',
          evidence: [...hops, ...sent.notices],
          remedy: 'mend the cause; then monitoring doctor --write-probe',
          judged: sent.by,
        });
      }
      const taken = `taken after ${sent.duration} ms`;
      const back = await readBack(probe, context, context.options.wait, signal);
      const evidence = [
        ...hops,
        taken,
        `${back.asked}: ${back.found ? `seen after ${back.after} ms` : (back.obstacle ?? `not seen within ${back.after} ms`)}`,
      ];
      if (back.found)
        return pass(`${taken}, readable ${back.after} ms later (${probe.key})`, { evidence, judged: sent.by });
      if (back.obstacle !== undefined)
        return pass(`${taken}; it can't be read back: ${back.obstacle}`, { evidence, judged: sent.by });
      return warning(`${taken}, but not readable within ${back.after} ms`, {
        cause: 'it takes its time: metrics up to two minutes, events some seconds, spans up to a minute',
        evidence,
        remedy: 'monitoring doctor --write-probe --wait 180',
        judged: sent.by,
      });
    },
  };
}

export const metricProbe = writeProbe('MON-METR-003', 'metric', 'monitoring', ['MON-PERM-001']);
export const errorProbe = writeProbe('MON-LOGS-004', 'error', 'logs', ['MON-PERM-002']);
export const traceProbe = writeProbe('MON-XRAY-004', 'trace', 'xray', ['MON-PERM-004']);

import { lostOf } from '../../wire/ledger.js';
import type { AwsAnswer, AwsCall } from '../aws/call.js';
import type { CheckContext } from '../doctor/context.js';
import { describeCounters, type Signal, statusOf, totalOf } from '../doctor/destination-status.js';
import { cause, goesOn, type Link, type Step, unknown } from './chain.js';

/** Milliseconds for one question to AWS. */
const ASK_LIMIT = 8000;

/** An answer, or why there is none. */
export async function ask(context: CheckContext, call: AwsCall): Promise<AwsAnswer | { obstacle: string }> {
  try {
    const answer = await context.call(call, AbortSignal.timeout(ASK_LIMIT));
    return answer.error ? { obstacle: `${answer.error.name}: ${answer.error.message}` } : answer;
  } catch (error) {
    return { obstacle: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

/** Whether the signal goes to AWS at all. */
export function destinationStep(context: CheckContext, signal: Signal, destination: string): Step {
  return () => {
    const { configuration } = context;
    const link = 'destination';
    const setting = { metrics: 'OTEL_METRICS_EXPORTER', traces: 'OTEL_TRACES_EXPORTER', logs: 'OTEL_LOGS_EXPORTER' }[
      signal
    ];
    if (configuration.disabled) return cause(link, 'monitoring is switched off', 'unset OTEL_SDK_DISABLED');
    const exporters: readonly string[] = configuration[signal].exporters;
    if (exporters.length === 0) return cause(link, `no ${signal} are sent: ${setting} is none`, `unset ${setting}`);
    if (!exporters.includes(destination)) {
      return cause(
        link,
        `${signal} go to ${exporters.join('+')}, not to AWS directly`,
        `look there, or ${setting}=${destination}`,
      );
    }
    return goesOn(link, `${signal} go to ${destination}`);
  };
}

/** What the running application says of its deliveries. */
export function deliveryStep({ running }: CheckContext, signal: Signal): Step {
  return (): Link => {
    const link = 'running application';
    if (running === undefined) return unknown(link, 'no running process was found: what it counted is not known');
    const entry = running.snapshot.delivery.ledger.find((one) => one.signal === signal);
    const lost = entry === undefined ? 0 : lostOf(entry);
    for (const { name, queue, counters, trouble } of statusOf(running, signal)) {
      const evidence = [`process ${running.pid}, ${name}: ${describeCounters(counters)}`];
      const obstacle = queue?.trouble ?? trouble;
      if (obstacle !== undefined && (queue?.items ?? 0) > 0) {
        return cause(link, `held up on the way to ${name}: ${obstacle}`, 'monitoring doctor names the cause', evidence);
      }
      const sent = totalOf(counters, 'sent');
      const dropped = totalOf(counters, 'dropped');
      if (sent === 0 && dropped > 0) {
        return cause(link, `all ${dropped} ${signal} were dropped`, 'the reason is in the counter', evidence);
      }
      return goesOn(link, `${describeCounters(counters)}${lost > 0 ? `; ${lost} lost since the start` : ''}`, evidence);
    }
    return goesOn(link, 'it says nothing of this signal');
  };
}

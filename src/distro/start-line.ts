import type { Configuration, SamplerConfiguration } from '../config/configuration.js';
import { traceBounds } from '../config/trace-budget.js';
import { describeTraceBound } from '../pricing/trace-flow.js';
import type { Identity } from '../resource/identity.js';

const AWS_DESTINATIONS: readonly string[] = ['cloudwatch', 'cloudwatch_otlp', 'xray'];

/** Where everything goes, in one line. */
export function startLine({ configuration, service, credentials, hasKeys }: Identity): string {
  const { aws, metrics, traces, logs } = configuration;
  const list = (names: string[], detail?: string) =>
    names.length > 0
      ? names
          .map((name) => (detail && (name === 'emf' || name.startsWith('cloudwatch')) ? `${name} ${detail}` : name))
          .join('+')
      : 'none';
  const usesAws = [...metrics.exporters, ...traces.exporters, ...logs.exporters].some((name) =>
    AWS_DESTINATIONS.includes(name),
  );
  // The worker says what it found (delivery/worker/announcement.ts).
  const region = aws.region ?? 'being looked up';
  const keys = hasKeys ? credentials : `being looked up (${credentials})`;
  const sampler = traces.exporters.length > 0 ? describeTraces(traces) : 'nothing is traced';
  return [
    `${service.name}: metrics to ${list(metrics.exporters, metrics.namespace)}`,
    `errors to ${list(logs.exporters, logs.group)}`,
    `traces to ${list(traces.exporters)} (${sampler})`,
    ...(usesAws ? [`region ${region}`, `credentials: ${keys}`] : []),
  ].join('; ');
}

function describeTraces({ exporters, sampler, budget }: Configuration['traces']): string {
  return `${describeSampler(sampler)}; ${describeTraceBound(traceBounds(budget)?.own, exporters.includes('xray'))}`;
}

function describeSampler({ name, reservoirPerSecond, ratio, endpoint }: SamplerConfiguration): string {
  if (name === 'xray') {
    const from = endpoint === undefined ? 'X-Ray' : new URL(endpoint).host;
    return `sampling rules from ${from}, until then ${reservoirPerSecond}/s,${ratio}`;
  }
  if (name === 'parentbased_reservoir') return `${name} ${reservoirPerSecond}/s,${ratio}`;
  return name.endsWith('traceidratio') ? `${name} ${ratio}` : name;
}

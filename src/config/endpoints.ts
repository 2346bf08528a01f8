import { shown } from '../redaction/shown.js';
import type { Configuration } from './configuration.js';

/** Where telemetry goes, as far as the settings name it. Credentials in an address are masked. */
export type NamedEndpoints = Readonly<Partial<Record<EndpointName, string>>>;

export type EndpointName = keyof Configuration['aws']['endpoints'] | `collector of ${'metrics' | 'traces' | 'logs'}`;

/** The endpoints of AWS's services in the settings, and the collectors of the signals that go to one. */
export function namedEndpoints({ aws, otlp, metrics, traces, logs }: Configuration): NamedEndpoints {
  const exporters: Readonly<Record<'metrics' | 'traces' | 'logs', readonly string[]>> = {
    metrics: metrics.exporters,
    traces: traces.exporters,
    logs: logs.exporters,
  };
  const collectors = (['metrics', 'traces', 'logs'] as const)
    .filter((signal) => exporters[signal].includes('otlp'))
    .map((signal) => [`collector of ${signal}`, otlp[signal].url] as const);
  const named = [...Object.entries(aws.endpoints), ...collectors].filter(([, url]) => url !== undefined);
  return Object.fromEntries(named.map(([name, url]) => [name, shown(withoutSlash(url))]));
}

/** Two ways to write one address differ in the slash at the end. */
function withoutSlash(url: string): string {
  return (URL.canParse(url) ? new URL(url).href : url).replace(/\/+$/, '');
}

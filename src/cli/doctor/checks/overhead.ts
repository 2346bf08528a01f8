import type { Configuration } from '../../../config/configuration.js';
import { type Check, pass, type Verdict, warning } from '../check.js';

export const overhead: Check = {
  id: 'MON-HOST-002',
  title: 'Monitoring costs little CPU',
  about:
    'The settings that decide what monitoring costs the application: the interval, how often readings are taken, the way of requests, the sampler, instrumentations that are off by default for their price.',
  troubles: [
    {
      cause: 'MONITORING_REQUEST_PATH=full: some 15 µs a request instead of 2 to 7.',
      remedy: 'MONITORING_REQUEST_PATH=short',
    },
    {
      cause: 'Metrics are exported every few seconds: CloudWatch keeps one value a minute, and bills each call.',
      remedy: 'OTEL_METRIC_EXPORT_INTERVAL=60000',
    },
    {
      cause: 'Resource readings of every request, or readings that are not shared.',
      remedy: 'MONITORING_HOST_METRICS_SAMPLE_RATIO=0.1, MONITORING_HOST_METRICS_TTL=1000',
    },
    {
      cause: 'fs, net or dns instrumentation: a span for each call.',
      remedy: 'Take them out of OTEL_NODE_ENABLED_INSTRUMENTATIONS.',
    },
    { cause: 'OTEL_TRACES_SAMPLER=always_on under load.', remedy: 'OTEL_TRACES_SAMPLER=parentbased_reservoir' },
  ],
  needs: [],
  reaches: 'offline',
  unless: ({ configuration }) => (configuration.disabled ? 'monitoring is switched off' : undefined),
  run: ({ configuration }) => judgeOverhead(configuration),
};

const COSTLY = ['fs', 'net', 'dns'];

export function judgeOverhead({ requestPath, metrics, host, instrumentations }: Configuration): Verdict {
  const costly = instrumentations.enabled?.filter((name) => COSTLY.includes(name)) ?? [];
  const found = [
    ...(requestPath === 'full'
      ? [['MONITORING_REQUEST_PATH=full costs some 15 µs a request', 'MONITORING_REQUEST_PATH=short']]
      : []),
    ...(metrics.exporters.length > 0 && metrics.interval < 10_000
      ? [
          [
            `metrics are exported every ${metrics.interval} ms, CloudWatch keeps one value a minute`,
            'OTEL_METRIC_EXPORT_INTERVAL=60000',
          ],
        ]
      : []),
    ...(host.sampleRatio > 0.5
      ? [
          [
            `resource readings of ${host.sampleRatio * 100} % of the requests`,
            'MONITORING_HOST_METRICS_SAMPLE_RATIO=0.1',
          ],
        ]
      : []),
    ...(host.ttl < 100 ? [[`readings are shared for ${host.ttl} ms only`, 'MONITORING_HOST_METRICS_TTL=1000']] : []),
    ...(costly.length > 0
      ? [
          [
            `a span for each call of ${costly.join(', ')}`,
            `take ${costly.join(', ')} out of OTEL_NODE_ENABLED_INSTRUMENTATIONS`,
          ],
        ]
      : []),
  ];
  if (found.length === 0) return pass('the settings are those that cost little');
  return warning('settings cost more CPU than they need', {
    cause: found.map(([what]) => what).join('; '),
    remedy: found.map(([, remedy]) => remedy).join('; '),
  });
}

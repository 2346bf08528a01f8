import { type Check, info, pass } from '../check.js';
import { proxyVariables } from '../network-trouble.js';

export const proxy: Check = {
  id: 'MON-NET-006',
  title: 'No proxy is needed',
  about: 'HTTPS_PROXY and its like: the exporters, as the AWS SDK, connect directly whatever they say.',
  troubles: [
    {
      cause: 'Only a proxy leads to AWS.',
      remedy:
        'A VPC endpoint, or a collector that can go through the proxy: OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318.',
    },
  ],
  needs: [],
  reaches: 'offline',
  run({ env }) {
    const names = proxyVariables(env);
    return names.length === 0
      ? pass('none is set')
      : info(`${names.join(', ')} is set; telemetry does not go through it`);
  },
};

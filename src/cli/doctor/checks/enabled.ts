import { type Check, failed, info, pass, warning } from '../check.js';

export const enabled: Check = {
  id: 'MON-CONF-002',
  title: 'Something is sent somewhere',
  about: 'OTEL_SDK_DISABLED and the exporters of metrics, errors and traces.',
  troubles: [
    { cause: 'OTEL_SDK_DISABLED=true: nothing is measured.', remedy: 'Unset it.' },
    {
      cause: 'The exporters of all signals are `none`.',
      remedy:
        'Unset OTEL_METRICS_EXPORTER, OTEL_LOGS_EXPORTER and OTEL_TRACES_EXPORTER: the defaults go to CloudWatch and X-Ray.',
    },
  ],
  needs: [],
  reaches: 'offline',
  run({ configuration, reading }) {
    const { metrics, logs, traces } = configuration;
    if (configuration.disabled) {
      return failed('monitoring is switched off', {
        cause: `OTEL_SDK_DISABLED is true (${reading.origins.OTEL_SDK_DISABLED})`,
        remedy: 'unset OTEL_SDK_DISABLED',
      });
    }
    const signals = [
      { name: 'metrics', setting: 'OTEL_METRICS_EXPORTER', to: metrics.exporters },
      { name: 'errors', setting: 'OTEL_LOGS_EXPORTER', to: logs.exporters },
      { name: 'traces', setting: 'OTEL_TRACES_EXPORTER', to: traces.exporters },
    ];
    const off = signals.filter(({ to }) => to.length === 0);
    const says = signals.map(({ name, to }) => `${name} to ${to.join('+') || 'none'}`).join(', ');
    if (off.length === signals.length) {
      return warning('nothing is sent', {
        cause: 'the exporters of all signals are none',
        remedy: `unset ${off.map(({ setting }) => setting).join(', ')}`,
      });
    }
    return off.length > 0 ? info(says) : pass(says);
  },
};

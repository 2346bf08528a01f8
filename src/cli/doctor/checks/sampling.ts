import type { SamplerConfiguration } from '../../../config/configuration.js';
import { type Check, info, type Verdict, warning } from '../check.js';

export const sampling: Check = {
  id: 'MON-XRAY-003',
  title: 'Requests are sampled as intended',
  about:
    'The sampler in force. Metrics and errors are complete whatever it does; a trace exists only of what it takes.',
  troubles: [
    {
      cause: 'One request a second and 5 % of the rest are traced by default: most requests have no trace.',
      remedy:
        'OTEL_TRACES_SAMPLER_ARG=5/s,0.2 takes more; `monitoring why trace <id>` tells whether an id was sampled.',
    },
    {
      cause: 'always_off, or a ratio of 0: nothing is traced but what a caller has decided to.',
      remedy: 'OTEL_TRACES_SAMPLER=parentbased_reservoir',
    },
    {
      cause: 'always_on: each request is traced, and costs its time and its price.',
      remedy: 'OTEL_TRACES_SAMPLER=parentbased_reservoir',
    },
  ],
  needs: [],
  reaches: 'offline',
  unless: ({ configuration }) =>
    configuration.disabled || configuration.traces.exporters.length === 0 ? 'no traces are sent' : undefined,
  run: ({ configuration }) => judgeSampler(configuration.traces.sampler),
};

export function judgeSampler({ name, reservoirPerSecond, ratio }: SamplerConfiguration): Verdict {
  const remedy = 'OTEL_TRACES_SAMPLER=parentbased_reservoir (1 request a second and 5 % of the rest)';
  const nothing =
    name.endsWith('always_off') ||
    (name.endsWith('traceidratio') && ratio === 0) ||
    (name === 'parentbased_reservoir' && ratio === 0 && reservoirPerSecond === 0);
  if (nothing)
    return warning('nothing is traced', { cause: `${name}${name.endsWith('always_off') ? '' : ` ${ratio}`}`, remedy });
  if (name.endsWith('always_on') || (name.endsWith('traceidratio') && ratio === 1)) {
    return info('every request is traced', { evidence: ['spans cost microseconds each and are billed by volume'] });
  }
  if (name.endsWith('traceidratio')) return info(`${ratio * 100} % of the requests are traced`);
  const fallback = name === 'xray' ? "the account's rules, and without them " : '';
  return info(
    `${fallback}${reservoirPerSecond} request${reservoirPerSecond === 1 ? '' : 's'} a second and ${Math.round(ratio * 10_000) / 100} % of the rest`,
  );
}

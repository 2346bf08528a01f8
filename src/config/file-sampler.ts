import type { SamplerConfigModel } from '@opentelemetry/configuration';
import type { Findings } from './file-findings.js';
import { isScalar } from './file-paths.js';

/** Samplers of a configuration file as OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG. */

interface Kind {
  /** The value of OTEL_TRACES_SAMPLER. */
  name: string;
  /** By the key in the file, in the order of OTEL_TRACES_SAMPLER_ARG. */
  options?: Record<string, (value: string) => string>;
}

const asItIs = (value: string) => value;
const perSecond = (value: string) => `${value}/s`;

function kindsOf(prefix: '' | 'parentbased_'): Record<string, Kind> {
  return {
    always_on: { name: `${prefix}always_on` },
    always_off: { name: `${prefix}always_off` },
    trace_id_ratio_based: { name: `${prefix}traceidratio`, options: { ratio: asItIs } },
    reservoir: { name: `${prefix}reservoir`, options: { per_second: perSecond, ratio: asItIs } },
    xray: {
      name: 'xray',
      options: { endpoint: (url) => `endpoint=${url}`, polling_interval: (seconds) => `polling_interval=${seconds}` },
    },
  };
}

const PARENT_BASED = 'parent_based';

export function takeSampler(sampler: SamplerConfigModel | undefined, path: string, findings: Findings): void {
  take(sampler, path, '', findings);
}

function take(
  sampler: SamplerConfigModel | undefined,
  path: string,
  prefix: '' | 'parentbased_',
  findings: Findings,
): void {
  const kinds = kindsOf(prefix);
  const names = [...Object.keys(kinds), ...(prefix === '' ? [PARENT_BASED] : [])];
  for (const [key, options] of Object.entries({ ...sampler })) {
    const at = `${path}.${key}`;
    const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined;
    if (kind) takeKind(kind, { ...options }, at, findings);
    else if (names.includes(key)) takeParentBased({ ...options }, at, findings);
    else findings.refuse(at, options, `one of ${names.join(', ')}`);
  }
}

function takeKind(
  { name, options = {} }: Kind,
  given: Record<string, unknown>,
  path: string,
  findings: Findings,
): void {
  findings.give('OTEL_TRACES_SAMPLER', name, path);
  for (const [key, value] of Object.entries(given)) {
    const keys = Object.keys(options);
    if (!keys.includes(key))
      findings.refuse(`${path}.${key}`, value, keys.length ? `one of ${keys.join(', ')}` : 'no key');
    else if (value !== null && !isScalar(value)) findings.refuse(`${path}.${key}`, value, 'one value');
  }
  for (const [key, translate] of Object.entries(options)) {
    const value = given[key];
    if (isScalar(value) && value !== '') {
      findings.add('OTEL_TRACES_SAMPLER_ARG', translate(String(value)), `${path}.${key}`);
    }
  }
}

/** What the samplers for requests that come with a decision are, always. */
const FOLLOWED: Record<string, string> = {
  remote_parent_sampled: 'always_on',
  remote_parent_not_sampled: 'always_off',
  local_parent_sampled: 'always_on',
  local_parent_not_sampled: 'always_off',
};

function takeParentBased(given: Record<string, unknown>, path: string, findings: Findings): void {
  const { root, ...others } = given;
  if (root) take(root as SamplerConfigModel, `${path}.root`, 'parentbased_', findings);
  else findings.give('OTEL_TRACES_SAMPLER', 'parentbased_always_on', path);
  for (const [key, sampler] of Object.entries(others)) {
    const follows = FOLLOWED[key];
    const names = Object.keys({ ...(sampler as object | null) });
    if (sampler !== null && names.join() !== follows) {
      findings.refuse(`${path}.${key}`, sampler, `${follows}, which can't be changed`, follows);
    }
  }
  findings.settle(path);
}

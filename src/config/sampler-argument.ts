import { fraction, splitList, url, wholeNumber } from './value-types.js';

export type SamplerName =
  | 'always_on'
  | 'always_off'
  | 'traceidratio'
  | 'parentbased_always_on'
  | 'parentbased_always_off'
  | 'parentbased_traceidratio'
  | 'parentbased_reservoir'
  | 'xray';

export interface SamplerConfiguration {
  name: SamplerName;
  /** Sampled requests per second before the ratio applies; `parentbased_reservoir` and the fallback of `xray`. */
  reservoirPerSecond: number;
  /** Sampled fraction, 0..1, of what the reservoir leaves. */
  ratio: number;
  /** Where `xray` asks for rules without signing (an agent or a collector); absent: the X-Ray service itself. */
  endpoint?: string;
  /** Milliseconds between two fetches of the rules of `xray`; absent: the sampler's own. */
  pollingInterval?: number;
}

export const SAMPLER_NAMES: readonly SamplerName[] = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
  'parentbased_reservoir',
  'xray',
];

/** X-Ray's default rule: the first request of each second and 5 % of the others. */
const RESERVOIR_PER_SECOND = 1;
const RESERVOIR_RATIO = 0.05;
const MAX_PER_SECOND = 1_000_000;

interface SamplerArgument {
  sampler: SamplerConfiguration;
  /** What was expected instead of the argument that was given. */
  flaw?: string;
}

/** The sampler, its argument read as that sampler reads it. An argument that can't be read counts as none. */
export function samplerConfiguration(name: SamplerName, argument: string | undefined): SamplerArgument {
  if (name === 'traceidratio' || name === 'parentbased_traceidratio') return ratioSampler(name, argument);
  if (name === 'parentbased_reservoir') return reservoirSampler(name, argument);
  if (name === 'xray') return xraySampler(name, argument);
  const ratio = name.endsWith('on') ? 1 : 0;
  return outcome(
    { name, reservoirPerSecond: 0, ratio },
    argument !== undefined && `nothing: ${name} takes no argument`,
  );
}

/** The argument that says the same. */
export function formatSamplerArgument({
  name,
  reservoirPerSecond,
  ratio,
  endpoint,
  pollingInterval,
}: SamplerConfiguration): string {
  if (name === 'parentbased_reservoir') return `${reservoirPerSecond}/s,${ratio}`;
  if (name.endsWith('traceidratio')) return String(ratio);
  const parts = [endpoint && `endpoint=${endpoint}`, pollingInterval && `polling_interval=${pollingInterval / 1000}`];
  return parts.filter(Boolean).join(',');
}

function ratioSampler(name: SamplerName, argument = '1'): SamplerArgument {
  const { value = 1, flaw } = fraction().parse(argument);
  return outcome({ name, reservoirPerSecond: 0, ratio: value }, flaw);
}

function reservoirSampler(name: SamplerName, argument = ''): SamplerArgument {
  const sampler: SamplerConfiguration = { name, reservoirPerSecond: RESERVOIR_PER_SECOND, ratio: RESERVOIR_RATIO };
  const expected = 'requests per second and a number from 0 to 1 for the rest, such as 1/s,0.05';
  const [, perSecond, rest] = /^(?:(\d+)\/s)?(?:(?:^|,)([^,]+))?$/.exec(argument.replaceAll(' ', '')) ?? [];
  const first = perSecond === undefined ? undefined : wholeNumber(0, MAX_PER_SECOND).parse(perSecond);
  const second = rest === undefined ? undefined : fraction().parse(rest);
  const readable = argument === '' || first || second;
  if (!readable || first?.flaw || second?.flaw) return { sampler, flaw: expected };
  if (first?.value !== undefined) sampler.reservoirPerSecond = first.value;
  if (second?.value !== undefined) sampler.ratio = second.value;
  return { sampler };
}

function xraySampler(name: SamplerName, argument = ''): SamplerArgument {
  const sampler: SamplerConfiguration = { name, reservoirPerSecond: RESERVOIR_PER_SECOND, ratio: RESERVOIR_RATIO };
  const flaws = splitList(argument).map((item) => readXrayItem(sampler, item));
  return outcome(
    sampler,
    flaws.some(Boolean) && 'endpoint=URL and polling_interval=SECONDS (10 to 3600), separated by commas',
  );
}

/** Takes one item into the sampler; true when it can't. */
function readXrayItem(sampler: SamplerConfiguration, item: string): boolean {
  const [, key, value = ''] = /^(\w+)=(.*)$/.exec(item) ?? [];
  if (key === 'endpoint') {
    const parsed = url().parse(value);
    if (parsed.value !== undefined) sampler.endpoint = parsed.value;
    return parsed.flaw !== undefined;
  }
  const seconds = key === 'polling_interval' ? wholeNumber(10, 3600).parse(value).value : undefined;
  if (seconds !== undefined) sampler.pollingInterval = seconds * 1000;
  return seconds === undefined;
}

function outcome(sampler: SamplerConfiguration, flaw: string | false | undefined): SamplerArgument {
  return flaw ? { sampler, flaw } : { sampler };
}

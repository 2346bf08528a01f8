import { performance } from 'node:perf_hooks';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { SamplerConfiguration } from '../config/configuration.js';
import { DecidedRootSampler } from './decided-root-sampler.js';
import { ReservoirSampler } from './reservoir-sampler.js';
import type { SampledService } from './rule-matcher.js';
import { UndecidedParentSampler } from './undecided-parent-sampler.js';
import { RULES_LIFETIME, XRaySampler } from './xray-sampler.js';

export interface Sampling {
  /** Decides for the server's requests and, being parent-based, for every span below them. */
  sampler: Sampler;
  /** Whether nothing is sampled below a span that this process has not sampled. */
  keepsItsWord: boolean;
  /** The part of it that waits for the account's sampling rules. */
  xray?: XRaySampler;
}

/** Rules hold for some readings of them that fail, whatever the interval. */
const MISSED_READINGS = 3;

/**
 * The sampler that the settings name.
 *
 * @param now a clock that never goes back, in milliseconds
 */
export function createSampling(
  configuration: SamplerConfiguration,
  service: SampledService,
  now: () => number = () => performance.now(),
): Sampling {
  const { name } = configuration;
  const keepsItsWord = name !== 'always_on' && name !== 'traceidratio';
  if (name !== 'xray') return { sampler: standardSampler(configuration, now), keepsItsWord };
  const lifetime = Math.max(RULES_LIFETIME, MISSED_READINGS * (configuration.pollingInterval ?? 0));
  const xray = new XRaySampler({ fallback: reservoir(configuration, now), service, now, lifetime });
  return { sampler: parentBased(xray), keepsItsWord, xray };
}

function standardSampler(configuration: SamplerConfiguration, now: () => number): Sampler {
  switch (configuration.name) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(configuration.ratio);
    case 'parentbased_always_on':
      return parentBased(new AlwaysOnSampler());
    case 'parentbased_always_off':
      return parentBased(new AlwaysOffSampler());
    case 'parentbased_traceidratio':
      return parentBased(new TraceIdRatioBasedSampler(configuration.ratio));
    default:
      return parentBased(reservoir(configuration, now));
  }
}

function parentBased(root: Sampler): Sampler {
  return new ParentBasedSampler({
    root: new DecidedRootSampler(root),
    remoteParentNotSampled: new UndecidedParentSampler(root),
  });
}

function reservoir({ reservoirPerSecond: perSecond, ratio }: SamplerConfiguration, now: () => number): Sampler {
  return new ReservoirSampler({ perSecond, ratio, now });
}

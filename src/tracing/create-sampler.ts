import { performance } from 'node:perf_hooks';
import { diag } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { SamplerConfiguration } from '../config/configuration.js';
import { ReservoirSampler } from './reservoir-sampler.js';

/**
 * The sampler that the settings name. It decides for the server's requests and, being parent-based, for every span below them.
 *
 * @param now a clock that never goes back, in milliseconds
 */
export function createSampler(
  configuration: SamplerConfiguration,
  now: () => number = () => performance.now(),
): Sampler {
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
    case 'parentbased_reservoir':
      return parentBased(reservoir(configuration, now));
    case 'xray':
      diag.warn(
        `OTEL_TRACES_SAMPLER=xray: the account's sampling rules are not fetched yet; ` +
          `using the reservoir (${configuration.reservoirPerSecond}/s, then ${configuration.ratio}) instead`,
      );
      return parentBased(reservoir(configuration, now));
  }
}

function parentBased(root: Sampler): Sampler {
  return new ParentBasedSampler({ root });
}

function reservoir({ reservoirPerSecond: perSecond, ratio }: SamplerConfiguration, now: () => number): Sampler {
  return new ReservoirSampler({ perSecond, ratio, now });
}

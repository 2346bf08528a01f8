import { performance } from 'node:perf_hooks';
import type { SpanKind } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { SamplerConfiguration } from '../config/configuration.js';
import { BudgetedSampler, FollowingSampler, GrowingSampler, WholeTraceSampler } from './budget/budgeted-samplers.js';
import type { TraceBudget } from './budget/trace-budget.js';
import { DecidedRootSampler } from './decided-root-sampler.js';
import { ReservoirSampler } from './reservoir-sampler.js';
import type { SampledService } from './rule-matcher.js';
import { UndecidedParentSampler } from './undecided-parent-sampler.js';
import { RULES_LIFETIME, XRaySampler } from './xray-sampler.js';

export interface Sampling {
  /** Decides for the server's requests and, being parent-based, for every span below them. */
  sampler: Sampler;
  /** Whether nothing is sampled below a span that this process has not sampled. Where there is a budget, it is always so. */
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
 * @param budget bounds what the sampler takes; without one there is no bound
 */
export function createSampling(
  configuration: SamplerConfiguration,
  service: SampledService,
  now: () => number = () => performance.now(),
  budget?: TraceBudget,
): Sampling {
  const { name } = configuration;
  const asksNoParent = name === 'always_on' || name === 'traceidratio';
  if (asksNoParent)
    return { sampler: wholeTraces(standardRoot(configuration, now), budget), keepsItsWord: budget !== undefined };
  if (name === 'always_off') return { sampler: new AlwaysOffSampler(), keepsItsWord: true };
  if (name !== 'xray')
    return { sampler: parentBased(budgeted(standardRoot(configuration, now), budget), budget), keepsItsWord: true };
  const lifetime = Math.max(RULES_LIFETIME, MISSED_READINGS * (configuration.pollingInterval ?? 0));
  const fallback = budgeted(reservoir(configuration, now), budget);
  const admit = budget && ((spanKind: SpanKind) => budget.admit(spanKind));
  const xray = new XRaySampler({ fallback, service, now, lifetime, ...(admit && { admit }) });
  return { sampler: parentBased(xray, budget), keepsItsWord: true, xray };
}

/** What decides on a trace that has no parent, by the name without its prefix. */
function standardRoot(configuration: SamplerConfiguration, now: () => number): Sampler {
  switch (configuration.name) {
    case 'always_on':
    case 'parentbased_always_on':
      return new AlwaysOnSampler();
    case 'parentbased_always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
    case 'parentbased_traceidratio':
      return new TraceIdRatioBasedSampler(configuration.ratio);
    default:
      return reservoir(configuration, now);
  }
}

function budgeted(root: Sampler, budget: TraceBudget | undefined): Sampler {
  return budget === undefined ? root : new BudgetedSampler(root, budget);
}

function wholeTraces(root: Sampler, budget: TraceBudget | undefined): Sampler {
  return budget === undefined ? root : new WholeTraceSampler(new BudgetedSampler(root, budget), budget);
}

function parentBased(root: Sampler, budget: TraceBudget | undefined): Sampler {
  const following = budget === undefined ? new AlwaysOnSampler() : new FollowingSampler(budget);
  return new ParentBasedSampler({
    root: new DecidedRootSampler(root, following),
    remoteParentSampled: following,
    remoteParentNotSampled: new UndecidedParentSampler(root),
    localParentSampled: budget === undefined ? following : new GrowingSampler(budget),
  });
}

function reservoir({ reservoirPerSecond: perSecond, ratio }: SamplerConfiguration, now: () => number): Sampler {
  return new ReservoirSampler({ perSecond, ratio, now });
}

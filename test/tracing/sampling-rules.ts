import type { SamplingRule } from '../../src/wire/sampling-rules.js';

/** A rule that matches everything, traces nothing and has no reservoir, but for what is given. */
export function rule(given: Partial<SamplingRule> = {}): SamplingRule {
  return {
    name: 'rule',
    priority: 100,
    fixedRate: 0,
    reservoirSize: 0,
    serviceName: '*',
    serviceType: '*',
    host: '*',
    method: '*',
    urlPath: '*',
    resourceArn: '*',
    attributes: {},
    ...given,
  };
}

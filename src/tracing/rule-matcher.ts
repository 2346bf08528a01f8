import type { Attributes } from '@opentelemetry/api';
import { DEFAULT_RULE, type SamplingRule } from '../wire/sampling-rules.js';
import type { RequestFacts } from './request-facts.js';
import { Wildcard } from './wildcard.js';

/** What sampling rules ask of a service. */
export interface SampledService {
  name: string;
  /** `AWS::ECS::Container` …; absent where X-Ray has no name for it. */
  type?: string;
  resourceArn?: string;
}

/** X-Ray's names of what a service runs on, by `cloud.platform`. */
const SERVICE_TYPES = new Map<unknown, string>([
  ['aws_ec2', 'AWS::EC2::Instance'],
  ['aws_ecs', 'AWS::ECS::Container'],
  ['aws_eks', 'AWS::EKS::Container'],
  ['aws_elastic_beanstalk', 'AWS::ElasticBeanstalk::Environment'],
  ['aws_lambda', 'AWS::Lambda::Function'],
]);

/** The service as the attributes of its resource describe it. */
export function sampledService(resource: Attributes): SampledService {
  const type = SERVICE_TYPES.get(resource['cloud.platform']);
  return { name: String(resource['service.name'] ?? ''), ...(type !== undefined && { type }) };
}

/** What of a rule depends on the request; `undefined` matches all. */
export class RuleMatcher {
  readonly #method: Wildcard | undefined;
  readonly #host: Wildcard | undefined;
  readonly #path: Wildcard | undefined;
  readonly #resourceArn: Wildcard | undefined;
  readonly #attributes: [key: string, value: Wildcard][];

  constructor(rule: SamplingRule, resourceKnown: boolean) {
    const isDefault = rule.name === DEFAULT_RULE;
    const condition = (pattern: string) => {
      const wildcard = new Wildcard(pattern);
      return isDefault || wildcard.any ? undefined : wildcard;
    };
    this.#method = condition(rule.method);
    this.#host = condition(rule.host);
    this.#path = condition(rule.urlPath);
    this.#resourceArn = resourceKnown ? undefined : condition(rule.resourceArn);
    this.#attributes = isDefault
      ? []
      : Object.entries(rule.attributes).map(([key, value]) => [key, new Wildcard(value)]);
  }

  /** Whether it looks at the request at all. */
  get readsRequest(): boolean {
    return Boolean(this.#method ?? this.#host ?? this.#path ?? this.#resourceArn) || this.#attributes.length > 0;
  }

  matches(request: RequestFacts): boolean {
    if (this.#path !== undefined && !this.#path.matches(request.path)) return false;
    if (this.#method !== undefined && !this.#method.matches(request.method)) return false;
    if (this.#host !== undefined && !this.#host.matches(request.host)) return false;
    if (this.#resourceArn !== undefined && !this.#resourceArn.matches(request.resourceArn)) return false;
    for (const [key, value] of this.#attributes) {
      const text = request.named(key);
      if (text === undefined || !value.matches(text)) return false;
    }
    return true;
  }
}

/** Whether the rule can apply to any request of this service. */
export function concerns(rule: SamplingRule, { name, type, resourceArn }: SampledService): boolean {
  if (rule.name === DEFAULT_RULE) return true;
  return (
    matches(rule.serviceName, name) &&
    matches(rule.serviceType, type) &&
    (resourceArn === undefined || matches(rule.resourceArn, resourceArn))
  );
}

function matches(pattern: string, text: string | undefined): boolean {
  return new Wildcard(pattern).matches(text?.toLowerCase());
}

/** X-Ray's sampling API as plain data: what passes between the sampler and the worker, which asks the service. */

/** https://docs.aws.amazon.com/xray/latest/api/API_SamplingRule.html; names and patterns as the account has them. */
export interface SamplingRule {
  name: string;
  /** Lower goes first. */
  priority: number;
  /** Fraction, 0..1, of what the reservoir leaves. */
  fixedRate: number;
  /** Requests per second, of all services together. */
  reservoirSize: number;
  serviceName: string;
  serviceType: string;
  host: string;
  method: string;
  urlPath: string;
  resourceArn: string;
  attributes: Record<string, string>;
}

export interface SamplingRules {
  rules: SamplingRule[];
  /** When they were read, epoch milliseconds by the service's clock. */
  readAt: number;
  /** ARN of what the service runs on, where it is known. */
  resourceArn?: string;
}

/** What became of the requests that a rule matched since the service last took note. */
export interface SamplingStatistics {
  ruleName: string;
  requestCount: number;
  /** Of these, those that are traced; the borrowed ones among them. */
  sampledCount: number;
  /** Of the sampled, those taken without a quota. */
  borrowCount: number;
}

/** https://docs.aws.amazon.com/xray/latest/api/API_SamplingTargetDocument.html */
export interface SamplingTarget {
  ruleName: string;
  fixedRate?: number;
  /** Requests per second of this process. */
  quota?: number;
  /** Milliseconds, from when the answer arrived, that the quota holds. */
  quotaFor?: number;
  /** Milliseconds until the rule is to be reported again. */
  interval?: number;
}

export interface SamplingTargets {
  targets: SamplingTarget[];
  /** Statistics that the service did not take. */
  unprocessed: { ruleName: string; errorCode: string; message: string }[];
  /** When the rules were last changed, epoch milliseconds by the service's clock. */
  lastModification?: number;
}

/** Who knows the rules. Both reject with the reason when there is no answer. */
export interface SamplingSource {
  rules(): Promise<SamplingRules>;
  /** @param statistics of at most {@link MAX_STATISTICS} rules */
  targets(statistics: SamplingStatistics[]): Promise<SamplingTargets>;
}

/** Rules in one call of GetSamplingTargets. */
export const MAX_STATISTICS = 25;

/** The rule that every account has, and that comes after all others. */
export const DEFAULT_RULE = 'Default';

/** Lower priority first; of equal ones, the name that sorts first; the default rule last, whatever its priority. */
export function inOrder(rules: readonly SamplingRule[]): SamplingRule[] {
  return [...rules].sort(
    (a, b) =>
      Number(a.name === DEFAULT_RULE) - Number(b.name === DEFAULT_RULE) ||
      a.priority - b.priority ||
      (a.name < b.name ? -1 : Number(a.name > b.name)),
  );
}

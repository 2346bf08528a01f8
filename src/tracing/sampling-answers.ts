import type { SamplingRule, SamplingStatistics, SamplingTarget, SamplingTargets } from '../wire/sampling-rules.js';

/** What X-Ray's sampling API says, as plain data. Members of a wrong type count as absent; a rule that can't be applied is left out. */

type Json = Readonly<Record<string, unknown>>;

/** The only version of rules that there is. */
const VERSION = 1;
/** Seconds; longer ones are no quotas of X-Ray's. */
const MAX_QUOTA_TIME = 3600;

export interface RulesPage {
  rules: SamplingRule[];
  nextToken?: string;
}

/** One page of GetSamplingRules. */
export function readRules(answer: unknown): RulesPage {
  const { SamplingRuleRecords: records, NextToken: next } = object(answer);
  const rules = list(records).flatMap((record) => readRule(object(object(record).SamplingRule)));
  return { rules, ...(typeof next === 'string' && next !== '' && { nextToken: next }) };
}

function readRule(rule: Json): SamplingRule[] {
  const [name, priority] = [text(rule.RuleName), number(rule.Priority)];
  const [fixedRate, reservoirSize] = [fraction(rule.FixedRate), number(rule.ReservoirSize)];
  if (rule.Version !== VERSION || !name || priority === undefined || fixedRate === undefined) return [];
  return [
    {
      name,
      priority,
      fixedRate,
      reservoirSize: Math.max(0, reservoirSize ?? 0),
      serviceName: text(rule.ServiceName) ?? '*',
      serviceType: text(rule.ServiceType) ?? '*',
      host: text(rule.Host) ?? '*',
      method: text(rule.HTTPMethod) ?? '*',
      urlPath: text(rule.URLPath) ?? '*',
      resourceArn: text(rule.ResourceARN) ?? '*',
      attributes: texts(rule.Attributes),
    },
  ];
}

/** @param now epoch milliseconds by the service's clock, which the times in the answer are of */
export function readTargets(answer: unknown, now: number): SamplingTargets {
  const { SamplingTargetDocuments, UnprocessedStatistics, LastRuleModification } = object(answer);
  const lastModification = number(LastRuleModification);
  return {
    targets: list(SamplingTargetDocuments).flatMap((target) => readTarget(object(target), now)),
    unprocessed: list(UnprocessedStatistics).map((one) => {
      const { RuleName, ErrorCode, Message } = object(one);
      return { ruleName: text(RuleName) ?? '', errorCode: text(ErrorCode) ?? '', message: text(Message) ?? '' };
    }),
    ...(lastModification !== undefined && { lastModification: lastModification * 1000 }),
  };
}

function readTarget(target: Json, now: number): SamplingTarget[] {
  const ruleName = text(target.RuleName);
  if (ruleName === undefined) return [];
  const fixedRate = fraction(target.FixedRate);
  const quota = number(target.ReservoirQuota);
  const expires = number(target.ReservoirQuotaTTL);
  const interval = number(target.Interval);
  return [
    {
      ruleName,
      ...(fixedRate !== undefined && { fixedRate }),
      ...(quota !== undefined && quota >= 0 && expires !== undefined && { quota, quotaFor: timeLeft(expires, now) }),
      ...(interval !== undefined && interval > 0 && { interval: interval * 1000 }),
    },
  ];
}

function timeLeft(expires: number, now: number): number {
  return Math.min(Math.max(0, expires * 1000 - now), MAX_QUOTA_TIME * 1000);
}

/** The body of GetSamplingTargets. @param now epoch milliseconds by the service's clock */
export function writeStatistics(statistics: readonly SamplingStatistics[], clientId: string, now: number): unknown {
  return {
    SamplingStatisticsDocuments: statistics.map(({ ruleName, requestCount, sampledCount, borrowCount }) => ({
      ClientID: clientId,
      RuleName: ruleName,
      Timestamp: Math.floor(now / 1000),
      RequestCount: requestCount,
      SampledCount: sampledCount,
      BorrowCount: borrowCount,
    })),
  };
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function texts(value: unknown): Record<string, string> {
  const entries = Object.entries(object(value)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function fraction(value: unknown): number | undefined {
  const given = number(value);
  return given === undefined || given < 0 || given > 1 ? undefined : given;
}

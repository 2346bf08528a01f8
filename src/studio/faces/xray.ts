import { commonError } from '../aws-error.js';
import type { Input } from '../input.js';

/** A sampling rule as X-Ray's API writes it. */
export interface SamplingRule {
  readonly RuleName: string;
  /** 1..9999; lower goes first. */
  readonly Priority: number;
  /** Fraction, 0..1, of what the reservoir leaves. */
  readonly FixedRate: number;
  /** Requests per second. */
  readonly ReservoirSize: number;
  readonly ServiceName: string;
  readonly ServiceType: string;
  readonly Host: string;
  readonly HTTPMethod: string;
  readonly URLPath: string;
  readonly ResourceARN: string;
  readonly Version: number;
  readonly Attributes?: Readonly<Record<string, string>>;
}

/** Statistics documents in one request: limit of GetSamplingTargets. */
export const MAX_STATISTICS = 25;
/** Seconds between a client's reports. */
const REPORT_INTERVAL = 10;

/** The rule that every account has. */
export const DEFAULT_RULE: SamplingRule = {
  RuleName: 'Default',
  Priority: 10_000,
  FixedRate: 0.05,
  ReservoirSize: 1,
  ServiceName: '*',
  ServiceType: '*',
  Host: '*',
  HTTPMethod: '*',
  URLPath: '*',
  ResourceARN: '*',
  Version: 1,
};

const invalid = (message: string): Error => commonError('xray', 'invalid', message);

/** Settings of rules from outside; members that are left out match everything. */
export function readSamplingRules(inputs: readonly Input[]): SamplingRule[] {
  return inputs.map((input) => {
    const rule: SamplingRule = {
      ...DEFAULT_RULE,
      RuleName: input.string('RuleName') ?? '',
      Priority: input.number('Priority') ?? DEFAULT_RULE.Priority,
      FixedRate: input.number('FixedRate') ?? DEFAULT_RULE.FixedRate,
      ReservoirSize: input.number('ReservoirSize') ?? DEFAULT_RULE.ReservoirSize,
      ServiceName: input.string('ServiceName') ?? '*',
      ServiceType: input.string('ServiceType') ?? '*',
      Host: input.string('Host') ?? '*',
      HTTPMethod: input.string('HTTPMethod') ?? '*',
      URLPath: input.string('URLPath') ?? '*',
      ResourceARN: input.string('ResourceARN') ?? '*',
      ...(input.has('Attributes') ? { Attributes: input.stringMap('Attributes') ?? {} } : {}),
    };
    if (rule.RuleName === '') throw invalid('RuleName is required.');
    if (!(rule.FixedRate >= 0 && rule.FixedRate <= 1)) throw invalid('FixedRate must be between 0 and 1.');
    if (!(rule.ReservoirSize >= 0)) throw invalid('ReservoirSize must not be negative.');
    return rule;
  });
}

const withDefault = (rules: readonly SamplingRule[]): SamplingRule[] =>
  [...rules, ...(rules.some((rule) => rule.RuleName === 'Default') ? [] : [DEFAULT_RULE])].sort(
    (a, b) => a.Priority - b.Priority,
  );

/** Answers GetSamplingRules. */
export const getSamplingRules = (rules: readonly SamplingRule[], changed: number): Record<string, unknown> => ({
  SamplingRuleRecords: withDefault(rules).map((rule) => ({
    SamplingRule: { ...rule, Attributes: rule.Attributes ?? {} },
    CreatedAt: changed / 1000,
    ModifiedAt: changed / 1000,
  })),
});

/**
 * Answers GetSamplingTargets: each client gets the whole reservoir of its rule.
 *
 * @param now epoch milliseconds
 * @param changed when the rules were last set, epoch milliseconds
 */
export function getSamplingTargets(
  rules: readonly SamplingRule[],
  input: Input,
  now: number,
  changed: number,
): Record<string, unknown> {
  const documents = input.inputs('SamplingStatisticsDocuments') ?? [];
  if (documents.length === 0) throw invalid('SamplingStatisticsDocuments is required.');
  if (documents.length > MAX_STATISTICS) throw invalid(`At most ${MAX_STATISTICS} SamplingStatisticsDocuments.`);
  const known = withDefault(rules);
  const names = documents.map(readStatistics);
  const found = names.flatMap((name) => known.filter((rule) => rule.RuleName === name));
  const unknown = names.filter((name) => !known.some((rule) => rule.RuleName === name));
  return {
    SamplingTargetDocuments: found.map((rule) => ({
      RuleName: rule.RuleName,
      FixedRate: rule.FixedRate,
      ReservoirQuota: rule.ReservoirSize,
      ReservoirQuotaTTL: Math.floor(now / 1000) + REPORT_INTERVAL,
      Interval: REPORT_INTERVAL,
    })),
    LastRuleModification: changed / 1000,
    UnprocessedStatistics: unknown.map((name) => ({
      RuleName: name,
      ErrorCode: '400',
      Message: `Unknown rule ${name}`,
    })),
  };
}

function readStatistics(document: Input): string {
  const name = document.string('RuleName') ?? '';
  const client = document.string('ClientID') ?? '';
  if (name === '' || name.length > 32) throw invalid('RuleName must have 1 to 32 characters.');
  if (!/^[0-9a-fA-F]{24}$/.test(client)) throw invalid('ClientID must have 24 hexadecimal digits.');
  if (document.time('Timestamp') === undefined) throw invalid('Timestamp is required.');
  for (const count of ['RequestCount', 'SampledCount'] as const) {
    if ((document.number(count) ?? -1) < 0) throw invalid(`${count} must be given and not negative.`);
  }
  return name;
}

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

/** The names of statistics: CloudWatch user guide, "CloudWatch statistics definitions". */

/** A statistic, as its name is read. */
export type Statistic =
  | { readonly kind: 'SampleCount' | 'Sum' | 'Average' | 'Minimum' | 'Maximum' }
  | { readonly kind: 'percentile'; readonly rank: number }
  | { readonly kind: 'trimmed'; readonly of: 'mean' | 'winsorized' | 'count' | 'sum'; readonly range: Range }
  | { readonly kind: 'rank'; readonly range: Range };

/** Bounds as fractions of the samples, or as values. */
export interface Range {
  readonly unit: 'fraction' | 'value';
  readonly low: number;
  readonly high: number;
}

const SIMPLE = ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum'] as const;
const TRIMMED = { tm: 'mean', wm: 'winsorized', tc: 'count', ts: 'sum' } as const;

/** Undefined: not a statistic. */
export function parseStatistic(name: string): Statistic | undefined {
  const simple = SIMPLE.find((known) => known === name);
  if (simple !== undefined) return { kind: simple };
  if (/^iqm$/i.test(name)) return { kind: 'trimmed', of: 'mean', range: { unit: 'fraction', low: 0.25, high: 0.75 } };
  return parseShort(name) ?? parseLong(name);
}

/** `p99`, `tm99.9`, `wm98`, `tc90`, `ts90`: the lowest so many percent. */
function parseShort(name: string): Statistic | undefined {
  const match = /^(p|tm|wm|tc|ts)(\d{1,3}(?:\.\d{1,10})?)$/i.exec(name);
  if (match === null || Number(match[2]) > 100) return undefined;
  const fraction = Number(match[2]) / 100;
  const kind = match[1]?.toLowerCase();
  if (kind === 'p') return { kind: 'percentile', rank: fraction };
  return trimmed(kind, { unit: 'fraction', low: 0, high: fraction });
}

/** `TM(10%:90%)`, `TC(0.1:0.5)`, `PR(:300)`; either bound may be left out, not both. */
function parseLong(name: string): Statistic | undefined {
  const match = /^(tm|wm|tc|ts|pr)\((-?[\d.]+)?(%)?:(-?[\d.]+)?(%)?\)$/i.exec(name);
  if (match === null) return undefined;
  const [, kind, low, lowPercent, high, highPercent] = match;
  if (low === undefined && high === undefined) return undefined;
  const percent = lowPercent !== undefined || highPercent !== undefined;
  const range = percent ? percentRange(low, high) : valueRange(low, high);
  if (!(range.low <= range.high)) return undefined;
  if (kind?.toLowerCase() === 'pr') return percent ? undefined : { kind: 'rank', range };
  return trimmed(kind?.toLowerCase(), range);
}

const percentRange = (low = '0', high = '100'): Range => ({
  unit: 'fraction',
  low: Number(low) / 100,
  high: Number(high) / 100,
});

const valueRange = (low = '-Infinity', high = 'Infinity'): Range => ({
  unit: 'value',
  low: Number(low),
  high: Number(high),
});

function trimmed(kind: string | undefined, range: Range): Statistic | undefined {
  const of = Object.entries(TRIMMED).find(([prefix]) => prefix === kind)?.[1];
  return of === undefined ? undefined : { kind: 'trimmed', of, range };
}

export const needsDistribution = ({ kind }: Statistic): boolean => !SIMPLE.some((simple) => simple === kind);

/** NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [below = Number.NaN, above = Number.NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? above : (below + above) / 2;
}

/**
 * The lower decile of figures to which whatever else the machine does only adds; NaN of nothing. Where a core is a thread of one that others
 * use as well, the same work takes 1.5 times as long while they do, and they may do so for most of the time.
 */
export function quiet(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length / 10) - 1] ?? Number.NaN;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

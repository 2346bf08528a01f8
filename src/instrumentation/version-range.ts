/** An inclusive lower bound (`>=4.6.0`). */
const FROM = />=\s*(\d+(?:\.\d+){0,2})/;
/** An exclusive upper bound (`<7`, `<2.1.0`), or a range with one: `^3.1.0`, `4`, `4.x`. */
const BELOW = /<\s*(\d+(?:\.\d+){0,2})/;
const MAJOR = /^\s*(?:\^|~|=)?\s*(\d+)/;

/**
 * Whether `version` (`7.59.0`) is newer than all `ranges`. False where a range has no upper bound, and for a version
 * that is older or lies in a gap: the notice is about a library that was renewed.
 */
export function isBeyond(version: string | undefined, ranges: readonly string[]): boolean {
  if (version === undefined || ranges.length === 0) return false;
  const bounds = ranges.map(upperBound);
  return bounds.every((bound) => bound !== undefined && !isLower(partsOf(version), bound));
}

/** Whether `version` lies in a range of the form `>=4.6.0 <6`; a bound that is not stated so, and a version that is no number, leave it in. */
export function isInRange(range: string, version: string): boolean {
  const own = partsOf(version);
  if (own.some(Number.isNaN)) return true;
  const from = FROM.exec(range)?.[1];
  const bound = upperBound(range);
  return (from === undefined || !isLower(own, partsOf(from))) && (bound === undefined || isLower(own, bound));
}

/** The first version above the range; undefined: the range has no end. */
function upperBound(range: string): number[] | undefined {
  const below = BELOW.exec(range)?.[1];
  if (below !== undefined) return partsOf(below);
  if (/[>*]/.test(range)) return undefined;
  const major = MAJOR.exec(range)?.[1];
  return major === undefined ? undefined : [Number(major) + 1];
}

function isLower(version: readonly number[], bound: readonly number[]): boolean {
  for (let i = 0; i < version.length || i < bound.length; i++) {
    const difference = (version[i] ?? 0) - (bound[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function partsOf(version: string): number[] {
  const [release = ''] = version.split(/[-+]/);
  return release.split('.').map(Number);
}

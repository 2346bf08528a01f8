import { MIN_MAGNITUDE } from './limits.js';

/**
 * Short numbers: each digit is paid for in bytes, and CloudWatch's own buckets are about 10 % wide. Seven digits keep the sum of
 * many rounded values within 5e-7 of the sum.
 */
const SIGNIFICANT_DIGITS = 7;

/** Powers of ten up to here are exact. */
const LARGEST_EXACT_POWER = 22;
const POWERS = Array.from({ length: LARGEST_EXACT_POWER + 1 }, (_, exponent) => Number(`1e${exponent}`));

/** `value` with 7 significant digits, unless that leaves [low, high]. */
export function roundWithin(value: number, low: number, high: number): number {
  const rounded = round(value);
  if (rounded >= low && rounded <= high) return rounded;
  return Math.min(high, Math.max(low, value));
}

/** A magnitude too small for CloudWatch, raised to the smallest that it takes. */
export function raised(value: number): number {
  return value !== 0 && Math.abs(value) < MIN_MAGNITUDE ? Math.sign(value) * MIN_MAGNITUDE : value;
}

function round(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  const places = SIGNIFICANT_DIGITS - 1 - Math.floor(Math.log10(Math.abs(value)));
  const power = POWERS[Math.abs(places)];
  // toPrecision() is exact everywhere and ten times slower.
  if (power === undefined) return Number(value.toPrecision(SIGNIFICANT_DIGITS));
  return places >= 0 ? Math.round(value * power) / power : Math.round(value / power) * power;
}

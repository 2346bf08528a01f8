/** Hexadecimal digits of a trace id that W3C Trace Context Level 2 declares random: its last 56 bits. */
const RANDOM_DIGITS = 14;
const HALF = RANDOM_DIGITS / 2;
const HALF_RANGE = 16 ** HALF;

/**
 * Whether the trace belongs to a fraction of all traces, by its last 56 bits.
 *
 * Every service decides alike for one trace. The first 32 bits of an X-Ray id are its time and must not take part.
 * @param ratio fraction, 0..1
 */
export function inRatio(traceId: string, ratio: number): boolean {
  if (ratio >= 1) return true;
  if (!(ratio > 0)) return false;
  // In two halves: a double does not hold 56 bits, and the upper 28 decide alone but in one case of 2^28.
  const start = traceId.length - RANDOM_DIGITS;
  const bound = ratio * HALF_RANGE;
  const whole = Math.floor(bound);
  const upper = number(traceId, start, start + HALF);
  if (upper !== whole) return upper < whole;
  return number(traceId, start + HALF, traceId.length) < (bound - whole) * HALF_RANGE;
}

/** Number.parseInt(text.slice(start, end), 16) of lower-case digits, without making a string. */
function number(text: string, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    value = value * 16 + (code < A ? code - ZERO : code - A + 10);
  }
  return value;
}

const ZERO = '0'.charCodeAt(0);
const A = 'a'.charCodeAt(0);

import { INVALID_TRACEID } from '@opentelemetry/api';

/** Hexadecimal digits of a trace id that are random by W3C Trace Context level 2, the last 56 bits, and in X-Ray's ids too. */
const DIGITS = 14;
const TRACE_ID_LENGTH = 32;
const OFFSET = TRACE_ID_LENGTH - DIGITS;

/**
 * Decides by the trace id's random bits, so alike in every service that a trace passes and independent of whether the
 * trace is sampled: chosen when their value / 2^56 is below `ratio`. Without a valid id, at random. Not by counting:
 * that would fall into step with health checks and load balancers.
 */
export function traceRatio(
  ratio: number,
  random: () => number = Math.random,
): (traceId: string | undefined) => boolean {
  if (!(ratio > 0)) return () => false;
  if (ratio >= 1) return () => true;
  const threshold = thresholdOf(ratio);
  return (traceId) => {
    if (traceId === undefined || traceId.length !== TRACE_ID_LENGTH) return random() < ratio;
    if (!isBelow(traceId, threshold)) return false;
    return traceId !== INVALID_TRACEID || random() < ratio;
  };
}

/** The character codes of the least value that is not chosen; the product is exact, being a shift of the exponent. */
function thresholdOf(ratio: number): Uint8Array {
  const digits = BigInt(Math.ceil(ratio * 2 ** 56))
    .toString(16)
    .padStart(DIGITS, '0');
  return Uint8Array.from(digits, (digit) => digit.charCodeAt(0));
}

/** Lower-case digits have the order of their values; the first two that differ decide, nearly always the first ones. */
function isBelow(traceId: string, threshold: Uint8Array): boolean {
  for (let index = 0; index < DIGITS; index += 1) {
    const difference = traceId.charCodeAt(OFFSET + index) - (threshold[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

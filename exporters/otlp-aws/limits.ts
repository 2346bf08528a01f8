/** Limits of the OTLP endpoints (Amazon CloudWatch user guide, "OTLP endpoints" and its quota tables). */

/** Spans per request. */
export const MAX_SPANS = 10_000;
/** Uncompressed request to X-Ray, bytes. */
export const MAX_TRACE_REQUEST_BYTES = 5_000_000;
/** One span, bytes. */
export const MAX_SPAN_BYTES = 200_000;
/** Resource and scope of a trace request, bytes; one that is larger has the whole request refused. */
export const MAX_RESOURCE_BYTES = 16_000;
/** Data points per request. */
export const MAX_POINTS = 1000;
/** Uncompressed request to CloudWatch metrics, bytes. */
export const MAX_METRIC_REQUEST_BYTES = 1_000_000;
/** Attributes of one data point; one that has more has the whole request refused. */
export const MAX_POINT_ATTRIBUTES = 150;
/** Value of one attribute of a data point, characters. */
export const MAX_POINT_ATTRIBUTE_LENGTH = 1024;
/** All attributes of one data point (40 KB), bytes. */
export const MAX_POINT_ATTRIBUTE_BYTES = 40_000;
/** Items older than this are refused, milliseconds. */
export const MAX_ITEM_AGE = 14 * 24 * 3_600_000;
/** Spans further in the future are refused, milliseconds. */
export const MAX_SPAN_AHEAD = 2 * 3_600_000;
/** Data points further in the future are refused, milliseconds. */
export const MAX_POINT_AHEAD = 10 * 60_000;
/** Between the earliest and the latest span of a request, milliseconds. */
export const MAX_TRACE_REQUEST_SPAN = 24 * 3_600_000;

/** Why the service would not take an item of `time`, if so; both are epoch milliseconds. */
export function refusedTime(time: number, now: number, maxAhead: number): 'too_old' | 'too_new' | undefined {
  if (time < now - MAX_ITEM_AGE) return 'too_old';
  return time > now + maxAhead ? 'too_new' : undefined;
}

/**
 * The X-Ray form of a W3C trace id: `1-` 8 hex `-` 24 hex. X-Ray's console finds a trace's log events by searching
 * their text for this form, so events carry it beside the W3C form.
 * @param traceId 32 hex characters
 */
export function toXRayTraceId(traceId: string): string {
  return `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
}

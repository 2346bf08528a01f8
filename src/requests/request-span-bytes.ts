import type { PlainRequestSpan } from '../wire/request-span.js';

/** What the worker adds to a request's own texts: names of attributes, ids, times, the resource. */
const BYTES_ADDED = 1300;

/** How many bytes the span of a request is billed as, about (src/pricing/trace-flow.ts). */
export function requestSpanBytes(span: PlainRequestSpan): number {
  let bytes = BYTES_ADDED;
  for (const element of span) {
    if (typeof element === 'string') bytes += element.length;
    else if (Array.isArray(element)) for (const text of element) bytes += String(text).length;
  }
  return bytes;
}

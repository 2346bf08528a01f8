import { diag } from '@opentelemetry/api';
import type { RequestSpanReader } from '../requests/request-span-reader.js';
import { type PlainList, readLists } from '../wire/list-bytes.js';
import type { PlainSpan, SpanMessage } from '../wire/messages.js';
import type { PlainRequestSpan } from '../wire/request-span.js';

/** Told how many spans could not be read, and so are lost. */
export type OnUnreadable = (count: number) => void;

/**
 * The spans of a message, each as `refine` returns it. They come one by one where they can: as objects, the spans of a message are many
 * times its bytes.
 */
export function spansOf(
  { spans, written, requests }: SpanMessage,
  reader: RequestSpanReader,
  refine: (span: PlainSpan) => PlainSpan,
  onUnreadable: OnUnreadable,
): Iterable<PlainSpan> {
  const readRequest = (parts: PlainList) => refine(reader.read(parts as unknown as PlainRequestSpan));
  const ofRequests = readable(listsOf(requests), readRequest, onUnreadable);
  if (spans.length === 0 && written === undefined) return ofRequests;
  // A request of the message may have caused its other spans, and tells what they were for.
  return [
    ...readable(spans, refine, onUnreadable),
    ...readable(listsOf(written), ([span]) => refine(span as PlainSpan), onUnreadable),
    ...ofRequests,
  ];
}

function listsOf(bytes: Uint8Array | undefined): Iterable<PlainList> {
  return bytes === undefined ? [] : readLists(bytes);
}

/** What `read` makes of each. A span that `read` throws at is left out, counted and said. */
function* readable<Given>(
  given: Iterable<Given>,
  read: (given: Given) => PlainSpan,
  onUnreadable: OnUnreadable,
): Generator<PlainSpan> {
  const errors: unknown[] = [];
  for (const one of given) {
    let span: PlainSpan;
    try {
      span = read(one);
    } catch (error) {
      errors.push(error);
      continue;
    }
    yield span;
  }
  if (errors.length === 0) return;
  onUnreadable(errors.length);
  diag.warn(`${errors.length} spans that can't be read are left out: ${String(errors[0])}`);
}

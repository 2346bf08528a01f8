/** One event as PutLogEvents takes it. */
export interface InputEvent {
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly message: string;
  /** Of `message` in UTF-8. */
  readonly bytes: number;
}

/** Added to each event's size when a request is measured (PutLogEvents API reference). */
export const EVENT_OVERHEAD_BYTES = 26;
/** Events per PutLogEvents request (PutLogEvents API reference). */
export const MAX_BATCH_EVENTS = 10_000;
/** Σ (message bytes + 26) per PutLogEvents request (PutLogEvents API reference). */
export const MAX_BATCH_BYTES = 1_048_576;
/** Between the first and the last event of a request, milliseconds (PutLogEvents API reference). */
export const MAX_BATCH_SPAN = 24 * 3_600_000;
/** Older events are rejected, milliseconds (PutLogEvents API reference). */
export const MAX_EVENT_AGE = 14 * 24 * 3_600_000;
/** Events further in the future are rejected, milliseconds (PutLogEvents API reference). */
export const MAX_EVENT_AHEAD = 2 * 3_600_000;

export interface BatchLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxSpan: number;
}

export const BATCH_LIMITS: BatchLimits = {
  maxEvents: MAX_BATCH_EVENTS,
  maxBytes: MAX_BATCH_BYTES,
  maxSpan: MAX_BATCH_SPAN,
};

/**
 * How many leading events make one request: as many as count, bytes and time span allow, at least one. Events that would be refused
 * for their time at `now` are taken along without weight: {@link arrange} sets them aside.
 */
export function leading(events: Iterable<InputEvent>, now: number, limits: BatchLimits = BATCH_LIMITS): number {
  let taken = 0;
  let count = 0;
  let bytes = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const event of events) {
    if (refusalOf(event, now) === undefined) {
      count += 1;
      bytes += sizeOf(event);
      first = Math.min(first, event.timestamp);
      last = Math.max(last, event.timestamp);
      const fits = count <= limits.maxEvents && bytes <= limits.maxBytes && last - first <= limits.maxSpan;
      if (!fits && taken > 0) break;
    }
    taken += 1;
  }
  return taken;
}

export interface Refused {
  /** Position among the events given. */
  readonly index: number;
  readonly reason: 'too_old' | 'too_new' | 'expired';
}

export interface Arranged<E extends InputEvent> {
  /** In the order of time; events of the same time stay in the order given. */
  readonly events: E[];
  /** For each of `events`, its position among the events given. */
  readonly positions: number[];
  /** Events that the service would not take. */
  readonly refused: Refused[];
}

/** Puts the events of one request into the order the service demands, without those whose time it refuses at `now`. */
export function arrange<E extends InputEvent>(given: readonly E[], now: number): Arranged<E> {
  const refused: Refused[] = [];
  const inTime: { event: E; index: number }[] = [];
  given.forEach((event, index) => {
    const reason = refusalOf(event, now);
    if (reason === undefined) inTime.push({ event, index });
    else refused.push({ index, reason });
  });
  inTime.sort((a, b) => a.event.timestamp - b.event.timestamp);
  return { events: inTime.map(({ event }) => event), positions: inTime.map(({ index }) => index), refused };
}

function refusalOf(event: InputEvent, now: number): 'too_old' | 'too_new' | undefined {
  if (event.timestamp < now - MAX_EVENT_AGE) return 'too_old';
  return event.timestamp > now + MAX_EVENT_AHEAD ? 'too_new' : undefined;
}

/** What an event counts towards a request's size, bytes. */
export function sizeOf(event: InputEvent): number {
  return event.bytes + EVENT_OVERHEAD_BYTES;
}

/** Which events of an accepted request the service did not take (PutLogEvents `rejectedLogEventsInfo`). */
export interface RejectedRange {
  /** The first too new event; all after it are too new as well. */
  readonly tooNewLogEventStartIndex?: number | undefined;
  /** One after the last too old event; all before it are too old as well. */
  readonly tooOldLogEventEndIndex?: number | undefined;
  /** One after the last event older than the group's retention. */
  readonly expiredLogEventEndIndex?: number | undefined;
}

/**
 * The events that the service set aside from an accepted request of `count`, by position. The start index is inclusive, the end
 * indices are exclusive; indices outside the request are taken as its ends.
 */
export function rejectedOf(info: RejectedRange | undefined, count: number): Refused[] {
  if (info === undefined) return [];
  const within = (index: number | undefined, absent: number) => Math.min(Math.max(index ?? absent, 0), count);
  const tooOldEnd = within(info.tooOldLogEventEndIndex, 0);
  const expiredEnd = within(info.expiredLogEventEndIndex, 0);
  const tooNewStart = within(info.tooNewLogEventStartIndex, count);
  const refused: Refused[] = [];
  for (let index = 0; index < count; index += 1) {
    if (index < tooOldEnd) refused.push({ index, reason: 'too_old' });
    else if (index < expiredEnd) refused.push({ index, reason: 'expired' });
    else if (index >= tooNewStart) refused.push({ index, reason: 'too_new' });
  }
  return refused;
}

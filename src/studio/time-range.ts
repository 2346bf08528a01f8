import type { Datum } from './datum.js';

/** Epoch milliseconds; the start belongs to it, the end does not. */
export interface TimeRange {
  readonly start: number;
  readonly end: number;
}

export const EVER: TimeRange = { start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY };

export const isWithin = (time: number, { start, end }: TimeRange): boolean => time >= start && time < end;

export function within(data: Iterable<Datum>, range: TimeRange): Datum[] {
  const wanted: Datum[] = [];
  for (const datum of data) if (isWithin(datum.timestamp, range)) wanted.push(datum);
  return wanted;
}

export interface Sample {
  /** Seconds since the load began. */
  readonly time: number;
  /** Bytes in memory. */
  readonly rss: number;
}

/** What a soaked process held, in bytes. Its first third is left out: caches fill, and the heap finds its size. */
export interface Held {
  /** Most memory in the middle and in the last third of the time. Between collections memory rises and falls, so peaks are compared. */
  readonly peaks: readonly [middle: number, last: number];
  /** Of the heap, what is in use after a full collection, after the first third and at the end. */
  readonly alive: readonly [early: number, late: number];
}

/** What may be more at the end than before; a leak of each request would be several times as much. */
export const TOLERANCE = 0.1;

export function peaksOf(samples: readonly Sample[]): Held['peaks'] {
  const end = samples.at(-1)?.time;
  if (end === undefined) throw new Error('no samples to judge');
  const peak = (from: number, to: number): number =>
    Math.max(...samples.filter(({ time }) => time >= from * end && time <= to * end).map(({ rss }) => rss));
  return [peak(1 / 3, 2 / 3), peak(2 / 3, 1)];
}

/** Flat: in the last third neither the peak of memory nor the living heap is more than a tenth above what it was before. */
export function isFlat({ peaks, alive }: Held): boolean {
  return [peaks, alive].every(([before, after]) => after <= before * (1 + TOLERANCE));
}

/**
 * Histograms as CloudWatch takes them: at most 150 distinct values with counts, and the statistics beside them.
 *
 * CloudWatch computes Sum, SampleCount, Average, Minimum and Maximum from `StatisticValues` and percentiles from `Values`. The
 * values chosen here also have the exact count, minimum and maximum on their own, and the sum within 1e-6 (of their magnitudes, where
 * signs mix); and every value lies in the bucket whose recordings it stands for: a percentile is off by at most that bucket's width.
 */

import { MAX_VALUES } from './limits.js';
import { raised, roundWithin } from './rounding.js';

/** An exponential histogram, in the shape of OpenTelemetry's. Bucket `i` holds (base^i, base^(i+1)], base = 2^(2^-scale). */
export interface ExponentialPoint {
  readonly count: number;
  readonly sum?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly scale: number;
  readonly zeroCount: number;
  readonly positive: ExponentialBuckets;
  readonly negative: ExponentialBuckets;
}

export interface ExponentialBuckets {
  /** Index of the first bucket. */
  readonly offset: number;
  readonly bucketCounts: readonly number[];
}

/** A histogram with chosen boundaries, in the shape of OpenTelemetry's: bucket `i` holds (boundaries[i-1], boundaries[i]]. */
export interface ExplicitPoint {
  readonly count: number;
  readonly sum?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly buckets: { readonly boundaries: readonly number[]; readonly counts: readonly number[] };
}

export interface Statistics {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

export interface Distribution {
  /** Ascending, distinct, at most 150. Empty when the point has statistics but no buckets. */
  readonly values: number[];
  /** As many as `values`, each above 0. */
  readonly counts: number[];
  /** Absent when the point lacks its sum, minimum or maximum. */
  readonly statistics?: Statistics;
}

/** Recordings between two bounds, and the interval in which one value may stand for them. */
interface Slot {
  low: number;
  high: number;
  from: number;
  to: number;
  count: number;
  /** How many buckets were merged into it. */
  parts: number;
}

interface Known {
  readonly sum: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
}

interface Placed {
  readonly value: number;
  readonly count: number;
}

/** @param factor what every value is multiplied by (a unit conversion), above 0 */
export function exponentialDistribution(point: ExponentialPoint, factor = 1): Distribution | undefined {
  const known = knownOf(point, factor);
  return distribution(point.count, clamped(exponentialSlots(point, factor), known), known, placeOnePerSlot);
}

/** @param factor what every value is multiplied by (a unit conversion), above 0 */
export function explicitDistribution(point: ExplicitPoint, factor = 1): Distribution | undefined {
  const known = knownOf(point, factor);
  return distribution(point.count, clamped(explicitSlots(point, factor, known), known), known, placeSpread);
}

function distribution(
  count: number,
  slots: Slot[],
  known: Known,
  place: (slots: Slot[], target: number | undefined, room: number) => Placed[],
): Distribution | undefined {
  const total = slots.reduce((sum, slot) => sum + slot.count, 0);
  const statistics = statisticsOf(total > 0 ? total : count, known);
  if (total === 0) return statistics === undefined ? undefined : { values: [], counts: [], statistics };
  const placed = placeAll(slots, total, known, place);
  return { ...columns(placed), ...(statistics === undefined ? {} : { statistics }) };
}

function statisticsOf(count: number, { sum, min, max }: Known): Statistics | undefined {
  if (!(count > 0) || sum === undefined || min === undefined || max === undefined) return undefined;
  return { count, sum: raised(sum), min: raised(min), max: raised(max) };
}

function knownOf(point: ExponentialPoint | ExplicitPoint, factor: number): Known {
  const scaled = (value: number | undefined) =>
    value !== undefined && Number.isFinite(value * factor) ? value * factor : undefined;
  const min = scaled(point.min);
  const max = scaled(point.max);
  const ordered = min !== undefined && max !== undefined && min <= max;
  // The SDK's differences of cumulative histograms carry min = Infinity and max = -Infinity.
  return { sum: scaled(point.sum), min: ordered ? min : undefined, max: ordered ? max : undefined };
}

function exponentialSlots(point: ExponentialPoint, factor: number): Slot[] {
  const slots: Slot[] = [];
  const exponent = 2 ** -point.scale;
  const bound = (index: number) => 2 ** (index * exponent) * factor;
  const { negative, positive } = point;
  for (let i = negative.bucketCounts.length - 1; i >= 0; i--) {
    addSlot(slots, -bound(negative.offset + i + 1), -bound(negative.offset + i), negative.bucketCounts[i]);
  }
  addSlot(slots, 0, 0, point.zeroCount);
  for (let i = 0; i < positive.bucketCounts.length; i++) {
    addSlot(slots, bound(positive.offset + i), bound(positive.offset + i + 1), positive.bucketCounts[i]);
  }
  return slots;
}

function explicitSlots(point: ExplicitPoint, factor: number, known: Known): Slot[] {
  const bounds = point.buckets.boundaries.filter(Number.isFinite).map((bound) => bound * factor);
  const first = bounds[0];
  const last = bounds.at(-1);
  const mean = known.sum === undefined || !(point.count > 0) ? 0 : known.sum / point.count;
  const lowest = known.min ?? (first === undefined ? mean : Math.min(first, 0));
  const highest = known.max ?? last ?? mean;
  const slots: Slot[] = [];
  point.buckets.counts.forEach((count, i) => {
    const low = i === 0 ? lowest : (bounds[i - 1] ?? highest);
    addSlot(slots, low, Math.max(low, bounds[i] ?? highest), count);
  });
  return slots;
}

function addSlot(slots: Slot[], low: number, high: number, count: number | undefined): void {
  if (count !== undefined && count > 0) slots.push({ low, high, from: low, to: high, count, parts: 1 });
}

function clamped(slots: Slot[], { min = -Number.MAX_VALUE, max = Number.MAX_VALUE }: Known): Slot[] {
  for (const slot of slots) {
    slot.low = Math.min(Math.max(slot.low, min), max);
    slot.high = Math.min(Math.max(slot.high, min), max);
    slot.from = slot.low;
    slot.to = slot.high;
  }
  return slots;
}

function placeAll(
  slots: Slot[],
  total: number,
  { sum, min, max }: Known,
  place: (slots: Slot[], target: number | undefined, room: number) => Placed[],
): Placed[] {
  if (min === undefined || max === undefined) {
    if (total === 1 && sum !== undefined) return [{ value: sum, count: 1 }];
    return place(mergedTo(MAX_VALUES, slots), sum, MAX_VALUES);
  }
  if (min === max) return [{ value: min, count: total }];
  // One recording each was the minimum and the maximum: they stand for themselves, so both are exact.
  const rest = withoutEnds(slots);
  const target = sum === undefined ? undefined : sum - min - max;
  const room = MAX_VALUES - 2;
  return [{ value: min, count: 1 }, ...place(mergedTo(room, rest), target, room), { value: max, count: 1 }];
}

function withoutEnds(slots: Slot[]): Slot[] {
  const first = slots[0];
  if (first !== undefined) first.count -= 1;
  const last = slots.at(-1);
  if (last !== undefined) last.count -= 1;
  return slots.filter((slot) => slot.count > 0);
}

/**
 * Merges neighbours of the same sign until at most `limit` are left: two buckets each, those that lose least first, and more than
 * two only when there is no pair left. Two are enough for one sign of an exponential histogram of 160.
 */
function mergedTo(limit: number, slots: Slot[]): Slot[] {
  const left = slots;
  while (left.length > limit) {
    const index = cheapestMerge(left);
    const [a, b] = [left[index], left[index + 1]];
    if (a === undefined || b === undefined) break;
    left.splice(index, 2, joined(a, b));
  }
  return left;
}

/** The value lies between the two: no recording is further from it than its own bucket is wide. */
function joined(a: Slot, b: Slot): Slot {
  return { low: a.low, high: b.high, from: a.high, to: b.low, count: a.count + b.count, parts: a.parts + b.parts };
}

function cheapestMerge(slots: readonly Slot[]): number {
  let best = 0;
  let fewest = Number.POSITIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i + 1 < slots.length; i++) {
    const cost = mergeCost(slots[i], slots[i + 1]);
    const parts = cost === Number.POSITIVE_INFINITY ? cost : (slots[i]?.parts ?? 0) + (slots[i + 1]?.parts ?? 0);
    if (parts > fewest || (parts === fewest && cost >= least)) continue;
    best = i;
    fewest = parts;
    least = cost;
  }
  return best;
}

/** Relative width of the two together times what it holds; infinite across zero. */
function mergeCost(a: Slot | undefined, b: Slot | undefined): number {
  if (a === undefined || b === undefined || Math.sign(a.low + a.high) !== Math.sign(b.low + b.high)) {
    return Number.POSITIVE_INFINITY;
  }
  const size = Math.abs(a.low) + Math.abs(b.high);
  return size === 0 ? 0 : ((b.high - a.low) / size) * (a.count + b.count);
}

/**
 * One value per slot, all at the same fraction of their slot, which is chosen so that the values add up to `target`. Without a
 * target: the middle.
 */
function placeOnePerSlot(slots: Slot[], target: number | undefined): Placed[] {
  const base = weigh(slots, (slot) => slot.from);
  const width = weigh(slots, (slot) => slot.to - slot.from);
  const fraction = target === undefined ? 0.5 : fractionOf(target - base, width);
  const missing = target === undefined ? 0 : target - base - fraction * width;
  const nudge = missing === 0 ? undefined : nudgeOf(slots, fraction, missing);
  return slots.map((slot) => {
    const value = slot.from + fraction * (slot.to - slot.from);
    return placed(nudge === undefined ? value : nudge(slot, value), slot);
  });
}

/** Slots that were merged may leave the middle for the outer bounds when the others cannot reach the target alone. */
function nudgeOf(slots: Slot[], fraction: number, missing: number): (slot: Slot, value: number) => number {
  const edge = (slot: Slot) => (missing > 0 ? slot.high : slot.low);
  const at = (slot: Slot) => slot.from + fraction * (slot.to - slot.from);
  const reach = weigh(slots, (slot) => edge(slot) - at(slot));
  const share = fractionOf(missing, reach);
  return (slot, value) => value + share * (edge(slot) - value);
}

/**
 * Explicit buckets are wide: each gets several values, spread evenly and then bent towards one end or the other, all buckets alike,
 * so that the values add up to `target`. Without a target they stay even, which is linear interpolation.
 */
function placeSpread(slots: Slot[], target: number | undefined, room: number): Placed[] {
  const perSlot = Math.floor(room / Math.max(1, slots.length));
  if (perSlot < 2) return placeOnePerSlot(slots, target);
  const points = slots.flatMap((slot) => spread(slot, perSlot));
  const bend = target === undefined ? 1 : bendFor(points, target);
  return points.map((point) => placed(bent(point, bend), point));
}

interface SpreadPoint extends Slot {
  /** Natural logarithm of the even position within the slot, in (0, 1). */
  readonly position: number;
}

function spread(slot: Slot, most: number): SpreadPoint[] {
  const points = Math.min(most, Math.ceil(slot.count));
  const even = Math.floor(slot.count / points);
  const extra = slot.count - even * points;
  return Array.from({ length: points }, (_, j) => {
    const share = Math.floor(((j + 1) * extra) / points) - Math.floor((j * extra) / points);
    return { ...slot, count: even + share, position: Math.log((j + 0.5) / points) };
  });
}

function bent(point: SpreadPoint, bend: number): number {
  return point.low + Math.exp(bend * point.position) * (point.high - point.low);
}

/** Bends from 2^-LIMIT to 2^LIMIT reach both ends of a slot to within 1e-8 of its width. */
const BEND_LIMIT = 30;
const BEND_STEPS = 60;

function bendFor(points: SpreadPoint[], target: number): number {
  let low = -BEND_LIMIT;
  let high = BEND_LIMIT;
  const close = 1e-9 * weigh(points, (point) => Math.max(Math.abs(point.low), Math.abs(point.high)));
  for (let step = 0; step < BEND_STEPS; step++) {
    const middle = (low + high) / 2;
    const excess = weigh(points, (point) => bent(point, 2 ** middle)) - target;
    if (Math.abs(excess) <= close) return 2 ** middle;
    // The more bend, the lower every value.
    if (excess > 0) low = middle;
    else high = middle;
  }
  return 2 ** ((low + high) / 2);
}

function weigh<S extends Slot>(slots: readonly S[], value: (slot: S) => number): number {
  let sum = 0;
  for (const slot of slots) sum += value(slot) * slot.count;
  return sum;
}

function fractionOf(part: number, whole: number): number {
  const fraction = part / whole;
  return Number.isNaN(fraction) ? 0 : Math.min(1, Math.max(0, fraction));
}

function placed(value: number, { low, high, count }: Slot): Placed {
  return { value: roundWithin(value, low, high), count };
}

/** Rows to columns; equal values become one. The rows ascend already. */
function columns(rows: readonly Placed[]): { values: number[]; counts: number[] } {
  const values: number[] = [];
  const counts: number[] = [];
  for (const row of rows) {
    const value = raised(row.value);
    const count = row.count;
    const last = values.length - 1;
    if (last >= 0 && value === values[last]) counts[last] = (counts[last] ?? 0) + count;
    else {
      values.push(value);
      counts.push(count);
    }
  }
  return { values, counts };
}

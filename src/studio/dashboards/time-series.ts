import { needsDistribution, parseStatistic, type Statistic } from '../../cloudwatch/statistic.js';
import type { Datum, Dimension } from '../datum.js';
import { evaluate, summarise } from '../statistics.js';

/** A metric whose datums are held: namespace, name and exactly these dimensions. */
export interface HeldSeries {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly Dimension[];
  /** In order of arrival. */
  readonly data: Iterable<Datum>;
  /** Datums ever received; with it, values of earlier looks are used again. */
  readonly received?: number;
}

/** Of which time values are asked, and how finely. */
export interface Window {
  /** Epoch milliseconds; the end does not belong to it. */
  readonly start: number;
  readonly end: number;
  /**
   * Milliseconds between values. Given: each value is that of the period that ends there, so that a minute's value moves on with every
   * export. Absent: one value a period, as CloudWatch has them.
   */
  readonly slide?: number | undefined;
  /** One value for the whole of it. */
  readonly whole?: boolean | undefined;
}

/** Values of one metric or expression over time. */
export interface TimeSeries {
  readonly label: string;
  /** Of CloudWatch; empty when it is not known. */
  readonly unit: string;
  /** Seconds. */
  readonly period: number;
  /** Values by epoch milliseconds, ascending. */
  readonly points: ReadonlyMap<number, number>;
  readonly metric?: HeldSeries | undefined;
  readonly statistic?: string | undefined;
}

/** The statistic of a series' datums over the window. */
export function readSeries(
  metric: HeldSeries,
  {
    statistic,
    period,
    window,
    unit,
  }: {
    readonly statistic: string;
    readonly period: number;
    readonly window: Window;
    readonly unit?: string | undefined;
  },
): TimeSeries {
  const parsed = parseStatistic(statistic);
  const data = dataOfUnit(metric.data, unit);
  const memo =
    window.slide === undefined ? undefined : memoOf(metric, `${statistic} ${period} ${window.slide} ${unit}`);
  const points = parsed === undefined ? new Map<number, number>() : pointsOf(data, parsed, period * 1000, window, memo);
  return { label: metric.name, unit: unitOf(statistic, data[0]?.unit), period, points, metric, statistic };
}

const unitOf = (statistic: string, unit: string | undefined): string =>
  statistic === 'SampleCount' || /^tc/i.test(statistic) ? 'Count' : /^pr/i.test(statistic) ? 'Percent' : (unit ?? '');

/** CloudWatch aggregates each unit on its own and answers with one of them: the one asked for, else the first that the data has. */
function dataOfUnit(data: Iterable<Datum>, unit: string | undefined): Datum[] {
  const all = [...data];
  const wanted = unit ?? all[0]?.unit;
  return all.filter((datum) => datum.unit === wanted);
}

function pointsOf(
  data: readonly Datum[],
  statistic: Statistic,
  period: number,
  window: Window,
  memo?: Memo,
): Map<number, number> {
  if (window.whole) return single(data, statistic, window);
  if (window.slide === undefined) return tumbling(data, statistic, period, window);
  return sliding(data, statistic, { period, step: window.slide, window, known: memo?.values ?? new Map() });
}

function single(data: readonly Datum[], statistic: Statistic, { start, end }: Window): Map<number, number> {
  const inside = data.filter(({ timestamp }) => timestamp >= start && timestamp < end);
  return valueAt(new Map(), Math.min(start, end), inside, statistic);
}

function valueFrom(data: readonly Datum[], statistic: Statistic): number | undefined {
  const summary = summarise(data, needsDistribution(statistic));
  return summary === undefined ? undefined : evaluate(statistic, summary);
}

function valueAt(
  points: Map<number, number>,
  time: number,
  data: readonly Datum[],
  statistic: Statistic,
): Map<number, number> {
  const value = valueFrom(data, statistic);
  if (value !== undefined) points.set(time, value);
  return points;
}

/** Where CloudWatch files a datum: on the second or the minute, by its resolution. */
export const filedAt = ({ timestamp, resolution }: Datum): number =>
  Math.floor(timestamp / (resolution * 1000)) * resolution * 1000;

function tumbling(
  data: readonly Datum[],
  statistic: Statistic,
  period: number,
  { start, end }: Window,
): Map<number, number> {
  const groups = new Map<number, Datum[]>();
  const first = Math.floor(start / period) * period;
  for (const datum of data) {
    const at = filedAt(datum);
    if (at < first || at >= end) continue;
    const bucket = Math.floor(at / period) * period;
    const group = groups.get(bucket);
    if (group === undefined) groups.set(bucket, [datum]);
    else group.push(datum);
  }
  const points = new Map<number, number>();
  for (const time of [...groups.keys()].sort((a, b) => a - b)) valueAt(points, time, groups.get(time) ?? [], statistic);
  return points;
}

interface Sliding {
  /** Milliseconds. */
  readonly period: number;
  readonly step: number;
  readonly window: Window;
  /** Values of earlier looks by time; what is computed is entered. */
  readonly known: Map<number, number | undefined>;
}

function sliding(
  data: readonly Datum[],
  statistic: Statistic,
  { period, step, window, known }: Sliding,
): Map<number, number> {
  const sorted = [...data].sort((a, b) => a.timestamp - b.timestamp);
  const points = new Map<number, number>();
  let [from, to] = [0, 0];
  const earliest = sorted[0]?.timestamp ?? window.end;
  const first = Math.ceil(Math.max(window.start, earliest) / step) * step;
  for (const time of known.keys()) if (time < first) known.delete(time);
  for (let time = first; time <= window.end; time += step) {
    while (to < sorted.length && (sorted[to]?.timestamp ?? 0) <= time) to += 1;
    while (from < to && (sorted[from]?.timestamp ?? 0) <= time - period) from += 1;
    if (!known.has(time)) known.set(time, valueFrom(sorted.slice(from, to), statistic));
    const value = known.get(time);
    if (value !== undefined) points.set(time, value);
  }
  return points;
}

interface Memo {
  readonly values: Map<number, number | undefined>;
  received: number;
}

/** Ways of looking at one series that are remembered. */
const MEMOS_KEPT = 6;
const MEMOS = new WeakMap<object, Map<string, Memo>>();

/** What earlier looks computed and later datums did not change: a datum changes the values from its own time on. */
function memoOf(metric: HeldSeries, way: string): Memo | undefined {
  if (metric.received === undefined) return undefined;
  const memos = MEMOS.get(metric) ?? new Map<string, Memo>();
  MEMOS.set(metric, memos);
  const memo = memos.get(way) ?? { values: new Map(), received: metric.received };
  memos.delete(way);
  memos.set(way, memo);
  for (const old of memos.keys()) if (memos.size > MEMOS_KEPT) memos.delete(old);
  const added = metric.received - memo.received;
  memo.received = metric.received;
  if (added === 0) return memo;
  const changedFrom = Math.min(...[...metric.data].slice(-added).map(({ timestamp }) => timestamp));
  for (const time of memo.values.keys()) if (time >= changedFrom) memo.values.delete(time);
  return memo;
}

/** The times at which a series of this period could have values in the window. */
export function gridOf(period: number, { start, end, slide, whole }: Window): number[] {
  if (whole) return [start];
  const step = slide ?? period * 1000;
  const times: number[] = [];
  for (
    let time = slide === undefined ? Math.floor(start / step) * step : Math.ceil(start / step) * step;
    time < end;
    time += step
  )
    times.push(time);
  return times;
}

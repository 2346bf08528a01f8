/** What CloudWatch says that it holds, asked by both of its reading calls. */

import assert from 'node:assert/strict';
import {
  CloudWatchClient,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  paginateListMetrics,
  type StandardUnit,
} from '@aws-sdk/client-cloudwatch';
import type { MotoConnection } from './moto-server.js';

export interface Statistics {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly average: number;
}

/** Dimensions in the order in which they are published. */
export type SeriesDimensions = Readonly<Record<string, string>>;

/** Seconds: longer than any test, so that all of its exports fall into one period. */
const PERIOD = 3600;
const STATISTICS = ['SampleCount', 'Sum', 'Minimum', 'Maximum', 'Average'] as const;

export class ReadBack {
  readonly #client: CloudWatchClient;
  readonly #namespace: string;
  readonly #since = Date.now() - 600_000;

  constructor(moto: MotoConnection, namespace: string) {
    this.#client = new CloudWatchClient({ ...moto, maxAttempts: 1 });
    this.#namespace = namespace;
  }

  close(): void {
    this.#client.destroy();
  }

  /** Moto takes every series that has at least these dimensions: for the most particular series only. */
  async byGetMetricStatistics(metric: string, dimensions: SeriesDimensions, unit?: StandardUnit) {
    const answer = await this.#client.send(
      new GetMetricStatisticsCommand({
        Namespace: this.#namespace,
        MetricName: metric,
        Dimensions: listOf(dimensions),
        ...this.#window(),
        Period: PERIOD,
        Statistics: [...STATISTICS],
        ...(unit === undefined ? {} : { Unit: unit }),
      }),
    );
    const points = answer.Datapoints ?? [];
    assert.ok(points.length <= 1, `${points.length} periods`);
    const [point] = points;
    return point && statisticsOf(STATISTICS.map((name) => point[name]));
  }

  /** The series with exactly these dimensions. */
  async byGetMetricData(metric: string, dimensions: SeriesDimensions, unit?: StandardUnit) {
    const results = await this.#query(metric, dimensions, [...STATISTICS], PERIOD, unit);
    const values = results.map(({ Values = [] }) => Values);
    if (values.every((list) => list.length === 0)) return undefined;
    assert.deepEqual(
      values.map((list) => list.length),
      values.map(() => 1),
    );
    return statisticsOf(values.map(([value]) => value));
  }

  /** Epoch milliseconds of the period's start, and the sum in it, for each period of a minute. */
  async sumsByMinute(metric: string, dimensions: SeriesDimensions): Promise<[number, number][]> {
    const [result] = await this.#query(metric, dimensions, ['Sum'], 60);
    const times = result?.Timestamps ?? [];
    return (result?.Values ?? []).map((value, i) => [times[i]?.getTime() ?? 0, value]);
  }

  /** `name{dimension=value,...}` of every series, sorted. */
  async series(): Promise<string[]> {
    // A set: moto names a series once for each of its values.
    const found = new Set<string>();
    for await (const { Metrics = [] } of paginateListMetrics(
      { client: this.#client },
      { Namespace: this.#namespace },
    )) {
      for (const { MetricName, Dimensions = [] } of Metrics) {
        found.add(`${MetricName}{${Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).join()}}`);
      }
    }
    return [...found].sort();
  }

  async #query(metric: string, dimensions: SeriesDimensions, names: string[], period: number, unit?: StandardUnit) {
    const answer = await this.#client.send(
      new GetMetricDataCommand({
        ...this.#window(),
        ScanBy: 'TimestampAscending',
        MetricDataQueries: names.map((Stat) => ({
          Id: Stat.toLowerCase(),
          MetricStat: {
            Metric: { Namespace: this.#namespace, MetricName: metric, Dimensions: listOf(dimensions) },
            Period: period,
            Stat,
            ...(unit === undefined ? {} : { Unit: unit }),
          },
        })),
      }),
    );
    return answer.MetricDataResults ?? [];
  }

  /** Begins at a full minute, as periods do. */
  #window() {
    return { StartTime: new Date(this.#since - (this.#since % 60_000)), EndTime: new Date(Date.now() + 2000) };
  }
}

function listOf(dimensions: SeriesDimensions) {
  return Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
}

function statisticsOf(values: readonly (number | undefined)[]): Statistics {
  const [count = Number.NaN, sum = Number.NaN, min = Number.NaN, max = Number.NaN, average = Number.NaN] = values;
  return { count, sum, min, max, average };
}

/** What was recorded, `factor` being what its unit is multiplied by. */
export function recorded(values: readonly number[], factor = 1): Statistics {
  const scaled = values.map((value) => value * factor);
  const sum = scaled.reduce((total, value) => total + value, 0);
  return {
    count: values.length,
    sum,
    min: Math.min(...scaled),
    max: Math.max(...scaled),
    average: sum / values.length,
  };
}

/** @param tolerance of sum and average, relative; counts, minima and maxima are exact but for the last bits of a scaled number */
export function assertStatistics(actual: Statistics | undefined, expected: Statistics, tolerance: number): void {
  assert.ok(actual !== undefined, 'nothing there');
  assert.equal(actual.count, expected.count, 'count');
  const allowed = { min: LAST_BITS, max: LAST_BITS, sum: tolerance, average: tolerance };
  for (const key of ['min', 'max', 'sum', 'average'] as const) {
    const off = Math.abs(actual[key] - expected[key]);
    assert.ok(off <= allowed[key] * Math.abs(expected[key]), `${key}: ${actual[key]} instead of ${expected[key]}`);
  }
}

/** A few units in the last place of a double. */
export const LAST_BITS = 1e-15;

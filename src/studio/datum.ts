/** One accepted element of PutMetricData, as CloudWatch keeps it. */

export interface Dimension {
  readonly name: string;
  readonly value: string;
}

export interface StatisticSet {
  readonly sampleCount: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
}

export interface Entity {
  readonly keyAttributes: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Datum {
  /** Epoch milliseconds, as sent; the time of arrival when none was sent. */
  readonly timestamp: number;
  /** Epoch milliseconds. */
  readonly arrived: number;
  /** A StandardUnit; `None` when none was sent. */
  readonly unit: string;
  /** Seconds. */
  readonly resolution: 1 | 60;
  readonly value?: number;
  readonly values?: readonly number[];
  /** As long as `values`; absent: 1 each. */
  readonly counts?: readonly number[];
  readonly statistics?: StatisticSet;
  readonly entity?: Entity;
}

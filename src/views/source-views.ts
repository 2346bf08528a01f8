import { type Attributes, diag } from '@opentelemetry/api';
import {
  type DataPoint,
  DataPointType,
  type ExponentialHistogram,
  type ExponentialHistogramMetricData,
  type MetricData,
  type ScopeMetrics,
  type SumMetricData,
} from '@opentelemetry/sdk-metrics';
import { mergeExponential } from '../../exporters/cloudwatch-metrics/merge-histograms.js';
import type { InstrumentKind, MetricView, ViewSelector } from '../config/metric-views.js';
import { keeperOf, matcherOf } from './patterns.js';

/** The metrics that views make of one metric; the metric as it is where no view selects it. */
export type SourceViews = (metric: MetricData, scope: ScopeMetrics['scope']) => MetricData[];

export interface SourceViewsOptions {
  /** Whether `cloudwatch` is a destination. */
  toCloudWatch: boolean;
}

/**
 * What CloudWatch's exporter counts faults and errors by, and names routes by. Without them, every counted request would be a fault, and
 * every route `unmatched`.
 */
const NEEDED_BY_CLOUDWATCH: ReadonlySet<string> = new Set(['http.response.status_code', 'error.type', 'http.route']);
const REQUEST_DURATION = 'http.server.request.duration';
/** No measurement has this attribute: it marks the series that stands for those beyond the limit, and no view removes it. */
const OVERFLOW = 'otel.metric.overflow';

/**
 * Views for the metrics that are kept outside the SDK: drops, names, descriptions and attributes. Points that lose what told them apart
 * become one, with exact counts and sums. What a view can't change there is said once for each view.
 */
export function sourceViews(views: readonly MetricView[], options: SourceViewsOptions): SourceViews {
  const prepared = views.map((view) => new SourceView(view, options));
  return (metric, scope) => {
    const selecting = prepared.filter((view) => view.selects(metric, scope));
    return selecting.length === 0 ? [metric] : selecting.flatMap((view) => view.streamOf(metric));
  };
}

class SourceView {
  readonly #view: MetricView;
  readonly #options: SourceViewsOptions;
  readonly #isNamed: (name: string) => boolean;
  readonly #isKept: ((name: string) => boolean) | undefined;
  #saidUnlike = false;

  constructor(view: MetricView, options: SourceViewsOptions) {
    this.#view = view;
    this.#options = options;
    this.#isNamed = matcherOf([view.selector.instrumentName ?? '*']);
    this.#isKept = view.attributeKeys && keeperOf(view.attributeKeys);
  }

  selects(metric: MetricData, scope: ScopeMetrics['scope']): boolean {
    const { instrumentType, unit, meterName, meterVersion }: ViewSelector = this.#view.selector;
    const wanted: [string | undefined, string | undefined][] = [
      [instrumentType, kindOf(metric)],
      [unit, metric.descriptor.unit],
      [meterName, scope.name],
      [meterVersion, scope.version],
    ];
    return this.#isNamed(metric.descriptor.name) && wanted.every(([want, is]) => want === undefined || want === is);
  }

  streamOf(metric: MetricData): MetricData[] {
    const { name, description, aggregation } = this.#view;
    if (aggregation?.kind === 'drop') return [];
    this.#sayUnlike(metric);
    const descriptor = { ...metric.descriptor, ...(name && { name }), ...(description && { description }) };
    return [{ ...this.#withKeptAttributes(metric), descriptor }];
  }

  #withKeptAttributes(metric: MetricData): MetricData {
    const isKept = this.#isKept;
    if (isKept === undefined) return metric;
    const { name } = metric.descriptor;
    const keepsNeeded = this.#options.toCloudWatch && name === REQUEST_DURATION;
    return mergedWithout(
      metric,
      (key) => key === OVERFLOW || isKept(key) || (keepsNeeded && NEEDED_BY_CLOUDWATCH.has(key)),
    );
  }

  #sayUnlike(metric: MetricData): void {
    const unlike = unlikeIn(this.#view, metric, this.#options);
    if (this.#saidUnlike || unlike.length === 0) return;
    this.#saidUnlike = true;
    const { path } = this.#view;
    const { name } = metric.descriptor;
    diag.warn(`${path} of the configuration file: ${name} is not the SDK's and keeps ${unlike.join(' and ')}`);
  }
}

/** What a view asks for and a metric outside the SDK does not do. */
function unlikeIn(view: MetricView, metric: MetricData, { toCloudWatch }: SourceViewsOptions): string[] {
  const { aggregation, cardinalityLimit, attributeKeys } = view;
  const isAsAsked =
    aggregation === undefined || JSON.stringify(aggregation) === JSON.stringify({ kind: AGGREGATIONS[kindOf(metric)] });
  const isKept = attributeKeys && keeperOf(attributeKeys);
  const needed = [...NEEDED_BY_CLOUDWATCH].filter((key) => isKept && !isKept(key));
  return [
    ...(isAsAsked ? [] : ['its aggregation']),
    ...(cardinalityLimit === undefined ? [] : ['its limit of series']),
    ...(toCloudWatch && metric.descriptor.name === REQUEST_DURATION && needed.length > 0
      ? [`${needed.join(', ')}, which CloudWatch's faults, errors and routes need (MONITORING_METRIC_DIMENSIONS)`]
      : []),
  ];
}

/** What is kept outside the SDK: counters, up-down counters and histograms. */
type SourceKind = Extract<InstrumentKind, 'counter' | 'up_down_counter' | 'histogram'>;

const AGGREGATIONS: Record<SourceKind, string> = {
  counter: 'sum',
  up_down_counter: 'sum',
  histogram: 'base2_exponential_bucket_histogram',
};

function kindOf(metric: MetricData): SourceKind {
  if (metric.dataPointType !== DataPointType.SUM) return 'histogram';
  return metric.isMonotonic ? 'counter' : 'up_down_counter';
}

function mergedWithout(metric: MetricData, isKept: (key: string) => boolean): MetricData {
  switch (metric.dataPointType) {
    case DataPointType.SUM: {
      const dataPoints = merged(metric.dataPoints, isKept, (values) => values.reduce((sum, value) => sum + value, 0));
      return { ...metric, dataPoints } satisfies SumMetricData;
    }
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return {
        ...metric,
        dataPoints: merged(metric.dataPoints, isKept, mergedHistogram),
      } satisfies ExponentialHistogramMetricData;
    default:
      return metric;
  }
}

/** The points of one metric, those of equal remaining attributes as one; all are of one interval. */
function merged<T>(
  points: readonly DataPoint<T>[],
  isKept: (key: string) => boolean,
  merge: (values: T[]) => T,
): DataPoint<T>[] {
  const groups = new Map<string, DataPoint<T>[]>();
  for (const point of points) {
    const attributes = keptAttributes(point.attributes, isKept);
    const key = JSON.stringify(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
    const group = groups.get(key);
    if (group) group.push(point);
    else groups.set(key, [{ ...point, attributes }]);
  }
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    if (others.length === 0) return [first];
    return [{ ...first, value: merge([first.value, ...others.map(({ value }) => value)]) }];
  });
}

function keptAttributes(attributes: Attributes, isKept: (key: string) => boolean): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([key]) => isKept(key)));
}

function mergedHistogram(points: readonly ExponentialHistogram[]): ExponentialHistogram {
  const { count, sum, min, max, scale, zeroCount, positive, negative } = mergeExponential(points);
  return {
    count,
    scale,
    zeroCount,
    positive: { offset: positive.offset, bucketCounts: [...positive.bucketCounts] },
    negative: { offset: negative.offset, bucketCounts: [...negative.bucketCounts] },
    ...(sum !== undefined && { sum }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  };
}

import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import {
  type AggregationOption,
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { Refusal } from '../aws/item.js';
import type { OtlpExporterInternals, OtlpExporterOptions } from './delivery-options.js';
import type { OtlpExporterStatus } from './exporter-status.js';
import {
  MAX_METRIC_REQUEST_BYTES,
  MAX_POINT_AHEAD,
  MAX_POINT_ATTRIBUTE_BYTES,
  MAX_POINT_ATTRIBUTE_LENGTH,
  MAX_POINT_ATTRIBUTES,
  refusedTime,
} from './limits.js';
import { leadingPoints, type Point, regroup, shifted, toPoints } from './metric-points.js';
import { tooLarge } from './otlp-client.js';
import { OtlpDelivery, type Post } from './otlp-delivery.js';
import { type PartialSuccess, readPartialSuccess, rejections } from './partial-success.js';
import { screen } from './screening.js';
import { attributeBytes } from './sizes.js';

export interface AwsOtlpMetricExporterOptions extends OtlpExporterOptions {
  /** Of counters and histograms; up-down counters are always levels. Default `delta`. */
  readonly temporality?: 'delta' | 'cumulative';
}

type ResultCallback = Parameters<PushMetricExporter['export']>[1];

/** Ten requests' worth. */
const MAX_QUEUE_SIZE = 10_000;
const MAX_QUEUE_BYTES = 10_000_000;

/**
 * Sends metrics to CloudWatch's OTLP endpoint (`https://monitoring.<region>.amazonaws.com/v1/metrics`), signed with Signature Version 4;
 * histograms as exponential ones. The caller needs `cloudwatch:PutMetricData`.
 *
 * `export()` succeeds when the points were accepted or are held, with their time, for a later attempt; points that are lost are
 * counted by reason.
 */
export class AwsOtlpMetricExporter implements PushMetricExporter {
  readonly #delivery: OtlpDelivery<Point>;
  readonly #temporality: AggregationTemporality;

  constructor(options?: AwsOtlpMetricExporterOptions);
  /** @internal */
  constructor(options: AwsOtlpMetricExporterOptions, internals: OtlpExporterInternals);
  constructor(options: AwsOtlpMetricExporterOptions = {}, internals: OtlpExporterInternals = {}) {
    this.#temporality =
      options.temporality === 'cumulative' ? AggregationTemporality.CUMULATIVE : AggregationTemporality.DELTA;
    this.#delivery = new OtlpDelivery<Point>(options, internals, {
      signal: 'metrics',
      service: 'monitoring',
      path: '/v1/metrics',
      maxQueueSize: MAX_QUEUE_SIZE,
      maxQueueBytes: MAX_QUEUE_BYTES,
      // A delta that is there twice counts twice.
      unansweredRepeats: 1,
      cut: leadingPoints,
      send: (batch, post, signal) => this.#send(batch, post, signal),
    });
  }

  export(metrics: ResourceMetrics, resultCallback: ResultCallback): void {
    const items = toPoints(metrics).map((value) => ({ value, bytes: value.bytes }));
    this.#delivery.export(items, resultCallback);
  }

  /** Sends what is held; resolves when it is gone or after `flushTimeout`. */
  forceFlush(): Promise<void> {
    return this.#delivery.flush();
  }

  /** As {@link forceFlush}, within `deadline` milliseconds. */
  flush(deadline: number): Promise<void> {
    return this.#delivery.flush(deadline);
  }

  /** Takes nothing more, sends what is held within `shutdownTimeout`, drops and counts the rest. */
  shutdown(): Promise<void> {
    return this.#delivery.shutdown();
  }

  status(): OtlpExporterStatus {
    return this.#delivery.status();
  }

  /** Up-down counters are reported as levels: a change says nothing without all changes before it. */
  selectAggregationTemporality(instrumentType: InstrumentType): AggregationTemporality {
    const level =
      instrumentType === InstrumentType.UP_DOWN_COUNTER || instrumentType === InstrumentType.OBSERVABLE_UP_DOWN_COUNTER;
    return level ? AggregationTemporality.CUMULATIVE : this.#temporality;
  }

  /** Exponential histograms keep percentiles of any range; explicit buckets would have to be known beforehand. */
  selectAggregation(instrumentType: InstrumentType): AggregationOption {
    return instrumentType === InstrumentType.HISTOGRAM
      ? { type: AggregationType.EXPONENTIAL_HISTOGRAM }
      : { type: AggregationType.DEFAULT };
  }

  async #send(batch: readonly Point[], post: Post, signal: AbortSignal): Promise<Refusal[]> {
    const now = this.#delivery.clock.now();
    const { kept, positions, refused } = screen(
      batch,
      (point) => refusedTime(point.time, now, MAX_POINT_AHEAD) ?? refusedAttributes(point),
    );
    const metrics = regroup(kept.map((point) => shifted(point, this.#delivery.clockOffset)));
    if (metrics === undefined) return refused;
    const body = ProtobufMetricsSerializer.serializeRequest(metrics) ?? new Uint8Array();
    if (body.byteLength > MAX_METRIC_REQUEST_BYTES) throw tooLarge(body.byteLength, MAX_METRIC_REQUEST_BYTES);
    const partial = readPartialSuccess(await post(body, signal), parse);
    if (partial.message !== '') this.#delivery.notices.warn('partial', `CloudWatch says: ${partial.message}`);
    return refused.concat(rejections(partial, positions));
  }
}

type RefusedAttributes = 'too_many_attributes' | 'attribute_too_long' | 'attributes_too_large';

function refusedAttributes({ point: { attributes } }: Point): RefusedAttributes | undefined {
  const values = Object.values(attributes);
  if (values.length > MAX_POINT_ATTRIBUTES) return 'too_many_attributes';
  if (values.some(isTooLong)) return 'attribute_too_long';
  return attributeBytes(attributes) > MAX_POINT_ATTRIBUTE_BYTES ? 'attributes_too_large' : undefined;
}

/** Of text alone: how long the service takes lists and maps to be is not documented. */
function isTooLong(value: unknown): boolean {
  if (typeof value !== 'string' || value.length <= MAX_POINT_ATTRIBUTE_LENGTH) return false;
  // A character outside the basic plane has two code units.
  return value.length > 2 * MAX_POINT_ATTRIBUTE_LENGTH || [...value].length > MAX_POINT_ATTRIBUTE_LENGTH;
}

function parse(body: Uint8Array): PartialSuccess {
  const { partialSuccess } = ProtobufMetricsSerializer.deserializeResponse(body);
  return { rejected: Number(partialSuccess?.rejectedDataPoints ?? 0), message: partialSuccess?.errorMessage ?? '' };
}

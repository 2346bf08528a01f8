import type { Attributes } from '@opentelemetry/api';
import {
  type AggregationOption,
  AggregationType,
  type IAttributesProcessor,
  InstrumentType,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import type { AttributeKeys, InstrumentKind, MetricView, ViewAggregation } from '../config/metric-views.js';
import { keeperOf } from './patterns.js';

const TYPES: Record<InstrumentKind, InstrumentType> = {
  counter: InstrumentType.COUNTER,
  gauge: InstrumentType.GAUGE,
  histogram: InstrumentType.HISTOGRAM,
  observable_counter: InstrumentType.OBSERVABLE_COUNTER,
  observable_gauge: InstrumentType.OBSERVABLE_GAUGE,
  observable_up_down_counter: InstrumentType.OBSERVABLE_UP_DOWN_COUNTER,
  up_down_counter: InstrumentType.UP_DOWN_COUNTER,
};

export interface SdkViewsOptions {
  /** Whether the reader asks for histograms of explicit buckets. */
  hasExplicitBuckets: boolean;
}

/**
 * The views for the SDK's instruments. One view for each type of instrument: a view without an aggregation would make histograms with
 * the SDK's fixed buckets, whatever the reader asks for.
 */
export function sdkViews(views: readonly MetricView[], options: SdkViewsOptions): ViewOptions[] {
  return views.flatMap((view) => {
    const { instrumentType } = view.selector;
    const types = instrumentType ? [TYPES[instrumentType]] : Object.values(TYPES);
    return types.map((type) => viewOptions(view, type, options));
  });
}

function viewOptions(view: MetricView, instrumentType: InstrumentType, options: SdkViewsOptions): ViewOptions {
  const { instrumentName, unit, meterName, meterVersion } = view.selector;
  const { name, description, cardinalityLimit, attributeKeys } = view;
  return {
    instrumentType,
    ...(instrumentName && { instrumentName }),
    ...(unit && { instrumentUnit: unit }),
    ...(meterName && { meterName }),
    ...(meterVersion && { meterVersion }),
    ...(name && { name }),
    ...(description && { description }),
    ...(cardinalityLimit && { aggregationCardinalityLimit: cardinalityLimit }),
    ...(attributeKeys && { attributesProcessors: [attributesProcessor(attributeKeys)] }),
    aggregation: view.aggregation ? aggregationOption(view.aggregation) : defaultAggregation(instrumentType, options),
  };
}

function defaultAggregation(type: InstrumentType, { hasExplicitBuckets }: SdkViewsOptions): AggregationOption {
  const isExponential = type === InstrumentType.HISTOGRAM && !hasExplicitBuckets;
  return { type: isExponential ? AggregationType.EXPONENTIAL_HISTOGRAM : AggregationType.DEFAULT };
}

function aggregationOption(aggregation: ViewAggregation): AggregationOption {
  switch (aggregation.kind) {
    case 'drop':
      return { type: AggregationType.DROP };
    case 'sum':
      return { type: AggregationType.SUM };
    case 'last_value':
      return { type: AggregationType.LAST_VALUE };
    case 'explicit_bucket_histogram': {
      const { boundaries = DEFAULT_BOUNDARIES, recordMinMax = true } = aggregation;
      return {
        type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
        options: { boundaries: [...boundaries], recordMinMax },
      };
    }
    case 'base2_exponential_bucket_histogram': {
      const { maxSize, recordMinMax = true } = aggregation;
      return { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { ...(maxSize && { maxSize }), recordMinMax } };
    }
  }
}

/** https://opentelemetry.io/docs/specs/otel/metrics/sdk/#explicit-bucket-histogram-aggregation */
const DEFAULT_BOUNDARIES = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

/** The SDK's own processors take no patterns. */
function attributesProcessor(keys: AttributeKeys): IAttributesProcessor {
  const isKept = keeperOf(keys);
  return {
    process(attributes: Attributes): Attributes {
      const kept: Attributes = {};
      for (const name of Object.keys(attributes)) if (isKept(name)) kept[name] = attributes[name];
      return kept;
    },
  };
}

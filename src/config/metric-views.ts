import type { ValueType } from './value-types.js';

/** Views of metrics as a configuration file gives them: https://opentelemetry.io/docs/specs/otel/metrics/sdk/#view */

export type InstrumentKind =
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'observable_counter'
  | 'observable_gauge'
  | 'observable_up_down_counter'
  | 'up_down_counter';

/** Which instruments a view changes: those that have all that is given. */
export interface ViewSelector {
  /** With at most one `*`, which stands for any characters. */
  instrumentName?: string;
  instrumentType?: InstrumentKind;
  unit?: string;
  meterName?: string;
  meterVersion?: string;
}

/** Absent: what the kind of the instrument asks for, with exponential histograms. */
export type ViewAggregation =
  | { kind: 'drop' | 'sum' | 'last_value' }
  | { kind: 'explicit_bucket_histogram'; boundaries?: number[]; recordMinMax?: boolean }
  | { kind: 'base2_exponential_bucket_histogram'; maxSize?: number; recordMinMax?: boolean };

/** Names, or patterns with `*` (any characters) and `?` (one character). */
export interface AttributeKeys {
  included?: string[];
  /** Wins over `included`. */
  excluded?: string[];
}

export interface MetricView {
  /** Where the view stands in the file: `meter_provider.views[0]`. */
  path: string;
  selector: ViewSelector;
  name?: string;
  description?: string;
  aggregation?: ViewAggregation;
  cardinalityLimit?: number;
  attributeKeys?: AttributeKeys;
}

/** The text is JSON that file-views.ts writes. */
export function metricViews(): ValueType<MetricView[]> {
  const expected = 'a sequence of views, in a configuration file';
  return {
    expected,
    parse(given) {
      try {
        const value: unknown = JSON.parse(given);
        return Array.isArray(value) ? { value } : { flaw: expected };
      } catch {
        return { flaw: expected };
      }
    },
    format: (views) => views.map(formatView).join('; ') || 'none',
  };
}

/** `http.client.*: without server.address`. */
function formatView({ selector, name, description, aggregation, cardinalityLimit, attributeKeys }: MetricView): string {
  const { included, excluded } = attributeKeys ?? {};
  const changes = [
    name && `named ${name}`,
    description && 'described anew',
    aggregation?.kind,
    cardinalityLimit && `at most ${cardinalityLimit} series`,
    included && `only ${included.join(',')}`,
    excluded && `without ${excluded.join(',')}`,
  ].filter((change) => change);
  return `${Object.values(selector).join(' ')}: ${changes.join(' ') || 'as it is'}`;
}

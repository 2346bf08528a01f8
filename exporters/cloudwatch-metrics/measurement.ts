import type { ExplicitPoint, ExponentialPoint } from './histogram.js';
import { mergeExplicit, mergeExponential } from './merge-histograms.js';

/** What one point says about one interval. */
export type Measure =
  | { readonly kind: 'exponential'; readonly point: ExponentialPoint }
  | { readonly kind: 'explicit'; readonly point: ExplicitPoint }
  /** What happened in the interval. */
  | { readonly kind: 'sum'; readonly value: number }
  /** What there is at its end, adding up over series (requests under way). */
  | { readonly kind: 'level'; readonly value: number }
  /** Readings at its end, one per series. */
  | { readonly kind: 'gauge'; readonly values: readonly number[] }
  /** How many times no, and how many times yes. */
  | { readonly kind: 'tally'; readonly no: number; readonly yes: number };

/** A point of an instrument, free of the SDK's types and version. */
export interface Measurement {
  readonly name: string;
  readonly unit: string;
  readonly monotonic: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Epoch milliseconds of the end of the interval. */
  readonly time: number;
  readonly measure: Measure;
}

/** Measures of the same kind and interval, from series that become one. */
export function mergeMeasures(measures: readonly Measure[]): Measure | undefined {
  const [first] = measures;
  if (first === undefined || measures.length === 1) return first;
  switch (first.kind) {
    case 'exponential':
      return {
        kind: 'exponential',
        point: mergeExponential(ofKind(measures, 'exponential').map(({ point }) => point)),
      };
    case 'explicit':
      return { kind: 'explicit', point: mergeExplicit(ofKind(measures, 'explicit').map(({ point }) => point)) };
    case 'sum':
    case 'level':
      return { kind: first.kind, value: total(ofKind(measures, first.kind), ({ value }) => value) };
    case 'gauge':
      return { kind: 'gauge', values: ofKind(measures, 'gauge').flatMap(({ values }) => values) };
    case 'tally': {
      const tallies = ofKind(measures, 'tally');
      return { kind: 'tally', no: total(tallies, ({ no }) => no), yes: total(tallies, ({ yes }) => yes) };
    }
  }
}

function ofKind<K extends Measure['kind']>(measures: readonly Measure[], kind: K): Extract<Measure, { kind: K }>[] {
  return measures.filter((measure): measure is Extract<Measure, { kind: K }> => measure.kind === kind);
}

function total<M>(measures: readonly M[], value: (measure: M) => number): number {
  return measures.reduce((sum, measure) => sum + value(measure), 0);
}

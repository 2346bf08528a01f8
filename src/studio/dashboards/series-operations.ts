import { ExpressionError, type Operator } from '../../cloudwatch/expression-syntax.js';
import type { TimeSeries, Window } from './time-series.js';

/** What an expression comes to. A list is what SEARCH and METRICS give. */
export type Value = number | string | TimeSeries | readonly TimeSeries[];

export interface ExpressionContext {
  readonly window: Window;
  /** Seconds: the period of what has none of its own. */
  readonly period: number;
  /** The value of the row of that id; undefined: there is none. @throws ExpressionError when it refers to itself */
  valueOf(id: string): Value | undefined;
  /** The metrics of all rows that are no expressions, those of invisible rows included. */
  metrics(): readonly TimeSeries[];
  search(query: string, statistic: string, period: number | undefined): readonly TimeSeries[];
}

export const isList = (value: Value): value is readonly TimeSeries[] => Array.isArray(value);
export const isSeries = (value: Value): value is TimeSeries => typeof value === 'object' && !Array.isArray(value);

/** @throws ExpressionError a text or a number is no series */
export function seriesOf(value: Value): readonly TimeSeries[] {
  if (isList(value)) return value;
  if (isSeries(value)) return [value];
  throw new ExpressionError('a metric is expected, not a single value');
}

/** Each value by itself; where it does not come to a number, there is none. */
export function mapped(value: Value, change: (value: number) => number): Value {
  if (typeof value === 'number') return change(value);
  if (typeof value === 'string') throw new ExpressionError(`a number is expected, not ${value}`);
  return isSeries(value) ? mapSeries(value, change) : value.map((series) => mapSeries(series, change));
}

export function mapSeries(series: TimeSeries, change: (value: number, time: number) => number | undefined): TimeSeries {
  const points = new Map<number, number>();
  for (const [time, value] of series.points) {
    const changed = change(value, time);
    if (changed !== undefined && Number.isFinite(changed)) points.set(time, changed);
  }
  return { ...series, points };
}

const truth = (value: boolean): number => (value ? 1 : 0);

const OPERATORS: Readonly<Record<Operator, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '^': (a, b) => a ** b,
  '==': (a, b) => truth(a === b),
  '!=': (a, b) => truth(a !== b),
  '<': (a, b) => truth(a < b),
  '<=': (a, b) => truth(a <= b),
  '>': (a, b) => truth(a > b),
  '>=': (a, b) => truth(a >= b),
  AND: (a, b) => truth(a !== 0 && b !== 0),
  OR: (a, b) => truth(a !== 0 || b !== 0),
};

/** Two series meet where both have a value. */
export function combine(operator: Operator, left: Value, right: Value): Value {
  const compute = OPERATORS[operator];
  if (typeof left === 'string' || typeof right === 'string')
    throw new ExpressionError(`${operator} needs numbers or metrics`);
  if (typeof left === 'number' && typeof right === 'number') return compute(left, right);
  if (typeof right === 'number') return mapped(left, (value) => compute(value, right));
  if (typeof left === 'number') return mapped(right, (value) => compute(left, value));
  if (isList(left) && isList(right))
    throw new ExpressionError(`${operator} between two arrays of metrics is not allowed`);
  if (isList(left) && isSeries(right)) return left.map((series) => meet(series, right, operator));
  if (isSeries(left) && isList(right)) return right.map((series) => meet(left, series, operator, series));
  if (isSeries(left) && isSeries(right)) return meet(left, right, operator);
  throw new ExpressionError(`${operator} needs numbers or metrics`);
}

/** A sum and a difference have the unit of their parts; a product or a quotient of two metrics has none that CloudWatch knows. */
const KEEPS_UNIT: ReadonlySet<Operator> = new Set(['+', '-']);

function meet(a: TimeSeries, b: TimeSeries, operator: Operator, named = a): TimeSeries {
  const compute = OPERATORS[operator];
  const unit = KEEPS_UNIT.has(operator) && a.unit === b.unit ? a.unit : '';
  const points = new Map<number, number>();
  for (const [time, value] of a.points) {
    const other = b.points.get(time);
    const result = other === undefined ? Number.NaN : compute(value, other);
    if (Number.isFinite(result)) points.set(time, result);
  }
  return { ...named, unit, period: Math.max(a.period, b.period), points };
}

import { evaluateOperand, type Fields, type Scalar, toNumber, toText } from './insights-operands.js';
import { type Operand, QueryError } from './insights-syntax.js';

/** What `stats` makes of the rows of one group. */
type Aggregate = (values: readonly Scalar[], args: readonly Operand[], rows: readonly Fields[]) => Scalar;

const numbersOf = (values: readonly Scalar[]): number[] => values.map(toNumber).filter((value) => value !== null);
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const present = (values: readonly Scalar[]): Scalar[] => values.filter((value) => value !== null);
const mean = (numbers: readonly number[]): number => sum(numbers) / numbers.length;

const ofNumbers =
  (reduce: (numbers: readonly number[]) => number): Aggregate =>
  (values) => {
    const numbers = numbersOf(values);
    return numbers.length === 0 ? null : reduce(numbers);
  };

/** Nearest rank. */
const percentile: Aggregate = (values, args) => {
  const rank = args[1]?.kind === 'literal' ? Number(args[1].value) : Number.NaN;
  if (!(rank >= 0 && rank <= 100)) throw new QueryError('pct needs a percentile from 0 to 100');
  const sorted = numbersOf(values).sort((a, b) => a - b);
  return sorted[Math.max(Math.ceil((rank / 100) * sorted.length) - 1, 0)] ?? null;
};

/** Of the row with the first or the last timestamp that has a value. */
const atTime =
  (last: boolean): Aggregate =>
  (values, _args, rows) => {
    let [best, time]: [Scalar, number] = [null, last ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY];
    for (const [index, row] of rows.entries()) {
      const value = values[index] ?? null;
      const at = toNumber(row.get('@timestamp') ?? null) ?? 0;
      if (value !== null && (last ? at > time : at <= time)) [best, time] = [value, at];
    }
    return best;
  };

const byText =
  (sign: 1 | -1): Aggregate =>
  (values) =>
    present(values).sort((a, b) => (toText(a) < toText(b) ? -sign : sign))[0] ?? null;

const AGGREGATES: Readonly<Record<string, Aggregate>> = {
  count_distinct: (values) => new Set(present(values).map(toText)).size,
  sum: (values) => sum(numbersOf(values)),
  avg: ofNumbers(mean),
  min: ofNumbers((numbers) => numbers.reduce((a, b) => Math.min(a, b))),
  max: ofNumbers((numbers) => numbers.reduce((a, b) => Math.max(a, b))),
  median: ofNumbers((numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0),
  stddev: ofNumbers((numbers) => Math.sqrt(mean(numbers.map((value) => (value - mean(numbers)) ** 2)))),
  pct: percentile,
  percentile,
  latest: atTime(true),
  earliest: atTime(false),
  sortsfirst: byText(1),
  sortslast: byText(-1),
};

/** An aggregate, or a computation with aggregates. @throws QueryError */
export function aggregate(operand: Operand, rows: readonly Fields[]): Scalar {
  if (operand.kind === 'literal') return operand.value;
  if (operand.kind === 'binary') {
    const side = (part: Operand): Operand => ({ kind: 'literal', value: aggregate(part, rows) ?? Number.NaN });
    return evaluateOperand(
      { ...operand, left: side(operand.left), right: side(operand.right) },
      { get: () => undefined },
    );
  }
  if (operand.kind !== 'call') throw new QueryError('stats needs functions such as count(*)');
  const [of] = operand.args;
  const every = of === undefined || (of.kind === 'field' && of.name === '*');
  if (operand.name === 'count' && every) return rows.length;
  const values = of === undefined ? [] : rows.map((row) => evaluateOperand(of, row));
  if (operand.name === 'count') return present(values).length;
  const compute = Object.hasOwn(AGGREGATES, operand.name) ? AGGREGATES[operand.name] : undefined;
  if (compute === undefined) throw new QueryError(`${operand.name}() is not evaluated here`);
  return compute(values, operand.args, rows);
}

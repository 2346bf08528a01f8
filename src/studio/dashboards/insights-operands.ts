import { type Operand, QueryError } from './insights-syntax.js';

export type Scalar = string | number | boolean | null;

/** A row: an event, or what a command made of events. */
export interface Fields {
  get(name: string): Scalar | undefined;
}

export function toNumber(value: Scalar): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

export const toText = (value: Scalar): string => (value === null ? '' : String(value));

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  msec: 1,
  s: 1000,
  sec: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** `5m` in milliseconds. @throws QueryError */
export function periodOf(operand: Operand | undefined): number {
  const text = operand?.kind === 'literal' ? String(operand.value) : '';
  const [, count, unit = ''] = /^(\d+)([a-z]+)$/.exec(text) ?? [];
  const length = UNITS[unit] ?? UNITS[unit.replace(/s$/, '')];
  if (count === undefined || length === undefined || Number(count) === 0)
    throw new QueryError(`not a period: ${text || 'nothing'}`);
  return Number(count) * length;
}

/** @throws QueryError a function that is not evaluated here */
export function evaluateOperand(operand: Operand, row: Fields): Scalar {
  switch (operand.kind) {
    case 'literal':
      return operand.value;
    case 'field':
      return row.get(operand.name) ?? null;
    case 'not':
      return !truth(evaluateOperand(operand.operand, row));
    case 'binary':
      return binary(operand.operator, operand.left, operand.right, row);
    case 'call':
      return call(operand.name, operand.args, row);
    default:
      throw new QueryError('a pattern or list stands where a value is expected');
  }
}

const truth = (value: Scalar): boolean => value !== null && value !== false && value !== 0 && value !== '';

function binary(operator: string, left: Operand, right: Operand, row: Fields): Scalar {
  if (operator === 'and') return truth(evaluateOperand(left, row)) && truth(evaluateOperand(right, row));
  if (operator === 'or') return truth(evaluateOperand(left, row)) || truth(evaluateOperand(right, row));
  const value = evaluateOperand(left, row);
  if (operator === 'like' || operator === '=~') return like(value, right, row);
  if (operator === 'in') {
    if (right.kind !== 'list') throw new QueryError('in needs a list: ["a", "b"]');
    return right.items.some((item) => equal(value, evaluateOperand(item, row)));
  }
  return compareOrCompute(operator, value, evaluateOperand(right, row));
}

function like(value: Scalar, right: Operand, row: Fields): boolean {
  if (value === null) return false;
  if (right.kind === 'pattern') return right.pattern.test(toText(value));
  return toText(value).includes(toText(evaluateOperand(right, row)));
}

function equal(a: Scalar, b: Scalar): boolean {
  if (a === null || b === null) return a === b;
  const [x, y] = [toNumber(a), toNumber(b)];
  return x !== null && y !== null ? x === y : toText(a) === toText(b);
}

/** What is not there is neither equal nor unequal to anything, but `!=` holds. */
function compareOrCompute(operator: string, a: Scalar, b: Scalar): Scalar {
  if (operator === '=') return a !== null && equal(a, b);
  if (operator === '!=') return !equal(a, b);
  const [x, y] = [toNumber(a), toNumber(b)];
  switch (operator) {
    case '<':
      return ordered(a, b, x, y, (order) => order < 0);
    case '<=':
      return ordered(a, b, x, y, (order) => order <= 0);
    case '>':
      return ordered(a, b, x, y, (order) => order > 0);
    case '>=':
      return ordered(a, b, x, y, (order) => order >= 0);
    default:
      return x === null || y === null ? null : finite(compute(operator, x, y));
  }
}

function ordered(a: Scalar, b: Scalar, x: number | null, y: number | null, holds: (order: number) => boolean): boolean {
  if (a === null || b === null) return false;
  if (x !== null && y !== null) return holds(x - y);
  const [s, t] = [toText(a), toText(b)];
  return holds(s < t ? -1 : s > t ? 1 : 0);
}

function compute(operator: string, x: number, y: number): number {
  switch (operator) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      return x * y;
    case '/':
      return x / y;
    case '%':
      return x % y;
    default:
      return x ** y;
  }
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

type Func = (args: readonly Scalar[]) => Scalar;

const numeric =
  (change: (value: number) => number): Func =>
  ([value = null]) => {
    const number = toNumber(value);
    return number === null ? null : finite(change(number));
  };
const textual =
  (change: (value: string) => Scalar): Func =>
  ([value = null]) =>
    value === null ? null : change(toText(value));
const numbers = (args: readonly Scalar[]): number[] => args.map(toNumber).filter((value) => value !== null);

const FUNCTIONS: Readonly<Record<string, Func>> = {
  abs: numeric(Math.abs),
  ceil: numeric(Math.ceil),
  floor: numeric(Math.floor),
  log: numeric(Math.log),
  sqrt: numeric(Math.sqrt),
  greatest: (args) => finite(Math.max(...numbers(args))),
  least: (args) => finite(Math.min(...numbers(args))),
  concat: (args) => args.map(toText).join(''),
  coalesce: (args) => args.find((value) => value !== null) ?? null,
  ispresent: ([value = null]) => value !== null,
  isempty: ([value = null]) => value === null || value === '',
  isblank: ([value = null]) => value === null || toText(value).trim() === '',
  strlen: textual((text) => text.length),
  lower: textual((text) => text.toLowerCase()),
  tolower: textual((text) => text.toLowerCase()),
  upper: textual((text) => text.toUpperCase()),
  toupper: textual((text) => text.toUpperCase()),
  trim: textual((text) => text.trim()),
  ltrim: textual((text) => text.trimStart()),
  rtrim: textual((text) => text.trimEnd()),
  strcontains: ([text = null, part = null]) => (text !== null && toText(text).includes(toText(part)) ? 1 : 0),
  substr: ([text = null, from = 0, length = null]) =>
    text === null
      ? null
      : toText(text).slice(
          toNumber(from) ?? 0,
          length === null ? undefined : (toNumber(from) ?? 0) + (toNumber(length) ?? 0),
        ),
  replace: ([text = null, from = '', to = '']) =>
    text === null ? null : toText(text).replaceAll(toText(from), toText(to)),
  frommillis: numeric((value) => value),
  tomillis: numeric((value) => value),
};

function call(name: string, args: readonly Operand[], row: Fields): Scalar {
  if (name === 'bin') return floorTo(row.get('@timestamp') ?? null, periodOf(args[0]));
  if (name === 'datefloor' || name === 'dateceil') {
    const period = periodOf(args[1]);
    const time = toNumber(args[0] === undefined ? null : evaluateOperand(args[0], row));
    return time === null ? null : name === 'datefloor' ? floorTo(time, period) : Math.ceil(time / period) * period;
  }
  const called = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (called === undefined) throw new QueryError(`${name}() is not evaluated here`);
  return called(args.map((arg) => evaluateOperand(arg, row)));
}

function floorTo(time: Scalar, period: number): number | null {
  const number = toNumber(time);
  return number === null ? null : Math.floor(number / period) * period;
}

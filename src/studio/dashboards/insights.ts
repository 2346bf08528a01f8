import { aggregate } from './insights-aggregates.js';
import { evaluateOperand, type Fields, periodOf, type Scalar, toNumber, toText } from './insights-operands.js';
import type { Column, Command, Query } from './insights-syntax.js';

/** Runs a query of Logs Insights on events that are held. */

export interface QueryResult {
  readonly columns: readonly string[];
  /** In the order of `columns`. */
  readonly rows: readonly (readonly Scalar[])[];
  /** Names of the columns that are times: epoch milliseconds. */
  readonly times: readonly string[];
  /** The length of a `bin()`, milliseconds; undefined: the rows are not over time. */
  readonly bin: number | undefined;
  readonly scanned: number;
  readonly matched: number;
}

/** What Logs Insights gives when a query says nothing of it. */
const DEFAULT_LIMIT = 10_000;

interface Table {
  rows: Fields[];
  columns: string[];
  bin: number | undefined;
  /** The columns are the query's, not those that are shown when it names none. */
  chosen: boolean;
  /** `stats` has run: a row is no event any more. */
  counted: boolean;
  matched: number;
}

/**
 * @param events by time; the newest are first in the answer unless the query sorts
 * @throws QueryError
 */
export function runQuery(query: Query, events: readonly Fields[]): QueryResult {
  const table: Table = {
    rows: [...events].reverse(),
    columns: ['@timestamp', '@message'],
    bin: undefined,
    chosen: false,
    counted: false,
    matched: events.length,
  };
  for (const command of query.commands) apply(command, table);
  const limited = table.rows.slice(0, query.commands.some(({ kind }) => kind === 'limit') ? undefined : DEFAULT_LIMIT);
  return {
    columns: table.columns,
    rows: limited.map((row) => table.columns.map((column) => row.get(column) ?? null)),
    times: table.columns.filter((column) => isTime(column, query)),
    bin: table.bin,
    scanned: events.length,
    matched: table.matched,
  };
}

function apply(command: Command, table: Table): void {
  switch (command.kind) {
    case 'filter':
      table.rows = table.rows.filter((row) => truth(evaluateOperand(command.operand, row)));
      if (!table.counted) table.matched = table.rows.length;
      return;
    case 'fields':
    case 'display':
      compute(command.columns, table);
      choose(command.kind, names(command.columns), table);
      return;
    case 'stats':
      stats(command.columns, command.by, table);
      return;
    case 'sort':
      sort(command.by, table);
      return;
    case 'limit':
      table.rows = table.rows.slice(0, command.count);
      return;
    case 'dedup':
      dedup(command.columns, table);
      return;
    case 'parse':
      parse(command, table);
      return;
  }
}

/** A second `fields` adds to the first, `display` does not. */
function choose(kind: 'fields' | 'display', columns: readonly string[], table: Table): void {
  table.columns = kind === 'fields' && table.chosen ? [...new Set([...table.columns, ...columns])] : [...columns];
  table.chosen = true;
}

const names = (columns: readonly Column[]): string[] => columns.map(({ name }) => name);

const truth = (value: Scalar): boolean => value !== null && value !== false && value !== 0 && value !== '';

/** A row to which values were added; the event itself stays. */
class Row implements Fields {
  readonly #values: ReadonlyMap<string, Scalar>;

  constructor(
    values: ReadonlyMap<string, Scalar>,
    private readonly below?: Fields,
  ) {
    this.#values = values;
  }

  get(name: string): Scalar | undefined {
    return this.#values.has(name) ? this.#values.get(name) : this.below?.get(name);
  }
}

function compute(columns: readonly Column[], table: Table): void {
  const computed = columns.filter(({ operand, name }) => operand.kind !== 'field' || operand.name !== name);
  for (const { operand } of computed)
    if (operand.kind === 'call' && operand.name === 'bin') table.bin = periodOf(operand.args[0]);
  if (computed.length === 0) return;
  table.rows = table.rows.map(
    (row) => new Row(new Map(computed.map(({ name, operand }) => [name, evaluateOperand(operand, row)])), row),
  );
}

function stats(columns: readonly Column[], by: readonly Column[], table: Table): void {
  const groups = new Map<string, { key: Scalar[]; rows: Fields[] }>();
  for (const row of table.rows) {
    const key = by.map(({ operand }) => evaluateOperand(operand, row));
    const id = JSON.stringify(key);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, { key, rows: [row] });
    else group.rows.push(row);
  }
  if (by.length === 0 && groups.size === 0) groups.set('', { key: [], rows: [] });
  const bin = by.find(({ operand }) => operand.kind === 'call' && operand.name === 'bin')?.operand;
  table.bin = bin?.kind === 'call' ? periodOf(bin.args[0]) : undefined;
  table.rows = [...groups.values()].map(({ key, rows }) => {
    const values = new Map<string, Scalar>(by.map(({ name }, index) => [name, key[index] ?? null]));
    for (const { name, operand } of columns) values.set(name, aggregate(operand, rows));
    return new Row(values);
  });
  table.columns = [...names(by), ...names(columns)];
  table.counted = true;
  table.chosen = true;
  if (bin !== undefined) sortByBin(by, table);
}

function sortByBin(by: readonly Column[], table: Table): void {
  const name = by.find(({ operand }) => operand.kind === 'call' && operand.name === 'bin')?.name ?? '';
  table.rows.sort((a, b) => compare(b.get(name) ?? null, a.get(name) ?? null));
}

type Sort = Extract<Command, { kind: 'sort' }>;

function sort(by: Sort['by'], table: Table): void {
  const keyed = table.rows.map((row) => ({ row, keys: by.map(({ operand }) => sortKey(operand, row)) }));
  keyed.sort((a, b) => {
    for (const [index, { descending }] of by.entries()) {
      const order = compare(a.keys[index] ?? null, b.keys[index] ?? null);
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  });
  table.rows = keyed.map(({ row }) => row);
}

/** After `stats`, `sort count(*)` names a column. */
function sortKey(operand: Sort['by'][number]['operand'], row: Fields): Scalar {
  if (operand.kind !== 'call') return evaluateOperand(operand, row);
  const written = row.get(
    `${operand.name}(${operand.args.map((arg) => (arg.kind === 'field' ? arg.name : '')).join()})`,
  );
  return written ?? evaluateOperand(operand, row);
}

/** Numbers before texts, nothing last. */
export function compare(a: Scalar, b: Scalar): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  const [x, y] = [toNumber(a), toNumber(b)];
  if (x !== null && y !== null) return x - y;
  const [s, t] = [toText(a), toText(b)];
  return s < t ? -1 : s > t ? 1 : 0;
}

function dedup(columns: readonly Column[], table: Table): void {
  const seen = new Set<string>();
  table.rows = table.rows.filter((row) => {
    const key = JSON.stringify(columns.map(({ operand }) => evaluateOperand(operand, row)));
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function parse({ field, pattern, names }: Extract<Command, { kind: 'parse' }>, table: Table): void {
  table.rows = table.rows.map((row) => {
    const match = pattern.exec(toText(evaluateOperand(field, row)));
    if (match === null) return row;
    return new Row(new Map(names.map((name, index) => [name, match.groups?.[name] ?? match[index + 1] ?? null])), row);
  });
}

const TIME = /^(@timestamp|@ingestionTime)$/;

/** Times are shown as such: `@timestamp`, what a `bin` gives, and the latest of a time. */
function isTime(column: string, query: Query): boolean {
  if (TIME.test(column)) return true;
  return query.commands.some((command) => {
    const columns =
      command.kind === 'stats'
        ? [...command.columns, ...command.by]
        : command.kind === 'fields' || command.kind === 'display'
          ? command.columns
          : [];
    return columns.some(({ name, operand }) => {
      if (name !== column) return false;
      if (operand.kind === 'field') return TIME.test(operand.name);
      if (operand.kind !== 'call') return false;
      if (operand.name === 'bin' || operand.name === 'datefloor' || operand.name === 'dateceil') return true;
      const [of] = operand.args;
      return (
        /^(latest|earliest|min|max|sortsfirst|sortslast)$/.test(operand.name) &&
        of?.kind === 'field' &&
        TIME.test(of.name)
      );
    });
  });
}

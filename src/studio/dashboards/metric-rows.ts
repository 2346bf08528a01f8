/** The `metrics` of a metric widget: API reference, "Dashboard Body Structure and Syntax", metrics array. */

export interface RowOptions {
  readonly id?: string | undefined;
  readonly label?: string | undefined;
  readonly stat?: string | undefined;
  /** Seconds. */
  readonly period?: number | undefined;
  readonly yAxis?: 'left' | 'right' | undefined;
  readonly color?: string | undefined;
  readonly visible: boolean;
}

export interface MetricRow extends RowOptions {
  readonly kind: 'metric';
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: readonly { readonly name: string; readonly value: string }[];
}

export interface ExpressionRow extends RowOptions {
  readonly kind: 'expression';
  readonly expression: string;
}

/** A row that is not understood, and why. */
export interface BadRow {
  readonly kind: 'bad';
  readonly problem: string;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `.` stands for the field of the metric above, `...` for all of its fields up to those that follow. */
export function parseRows(rows: unknown): (MetricRow | ExpressionRow | BadRow)[] {
  if (!Array.isArray(rows)) return [];
  let above: string[] = [];
  return rows.map((row: unknown) => {
    if (!Array.isArray(row)) return { kind: 'bad', problem: 'a row of metrics is not an array' };
    const options = isObject(row.at(-1)) ? (row.at(-1) as Json) : {};
    const fields = isObject(row.at(-1)) ? row.slice(0, -1) : row;
    if (fields.length === 0) return expressionRow(options);
    const spelled = spellOut(fields.map(String), above);
    if (spelled.length < 2)
      return { kind: 'bad', problem: `a metric needs a namespace and a name: ${JSON.stringify(row)}` };
    if (spelled.length % 2 === 1) return { kind: 'bad', problem: `a dimension has no value: ${spelled.at(-1)}` };
    above = spelled;
    return metricRow(spelled, options);
  });
}

function spellOut(fields: readonly string[], above: readonly string[]): string[] {
  const dots = fields.indexOf('...');
  const rest = dots === -1 ? [] : fields.slice(dots + 1);
  const all =
    dots === -1 ? fields : [...fields.slice(0, dots), ...above.slice(dots, above.length - rest.length), ...rest];
  return all.map((field, index) => (field === '.' ? (above[index] ?? '.') : field));
}

function expressionRow(options: Json): ExpressionRow | BadRow {
  if (typeof options.expression !== 'string')
    return { kind: 'bad', problem: 'a row has neither a metric nor an expression' };
  return { kind: 'expression', expression: options.expression, ...readOptions(options) };
}

function metricRow(fields: readonly string[], options: Json): MetricRow {
  const [namespace = '', name = '', ...pairs] = fields;
  const dimensions = pairs.flatMap((field, index) =>
    index % 2 === 0 ? [{ name: field, value: pairs[index + 1] ?? '' }] : [],
  );
  return { kind: 'metric', namespace, name, dimensions, ...readOptions(options) };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const readOptions = (options: Json): RowOptions => ({
  id: text(options.id),
  label: text(options.label),
  stat: text(options.stat),
  period: typeof options.period === 'number' ? options.period : undefined,
  yAxis: options.yAxis === 'right' ? 'right' : options.yAxis === 'left' ? 'left' : undefined,
  color: /^#[0-9a-f]{6}$/i.test(text(options.color) ?? '') ? text(options.color) : undefined,
  visible: options.visible !== false,
});

import { ExpressionError } from '../../cloudwatch/expression-syntax.js';
import { parseStatistic } from '../../cloudwatch/statistic.js';
import { evaluateExpression } from './expression.js';
import { fillLabel, tellApart } from './labels.js';
import { type BadRow, type ExpressionRow, type MetricRow, parseRows } from './metric-rows.js';
import { searchMetrics } from './search.js';
import { type ExpressionContext, isList, isSeries, type Value } from './series-operations.js';
import { gridOf, type HeldSeries, readSeries, type TimeSeries, type Window } from './time-series.js';

/** What a metric widget shows, to be drawn as it stands. */
export interface MetricContent {
  readonly kind: 'metric';
  readonly view: (typeof VIEWS)[number];
  readonly stacked: boolean;
  readonly sparkline: boolean;
  readonly legend: 'bottom' | 'right' | 'hidden';
  /** Epoch milliseconds, those of all lines together. */
  readonly times: readonly number[];
  readonly lines: readonly MetricLine[];
  readonly marks: readonly Mark[];
  readonly axes: Readonly<Record<'left' | 'right', Axis>>;
  /** What is missing or not shown here, one line each. */
  readonly notes: readonly Note[];
}

export interface MetricLine {
  readonly label: string;
  readonly axis: 'left' | 'right';
  readonly color?: string | undefined;
  readonly unit: string;
  /** As long as `times`. */
  readonly values: readonly (number | null)[];
  readonly latest: number | null;
  readonly figures: {
    readonly min: number;
    readonly max: number;
    readonly average: number;
    readonly sum: number;
  } | null;
}

export interface Mark {
  readonly label: string;
  readonly value?: number;
  /** Epoch milliseconds. */
  readonly time?: number;
  readonly color?: string | undefined;
}

export interface Axis {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly label?: string | undefined;
  readonly showUnits: boolean;
}

/**
 * `missing`: it never arrived so; `unsupported`: not evaluated here; `empty`: nothing in this range; `none`: a count that is
 * published only when it is not zero.
 */
export interface Note {
  readonly tone: 'missing' | 'unsupported' | 'empty' | 'none';
  readonly text: string;
}

export interface MetricSource {
  /** What is held by CloudWatch's names. */
  readonly held: readonly HeldSeries[];
  /** Names of metrics that came by OTLP, which CloudWatch's dashboards don't see. */
  readonly otlpNames: ReadonlySet<string>;
}

const VIEWS = ['timeSeries', 'singleValue', 'gauge', 'bar', 'pie', 'table'] as const;
const DEFAULT_PERIOD = 300;
const MAX_LINES = 500;

type Json = Readonly<Record<string, unknown>>;

export function evaluateMetricWidget(properties: Json, source: MetricSource, window: Window): MetricContent {
  const view = VIEWS.find((known) => known === properties.view) ?? 'timeSeries';
  const seen = properties.setPeriodToTimeRange === true && view !== 'timeSeries' ? { ...window, whole: true } : window;
  const defaults = {
    stat: textOf(properties.stat) ?? 'Average',
    period: numberOf(properties.period) ?? DEFAULT_PERIOD,
  };
  const rows = new Rows(parseRows(properties.metrics), source, seen, defaults);
  const drawn = rows.drawn();
  const times = timesOf(drawn, seen);
  return {
    kind: 'metric',
    view,
    stacked: properties.stacked === true && view === 'timeSeries',
    sparkline: properties.sparkline !== false,
    legend: legendOf(properties.legend),
    times,
    lines: drawn.map((line) => toLine(line, times)),
    marks: marksOf(properties.annotations, rows.notes),
    axes: { left: axisOf(properties.yAxis, 'left'), right: axisOf(properties.yAxis, 'right') },
    notes: rows.notes,
  };
}

/** Those of all lines, and between them those at which there could have been values: a gap is to be seen as one. */
function timesOf(drawn: readonly Drawn[], window: Window): number[] {
  const times = new Set(drawn.flatMap(({ series }) => [...series.points.keys()]));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const period = Math.min(...drawn.map(({ series }) => series.period));
  if (times.size > 1) for (const time of gridOf(period, window)) if (time > first && time < last) times.add(time);
  return [...times].sort((a, b) => a - b);
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
const objectOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

function legendOf(legend: unknown): MetricContent['legend'] {
  const { position } = objectOf(legend);
  return position === 'right' || position === 'hidden' ? position : 'bottom';
}

function axisOf(axes: unknown, side: 'left' | 'right'): Axis {
  const axis = objectOf(objectOf(axes)[side]);
  return {
    min: numberOf(axis.min),
    max: numberOf(axis.max),
    label: textOf(axis.label),
    showUnits: axis.showUnits !== false,
  };
}

function marksOf(annotations: unknown, notes: Note[]): Mark[] {
  const { horizontal, vertical, alarms } = objectOf(annotations);
  if (Array.isArray(alarms))
    notes.push({ tone: 'unsupported', text: 'the metric of an alarm annotation is not drawn here' });
  return [...lines(horizontal), ...lines(vertical)];
}

/** A band is an array of two. */
const lines = (annotations: unknown): Mark[] =>
  (Array.isArray(annotations) ? annotations.flat() : []).flatMap((one: unknown): Mark[] => {
    const { value, label, color, visible } = objectOf(one);
    if (visible === false) return [];
    const common = { label: textOf(label) ?? '', color: textOf(color) };
    if (typeof value === 'number') return [{ ...common, value }];
    const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
    return Number.isNaN(time) ? [] : [{ ...common, time }];
  });

/** Counts that the exporters publish only when they are not zero: no series means that it never happened. */
const ABSENT_WHEN_ZERO: ReadonlyMap<string, string> = new Map([
  ['monitoring.exporter.dropped', 'nothing lost'],
  ['monitoring.exporter.failed', 'no delivery failed'],
  ['monitoring.exporter.retries', 'no delivery was repeated'],
]);

/** Why a search found nothing, in words where its metric is named. */
function whyNothingFound(query: string): Note {
  const name = /\bMetricName\s*=\s*"?([\w./-]+)"?/.exec(query)?.[1];
  const good = ABSENT_WHEN_ZERO.get(name ?? '');
  if (good !== undefined) return { tone: 'none', text: good };
  if (name === undefined)
    return { tone: 'missing', text: `nothing has arrived that SEARCH('${query.slice(0, 200)}') finds` };
  const dimensions = /\{([^}]*)\}/
    .exec(query)?.[1]
    ?.split(',')
    .slice(1)
    .map((text) => text.trim().replace(/^"|"$/g, ''));
  return { tone: 'missing', text: `${name} has not arrived by ${dimensions?.join(', ') || 'any dimension'}` };
}

type Row = MetricRow | ExpressionRow;

interface Drawn {
  readonly row: Row;
  readonly series: TimeSeries;
}

/** The rows of one widget: each is evaluated when it, or one that refers to it, is drawn. */
class Rows {
  readonly notes: Note[] = [];
  readonly #rows: readonly Row[];
  readonly #values = new Map<Row, Value>();
  readonly #open = new Set<Row>();

  constructor(
    rows: readonly (Row | BadRow)[],
    private readonly source: MetricSource,
    private readonly window: Window,
    private readonly defaults: { readonly stat: string; readonly period: number },
  ) {
    this.#rows = rows.filter((row): row is Row => row.kind !== 'bad');
    for (const row of rows) if (row.kind === 'bad') this.notes.push({ tone: 'unsupported', text: row.problem });
  }

  drawn(): Drawn[] {
    const drawn = this.#rows.filter(({ visible }) => visible).flatMap((row) => this.#draw(row));
    if (drawn.length > MAX_LINES) this.#note('unsupported', `more than ${MAX_LINES} lines: the rest is not drawn`);
    return labelled(drawn.slice(0, MAX_LINES));
  }

  #note(tone: Note['tone'], text: string): void {
    if (!this.notes.some((note) => note.text === text)) this.notes.push({ tone, text });
  }

  #draw(row: Row): Drawn[] {
    let value: Value;
    try {
      value = this.#value(row);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      this.#note(
        'unsupported',
        `${row.kind === 'expression' ? row.expression.slice(0, 120) : row.name}: ${error.message}`,
      );
      return [];
    }
    if (isList(value)) return value.map((series) => ({ row, series }));
    if (isSeries(value)) return value.points.size === 0 && row.kind === 'metric' ? [] : [{ row, series: value }];
    this.#note(
      'unsupported',
      `${row.kind === 'expression' ? row.expression.slice(0, 120) : row.name} is a single value, not a metric`,
    );
    return [];
  }

  #value(row: Row): Value {
    const known = this.#values.get(row);
    if (known !== undefined) return known;
    if (this.#open.has(row)) throw new ExpressionError(`${row.id ?? 'a row'} refers to itself`);
    this.#open.add(row);
    const value = row.kind === 'metric' ? this.#metric(row) : evaluateExpression(row.expression, this.#context(row));
    this.#open.delete(row);
    this.#values.set(row, value);
    return value;
  }

  #metric(row: MetricRow): TimeSeries {
    const statistic = row.stat ?? this.defaults.stat;
    if (parseStatistic(statistic) === undefined) throw new ExpressionError(`${statistic} is not a statistic`);
    const period = row.period ?? this.defaults.period;
    const found = this.source.held.find((held) => isOf(held, row));
    if (found === undefined) {
      this.#note('missing', whyMissing(row, this.source));
      return { label: row.name, unit: '', period, points: new Map(), metric: { ...row, data: [] }, statistic };
    }
    const series = readSeries(found, { statistic, period, window: this.window });
    if (series.points.size === 0) this.#note('empty', `${row.name}: no ${statistic} in this range`);
    return series;
  }

  #context(row: ExpressionRow): ExpressionContext {
    const period = row.period ?? this.defaults.period;
    return {
      window: this.window,
      period,
      valueOf: (id) => {
        const named = this.#rows.find((one) => one.id === id);
        return named === undefined ? undefined : this.#value(named);
      },
      metrics: () => this.#rows.filter((one) => one.kind === 'metric').map((one) => this.#value(one) as TimeSeries),
      search: (query, statistic, own) => this.#search(query, statistic, own ?? period),
    };
  }

  #search(query: string, statistic: string, period: number): TimeSeries[] {
    if (parseStatistic(statistic) === undefined) throw new ExpressionError(`${statistic} is not a statistic`);
    const found = searchMetrics(query, this.source.held);
    if (found.length === 0) {
      const { tone, text } = whyNothingFound(query);
      this.#note(tone, text);
    }
    return found.map((metric) => {
      const series = readSeries(metric, { statistic, period, window: this.window });
      return { ...series, label: [metric.name, ...metric.dimensions.map(({ value }) => value)].join(' ') };
    });
  }
}

const isOf = (held: HeldSeries, row: Pick<MetricRow, 'namespace' | 'name' | 'dimensions'>): boolean =>
  held.namespace === row.namespace &&
  held.name === row.name &&
  held.dimensions.length === row.dimensions.length &&
  row.dimensions.every((one) => held.dimensions.some(({ name, value }) => name === one.name && value === one.value));

const spelled = (dimensions: readonly { readonly name: string; readonly value: string }[]): string =>
  dimensions.length === 0 ? 'no dimensions' : dimensions.map(({ name, value }) => `${name}=${value}`).join(', ');

/** The most common mistake is another set of dimensions; what did arrive is the way out. */
function whyMissing(row: MetricRow, { held, otlpNames }: MetricSource): string {
  const wanted = `${row.name} never arrived with ${spelled(row.dimensions)}`;
  const same = held.filter(({ namespace, name }) => namespace === row.namespace && name === row.name);
  if (same.length > 0) {
    const shown = same.slice(0, 3).map(({ dimensions }) => spelled(dimensions));
    return `${wanted}; it did with ${shown.join(' | ')}${same.length > 3 ? ` and ${same.length - 3} more` : ''}`;
  }
  const elsewhere = held.find(({ name }) => name === row.name);
  if (elsewhere !== undefined)
    return `${row.name} never arrived in namespace ${row.namespace}; it did in ${elsewhere.namespace}`;
  if (otlpNames.has(row.name)) return `${row.name} came by OTLP only: CloudWatch's dashboards would not show it`;
  return `${row.name} never arrived in namespace ${row.namespace}`;
}

/** A label of the body's wins; the lines of one search get what tells them apart. */
function labelled(drawn: readonly Drawn[]): Drawn[] {
  const apart = tellApart(drawn.map(({ series }) => series));
  return drawn.map(({ row, series }, index) => {
    const own = apart[index] ?? series.label;
    const several = drawn.filter((other) => other.row === row).length > 1;
    const template =
      row.label ??
      (row.kind === 'expression' && !several && series.metric === undefined ? (row.id ?? row.expression) : own);
    const filled = fillLabel(template, { ...series, label: own });
    const label = several && row.label !== undefined && !row.label.includes('${') ? `${filled} ${own}` : filled;
    return { row, series: { ...series, label } };
  });
}

function toLine({ row, series }: Drawn, times: readonly number[]): MetricLine {
  const values = times.map((time) => series.points.get(time) ?? null);
  const present = [...series.points.values()];
  const sum = present.reduce((a, b) => a + b, 0);
  return {
    label: series.label,
    axis: row.yAxis ?? 'left',
    color: row.color,
    unit: series.unit,
    values,
    latest: present.at(-1) ?? null,
    figures:
      present.length === 0
        ? null
        : { min: Math.min(...present), max: Math.max(...present), average: sum / present.length, sum },
  };
}

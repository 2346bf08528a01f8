import type { LogContent } from '../../dashboards/dashboard.js';
import type { Axis, MetricContent, MetricLine } from '../../dashboards/metric-widget.js';
import { count, dateTime, figure } from '../format.js';
import { Scroll } from '../parts.js';
import type { Frame } from './frame.js';
import { MetricWidget } from './metric.js';

const ROWS_SHOWN = 500;
type Cell = LogContent['result']['rows'][number][number];

export function LogWidget({
  title,
  content,
  span,
  height,
}: Frame & { readonly title: string; readonly content: LogContent }) {
  const { result, notes, view } = content;
  const drawn =
    view === 'table' || result.rows.length === 0
      ? undefined
      : view === 'timeSeries'
        ? overTime(content)
        : byRow(content, view);
  return (
    <>
      {notes.map((note) => (
        <p class="notice warn" key={note}>
          {note}
        </p>
      ))}
      {drawn !== undefined ? (
        <MetricWidget title={title} content={drawn} span={span} height={height} />
      ) : (
        result.columns.length > 0 && <Table title={title} content={content} height={height} />
      )}
    </>
  );
}

function Table({
  title,
  content: { result },
  height,
}: {
  readonly title: string;
  readonly content: LogContent;
  readonly height: number;
}) {
  if (result.rows.length === 0) return <p class="muted">No event fits ({count(result.scanned)} were read).</p>;
  const numeric = result.columns.map((_, index) =>
    result.rows.every((row) => typeof row[index] === 'number' || row[index] === null),
  );
  return (
    <Scroll label={title || 'result'} maxHeight={height + 14}>
      <table class="log-table">
        <thead>
          <tr>
            {result.columns.map((name, index) => (
              <th scope="col" key={name} class={numeric[index] && !result.times.includes(name) ? 'number' : ''}>
                {name.replace(/^(attributes|resource\.attributes)\./, '')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {result.rows.slice(0, ROWS_SHOWN).map((row, at) => (
            <tr key={at}>
              {row.map((cell, index) => {
                const name = result.columns[index] ?? '';
                return (
                  <td key={name} class={numeric[index] && !result.times.includes(name) ? 'number' : ''}>
                    {textOf(cell, result.times.includes(name))}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {result.rows.length > ROWS_SHOWN && <p class="muted">and {count(result.rows.length - ROWS_SHOWN)} more rows</p>}
    </Scroll>
  );
}

function textOf(cell: Cell, time: boolean): string {
  if (cell === null) return '–';
  if (time && typeof cell === 'number') return dateTime(cell);
  return typeof cell === 'number' ? figure(cell) : String(cell).slice(0, 2000);
}

const AXIS: Axis = { min: 0, showUnits: false };

const common = (view: MetricContent['view']) => ({
  kind: 'metric' as const,
  view,
  stacked: false,
  sparkline: false,
  legend: 'bottom' as const,
  marks: [],
  axes: { left: AXIS, right: AXIS },
  notes: [],
});

/** A line for each column of numbers, and for each value of what else the rows are grouped by. */
function overTime({ result }: LogContent): MetricContent | undefined {
  const at = result.columns.findIndex((name) => result.times.includes(name));
  if (at === -1) return undefined;
  const times = [...new Set(result.rows.map((row) => Number(row[at])))].sort((a, b) => a - b);
  const place = new Map(times.map((time, index) => [time, index]));
  const lines = new Map<string, (number | null)[]>();
  for (const row of result.rows) {
    const groups = row.filter((cell, index) => index !== at && typeof cell === 'string').join(' ');
    for (const [index, cell] of row.entries()) {
      if (index === at || typeof cell !== 'number') continue;
      const label = groups === '' ? (result.columns[index] ?? '') : `${groups} ${result.columns[index]}`;
      const values = lines.get(label) ?? new Array<number | null>(times.length).fill(null);
      values[place.get(Number(row[at])) ?? 0] = cell;
      lines.set(label, values);
    }
  }
  return { ...common('timeSeries'), times, lines: [...lines].map(([label, values]) => toLine(label, values)) };
}

/** A bar or a slice for each row. */
function byRow({ result }: LogContent, view: 'bar' | 'pie'): MetricContent {
  const lines = result.rows.slice(0, 50).map((row) => {
    const value = row.findLast((cell) => typeof cell === 'number') ?? null;
    const label = row
      .filter((cell, index) => typeof cell === 'string' || result.times.includes(result.columns[index] ?? ''))
      .map(String)
      .join(' ');
    return toLine(label || 'all', [typeof value === 'number' ? value : null]);
  });
  return { ...common(view), times: [0], lines };
}

const toLine = (label: string, values: readonly (number | null)[]): MetricLine => ({
  label,
  axis: 'left',
  unit: '',
  values,
  latest: values.findLast((value) => value !== null) ?? null,
  figures: null,
});

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { showControls } from './controls.js';
import { clock, dateTime, figure } from './format.js';
import { Scroll } from './parts.js';
import { zoomTo } from './range.js';
import { useThemeName } from './theme.js';

export interface Line {
  readonly label: string;
  /** As long as `times`; null: nothing there. */
  readonly values: readonly (number | null)[];
  /** A colour of the dashboard's; else that of its place. */
  readonly color?: string | undefined;
  readonly axis?: 'left' | 'right' | undefined;
  /** How its values are written; absent: as those of its axis. */
  readonly format?: Format | undefined;
}

type Format = (value: number) => string;

/** A line across the chart: a threshold, or a moment. */
export interface Mark {
  readonly label: string;
  /** Of the y axis. */
  readonly value?: number;
  /** Epoch milliseconds. */
  readonly time?: number;
  readonly color?: string | undefined;
}

export interface ChartProps {
  /** What the chart shows, for those who do not see it. */
  readonly title: string;
  /** Epoch milliseconds, ascending. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly format?: Format;
  /** Of the right axis; as `format` when absent. */
  readonly formatRight?: Format;
  readonly height?: number;
  readonly stacked?: boolean;
  readonly filled?: boolean;
  readonly marks?: readonly Mark[];
  readonly bounds?: Readonly<
    Record<'left' | 'right', { readonly min?: number | undefined; readonly max?: number | undefined } | undefined>
  >;
  readonly legend?: 'bottom' | 'right' | 'hidden';
  /** Epoch milliseconds: the axis from here to there, also where there is no data. */
  readonly span?: readonly [number, number] | undefined;
}

type FormattedLine = Line & { readonly format: Format };

interface PlotProps extends ChartProps {
  readonly lines: readonly FormattedLine[];
  readonly format: Format;
  readonly formatRight: Format;
  readonly height: number;
}

const MAX_LEGEND = 12;

/** Lines over time, with a legend and, on demand, a table of the same figures. */
export function Chart(props: ChartProps) {
  const { title, times, format = figure, formatRight = format, legend = 'bottom', height = 200 } = props;
  const lines = props.lines.map(
    (line): FormattedLine => ({ ...line, format: line.format ?? (line.axis === 'right' ? formatRight : format) }),
  );
  const [asTable, setAsTable] = useState(false);
  const latest = lines.map(({ values }) => values.findLast((value) => value !== null) ?? null);
  const summary = `${title}: ${lines.length} ${lines.length === 1 ? 'line' : 'lines'}, ${lines
    .slice(0, 4)
    .map(({ label, format }, index) => `${label} now ${latest[index] == null ? 'nothing' : format(latest[index])}`)
    .join(', ')}`;
  return (
    <figure class={`chart legend-${legend}`}>
      {asTable ? (
        <DataTable times={times} lines={lines} height={height} title={title} />
      ) : (
        <div class="plot" role="img" aria-label={summary}>
          <Plot {...props} lines={lines} format={format} formatRight={formatRight} height={height} />
        </div>
      )}
      <figcaption>
        {legend !== 'hidden' && (
          <ul class="legend">
            {lines.slice(0, MAX_LEGEND).map((line, index) => (
              <li key={`${index} ${line.label}`}>
                <Swatch index={index} color={line.color} />
                <span class="label" title={line.label}>
                  {line.label}
                </span>
                {latest[index] != null && <span class="value">{line.format(latest[index])}</span>}
              </li>
            ))}
            {lines.length > MAX_LEGEND && <li class="muted">and {lines.length - MAX_LEGEND} more</li>}
          </ul>
        )}
        <button type="button" class="quiet small" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? 'chart' : 'table'}
        </button>
      </figcaption>
    </figure>
  );
}

export const SERIES_COLORS = 8;

export function Swatch({ index, color }: { readonly index: number; readonly color?: string | undefined }) {
  return (
    <i
      class={`swatch s${(index % SERIES_COLORS) + 1}`}
      style={color === undefined ? {} : { background: color }}
      aria-hidden="true"
    />
  );
}

const TABLE_ROWS = 200;

function DataTable({ times, lines, height, title }: Pick<PlotProps, 'times' | 'lines' | 'height' | 'title'>) {
  const from = Math.max(times.length - TABLE_ROWS, 0);
  return (
    <Scroll label={`${title}, as a table`} maxHeight={Math.max(height, 160)}>
      <table>
        <thead>
          <tr>
            <th scope="col">time</th>
            {lines.map(({ label }, index) => (
              <th scope="col" class="number" key={`${index} ${label}`}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times
            .slice(from)
            .map((time, row) => (
              <tr key={time}>
                <th scope="row">{dateTime(time)}</th>
                {lines.map(({ label, values, format }, index) => {
                  const value = values[from + row];
                  return (
                    <td class="number" key={`${index} ${label}`}>
                      {value == null ? '–' : format(value)}
                    </td>
                  );
                })}
              </tr>
            ))
            .reverse()}
        </tbody>
      </table>
    </Scroll>
  );
}

type Column = (number | null)[];

function Plot(props: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const tip = useRef<HTMLDivElement>(null);
  const theme = useThemeName();
  const shape = shapeOf(props, theme);
  const data = useMemo(() => columnsOf(props), [props.times, props.lines, props.stacked]);
  const current = useRef(props);
  current.current = props;

  // A new plot only when its looks change; new figures go into the one that is there.
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const made = new uPlot(
      optionsOf(element, () => current.current, tip),
      data,
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) made.setSize({ width: element.clientWidth, height: props.height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape]);
  useEffect(() => plot.current?.setData(data), [data]);

  return (
    <div class="canvas" ref={box}>
      <div class="tip" ref={tip} hidden />
    </div>
  );
}

const shapeOf = ({ lines, stacked, filled, height, marks, bounds }: ChartProps, theme: string): string =>
  JSON.stringify([
    theme,
    lines.map(({ label, color, axis }) => [label, color, axis]),
    stacked,
    filled,
    height,
    marks,
    bounds,
  ]);

function columnsOf({ times, lines, stacked }: ChartProps): uPlot.AlignedData {
  const seconds = times.map((time) => time / 1000);
  const columns: Column[] = lines.map(({ values }) => [...values]);
  return [seconds, ...(stacked ? piled(columns) : columns)];
}

/** Each upon those before it. */
function piled(columns: readonly Column[]): Column[] {
  const below: number[] = [];
  return columns.map((column) =>
    column.map((value, index) => {
      const top = (below[index] ?? 0) + (value ?? 0);
      below[index] = top;
      return top;
    }),
  );
}

function optionsOf(
  element: HTMLElement,
  props: () => PlotProps,
  tip: { current: HTMLDivElement | null },
): uPlot.Options {
  const { lines, stacked, filled, height, format, formatRight, marks = [], bounds, times } = props();
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  const strokes = lines.map((line, index) => line.color ?? color(`--s${(index % SERIES_COLORS) + 1}`));
  const right = lines.some(({ axis }) => axis === 'right');
  const axis = {
    stroke: color('--muted'),
    grid: { stroke: color('--grid'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  const sizeOf = (_plot: uPlot, values: string[] | null): number =>
    Math.min(Math.max(...(values ?? ['']).map(({ length }) => length), 3) * 6.5 + 14, 96);
  const dots = times.length < 24;
  return {
    width: Math.max(element.clientWidth, 80),
    height,
    legend: { show: false },
    padding: [10, right ? 0 : 10, 0, 0],
    cursor: { y: false, points: { size: 7 }, drag: { x: true, y: false, setScale: false } },
    scales: {
      x: { time: true, range: (_plot, min, max) => spanOf(props().span, min, max) },
      left: { range: (_plot, min, max) => rangeOf(min, max, bounds?.left) },
      right: { range: (_plot, min, max) => rangeOf(min, max, bounds?.right) },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 70,
        values: (_plot, splits) => splits.map((seconds) => timeLabel(seconds * 1000, splits)),
      },
      { ...axis, scale: 'left', size: sizeOf, values: (_plot, splits) => splits.map(format) },
      ...(right
        ? [
            {
              ...axis,
              scale: 'right',
              side: 1 as const,
              size: sizeOf,
              grid: { show: false },
              values: (_plot: uPlot, splits: number[]) => splits.map(formatRight),
            },
          ]
        : []),
    ],
    series: [
      {},
      ...lines.map((line, index) => ({
        label: line.label,
        scale: line.axis ?? 'left',
        stroke: strokes[index] ?? '',
        width: 1.75,
        spanGaps: false,
        points: { show: dots, size: 5 },
        ...(filled || (stacked && index === 0)
          ? { fill: `${opaque(strokes[index] ?? '')}${stacked ? '44' : '22'}` }
          : {}),
      })),
    ],
    ...(stacked ? { bands: bandsOf(lines, strokes) } : {}),
    hooks: {
      draw: [(plot) => drawMarks(plot, marks, color)],
      setSelect: [zoomToSelection],
      setCursor: [(plot) => showTip(plot, tip.current, props(), strokes)],
    },
  };
}

/** Pixels: less is a click. */
const LEAST_DRAG = 6;

function zoomToSelection(plot: uPlot): void {
  const { left, width } = plot.select;
  if (width < LEAST_DRAG) return;
  const [from, to] = [plot.posToVal(left, 'x') * 1000, plot.posToVal(left + width, 'x') * 1000];
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  zoomTo(from, to);
}

const opaque = (color: string): string => (/^#[0-9a-f]{6}$/i.test(color) ? color : '#888888');

/** Between a pile and the one below it; the lowest is filled down to the axis by itself. */
const bandsOf = (lines: readonly Line[], strokes: readonly string[]): uPlot.Band[] =>
  lines
    .map((_line, index) => ({
      series: [index + 1, index] as [number, number],
      fill: `${opaque(strokes[index] ?? '')}66`,
    }))
    .slice(1);

function spanOf(span: readonly [number, number] | undefined, min: number, max: number): uPlot.Range.MinMax {
  if (span !== undefined) return [span[0] / 1000, span[1] / 1000];
  return min === max ? [min - 30, max + 30] : [min, max];
}

function rangeOf(
  min: number | null,
  max: number | null,
  bounds: { readonly min?: number | undefined; readonly max?: number | undefined } | undefined,
): uPlot.Range.MinMax {
  const low = bounds?.min ?? Math.min(min ?? 0, 0);
  const high = bounds?.max ?? (max ?? 1) + Math.abs((max ?? 1) - low) * 0.08;
  return high > low ? [low, high] : [low, low + 1];
}

function timeLabel(time: number, splits: readonly number[]): string {
  const step = (splits[1] ?? 0) - (splits[0] ?? 0);
  return step >= 60 ? clock(time).slice(0, 5) : clock(time);
}

function drawMarks(plot: uPlot, marks: readonly Mark[], color: (name: string) => string): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  for (const mark of marks) {
    const across = mark.value !== undefined;
    const at = across ? plot.valToPos(mark.value, 'left', true) : plot.valToPos((mark.time ?? 0) / 1000, 'x', true);
    const inside = across
      ? at >= bbox.top && at <= bbox.top + bbox.height
      : at >= bbox.left && at <= bbox.left + bbox.width;
    if (!inside) continue;
    ctx.save();
    ctx.strokeStyle = mark.color ?? color('--bad');
    ctx.fillStyle = ctx.strokeStyle;
    ctx.textAlign = 'left';
    ctx.textBaseline = 'alphabetic';
    ctx.lineWidth = ratio;
    ctx.setLineDash([5 * ratio, 4 * ratio]);
    ctx.beginPath();
    if (across) {
      ctx.moveTo(bbox.left, at);
      ctx.lineTo(bbox.left + bbox.width, at);
    } else {
      ctx.moveTo(at, bbox.top);
      ctx.lineTo(at, bbox.top + bbox.height);
    }
    ctx.stroke();
    ctx.font = `${10 * ratio}px system-ui, sans-serif`;
    if (across) ctx.fillText(showControls(mark.label).slice(0, 60), bbox.left + 4 * ratio, at - 4 * ratio);
    else ctx.fillText(showControls(mark.label).slice(0, 40), at + 4 * ratio, bbox.top + 11 * ratio);
    ctx.restore();
  }
}

const TIP_LINES = 8;

function showTip(
  plot: uPlot,
  tip: HTMLDivElement | null,
  { times, lines }: PlotProps,
  strokes: readonly string[],
): void {
  if (tip === null) return;
  const index = plot.cursor.idx;
  const left = plot.cursor.left ?? -1;
  const time = index == null ? undefined : times[index];
  if (index == null || time === undefined || left < 0) {
    tip.hidden = true;
    return;
  }
  const values = lines
    .map(({ label, values, format }, at) => ({
      label,
      format,
      value: values[index] ?? null,
      stroke: strokes[at] ?? '',
    }))
    .filter(({ value }) => value !== null)
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  tip.replaceChildren(
    element('b', dateTime(time)),
    ...values.slice(0, TIP_LINES).map(({ label, value, stroke, format }) => {
      const line = element('div', `${label}  ${format(value ?? 0)}`);
      line.style.borderLeft = `3px solid ${stroke}`;
      return line;
    }),
    ...(values.length > TIP_LINES ? [element('div', `and ${values.length - TIP_LINES} more`)] : []),
  );
  tip.hidden = false;
  const place = left + (plot.over.offsetLeft ?? 0);
  const width = plot.root.clientWidth;
  tip.style.transform = `translate(${place > width / 2 ? `calc(${place - 12}px - 100%)` : `${place + 12}px`}, 8px)`;
}

function element(name: string, text: string): HTMLElement {
  const made = document.createElement(name);
  made.textContent = showControls(text);
  return made;
}

import type { Axis, MetricContent, MetricLine, Note } from '../../dashboards/metric-widget.js';
import { Chart, SERIES_COLORS, Swatch } from '../chart.js';
import { figure, percent, withUnit } from '../format.js';
import { Scroll, Spark } from '../parts.js';
import type { Frame } from './frame.js';

export function MetricWidget({
  title,
  content,
  span,
  height,
}: Frame & { readonly title: string; readonly content: MetricContent }) {
  return (
    <>
      {content.lines.length > 0 && <View title={title} content={content} span={span} height={height} />}
      <Notes notes={content.notes} alone={content.lines.length === 0} />
    </>
  );
}

const WORDS: Readonly<Record<Note['tone'], string>> = {
  missing: 'not emitted',
  unsupported: 'not drawn',
  empty: 'no data',
  none: 'none',
};
const TONES = { missing: 'warn', unsupported: 'warn', empty: 'plain', none: 'good' } as const;

/** Why something is not there, at its place. */
function Notes({ notes, alone }: { readonly notes: readonly Note[]; readonly alone: boolean }) {
  if (notes.length === 0) return alone ? <p class="muted">No data.</p> : null;
  return (
    <ul class={`notes${alone ? ' alone' : ''}`}>
      {notes.map(({ tone, text }) => (
        <li key={text}>
          <span class={`badge ${TONES[tone]}`}>{WORDS[tone]}</span> {text}
        </li>
      ))}
    </ul>
  );
}

function View(props: Frame & { readonly title: string; readonly content: MetricContent }) {
  switch (props.content.view) {
    case 'singleValue':
      return <Single content={props.content} />;
    case 'gauge':
      return <Gauges content={props.content} height={props.height} />;
    case 'bar':
      return <BarChart content={props.content} />;
    case 'pie':
      return <Pie content={props.content} height={props.height} />;
    case 'table':
      return <Table content={props.content} />;
    default:
      return <Lines {...props} />;
  }
}

type Format = (value: number) => string;

/** The label of an axis stands for the unit when the body says so. */
function formatOf(unit: string, axis: Axis): Format {
  if (axis.showUnits && unit !== '') return (value) => withUnit(value, unit);
  if (axis.label === undefined) return figure;
  if (/^(s|ms|%)$/.test(axis.label)) return (value) => withUnit(value, axis.label ?? '');
  const label = axis.label.startsWith('1/') ? axis.label.slice(1) : ` ${axis.label}`;
  return (value) => `${figure(value)}${label}`;
}

const formatOfLine = ({ unit, axis }: MetricLine, axes: MetricContent['axes']): Format => formatOf(unit, axes[axis]);

/** Of the axis itself: the unit that all its lines have. */
function formatOfAxis(lines: readonly MetricLine[], axes: MetricContent['axes'], side: MetricLine['axis']): Format {
  const units = new Set(lines.filter(({ axis }) => axis === side).map(({ unit }) => unit));
  const [unit = ''] = units;
  return formatOf(units.size === 1 ? unit : '', axes[side]);
}

function Lines({ title, content, span, height }: Frame & { readonly title: string; readonly content: MetricContent }) {
  const { lines, axes, marks } = content;
  return (
    <Chart
      title={title}
      times={content.times}
      lines={lines.map((line) => ({ ...line, format: formatOfLine(line, axes) }))}
      format={formatOfAxis(lines, axes, 'left')}
      formatRight={formatOfAxis(lines, axes, 'right')}
      stacked={content.stacked}
      marks={marks}
      bounds={axes}
      legend={content.legend}
      span={span}
      height={Math.max(height - (content.legend === 'bottom' ? 34 : 0), 90)}
    />
  );
}

/** A label that names a unit at its end: `p50, s`. */
function labelled(line: MetricLine): { readonly label: string; readonly value: string } {
  if (line.latest === null) return { label: line.label, value: '–' };
  const [, label = line.label, unit] = /^(.*), (s|ms|%)$/.exec(line.label) ?? [];
  if (unit !== undefined) return { label, value: withUnit(line.latest, unit) };
  return { label: line.label, value: withUnit(line.latest, line.unit) };
}

function Single({ content }: { readonly content: MetricContent }) {
  return (
    <ul class="singles">
      {content.lines.map((line, index) => {
        const { label, value } = labelled(line);
        return (
          <li key={index}>
            <span class="label">{label}</span>
            <span class="value">{value}</span>
            {content.sparkline && line.values.length > 1 && (
              <Spark values={line.values.filter((one) => one !== null)} label={`${label}, now ${value}`} />
            )}
          </li>
        );
      })}
    </ul>
  );
}

function Gauges({ content, height }: { readonly content: MetricContent; readonly height: number }) {
  const { min = 0, max = 100 } = content.axes.left;
  const formatBound = formatOfAxis(content.lines, content.axes, 'left');
  return (
    <ul class="gauges">
      {content.lines.map((line, index) => {
        const part = Math.min(Math.max(((line.latest ?? min) - min) / (max - min || 1), 0), 1);
        const text = line.latest === null ? '–' : formatOfLine(line, content.axes)(line.latest);
        return (
          <li key={index} style={{ maxHeight: `${height}px` }}>
            <svg viewBox="0 0 120 74" role="img" aria-label={`${line.label}: ${text} of ${formatBound(max)}`}>
              <path class="track" d={arc(0, 1)} />
              {part > 0 && <path class="level" d={arc(0, part)} style={{ stroke: line.color ?? 'var(--accent)' }} />}
              {content.marks.map(
                ({ value, label }) =>
                  value !== undefined && (
                    <path key={`${label} ${value}`} class="mark" d={tick((value - min) / (max - min || 1))} />
                  ),
              )}
              <text x="60" y="58" text-anchor="middle">
                {text}
              </text>
              <text x="12" y="73" class="small" text-anchor="middle">
                {figure(min)}
              </text>
              <text x="108" y="73" class="small" text-anchor="middle">
                {figure(max)}
              </text>
            </svg>
            <span class="label">{line.label}</span>
          </li>
        );
      })}
    </ul>
  );
}

const RADIUS = 48;
const onArc = (part: number, radius: number): [number, number] => {
  const angle = Math.PI * (1 - part);
  return [60 + radius * Math.cos(angle), 62 - radius * Math.sin(angle)];
};

function arc(from: number, to: number): string {
  const [x1, y1] = onArc(from, RADIUS);
  const [x2, y2] = onArc(to, RADIUS);
  return `M${x1.toFixed(2)} ${y1.toFixed(2)} A${RADIUS} ${RADIUS} 0 0 1 ${x2.toFixed(2)} ${y2.toFixed(2)}`;
}

function tick(part: number): string {
  const [x1, y1] = onArc(part, RADIUS - 7);
  const [x2, y2] = onArc(part, RADIUS + 7);
  return `M${x1} ${y1} L${x2} ${y2}`;
}

function BarChart({ content }: { readonly content: MetricContent }) {
  const most = content.lines.reduce((max, { latest }) => Math.max(max, latest ?? 0), 1e-12);
  return (
    <ul class="bar-chart">
      {content.lines.map((line, index) => (
        <li key={index}>
          <span class="label" title={line.label}>
            {line.label}
          </span>
          <span class="lane" aria-hidden="true">
            <i
              class={`s${(index % SERIES_COLORS) + 1}`}
              style={{
                width: `${(Math.max(line.latest ?? 0, 0) / most) * 100}%`,
                ...(line.color === undefined ? {} : { background: line.color }),
              }}
            />
          </span>
          <span class="number">{line.latest === null ? '–' : formatOfLine(line, content.axes)(line.latest)}</span>
        </li>
      ))}
    </ul>
  );
}

function Pie({ content, height }: { readonly content: MetricContent; readonly height: number }) {
  const parts = content.lines.map(({ latest }) => Math.max(latest ?? 0, 0));
  const total = parts.reduce((a, b) => a + b, 0);
  let before = 0;
  return (
    <div class="pie">
      <svg
        viewBox="-52 -52 104 104"
        style={{ maxHeight: `${height}px` }}
        role="img"
        aria-label={content.lines
          .map(({ label }, index) => `${label} ${percent((parts[index] ?? 0) / (total || 1))}`)
          .join(', ')}
      >
        {parts.map((part, index) => {
          const from = before;
          before += total === 0 ? 0 : part / total;
          if (part === 0) return null;
          const color = content.lines[index]?.color;
          return (
            <path
              key={index}
              class={`s${(index % SERIES_COLORS) + 1}`}
              d={slice(from, before)}
              style={color === undefined ? {} : { fill: color }}
            />
          );
        })}
      </svg>
      <ul class="legend column" tabIndex={0} aria-label="parts">
        {content.lines.map((line, index) => (
          <li key={index}>
            <Swatch index={index} color={line.color} />
            <span class="label">{line.label}</span>
            <span class="value">
              {line.latest === null ? '–' : formatOfLine(line, content.axes)(line.latest)} ·{' '}
              {percent((parts[index] ?? 0) / (total || 1))}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function slice(from: number, to: number): string {
  if (to - from > 0.9999) return 'M0-50A50 50 0 1 1 0 50A50 50 0 1 1 0-50z';
  const point = (part: number): string =>
    `${(50 * Math.sin(part * 2 * Math.PI)).toFixed(3)} ${(-50 * Math.cos(part * 2 * Math.PI)).toFixed(3)}`;
  return `M0 0L${point(from)}A50 50 0 ${to - from > 0.5 ? 1 : 0} 1 ${point(to)}z`;
}

function Table({ content }: { readonly content: MetricContent }) {
  const format = (value: number | null | undefined, line: MetricLine): string =>
    value == null ? '–' : formatOfLine(line, content.axes)(value);
  const columns = ['min', 'max', 'average', 'sum'] as const;
  return (
    <Scroll label="figures">
      <table>
        <thead>
          <tr>
            <th scope="col">metric</th>
            <th scope="col" class="number">
              latest
            </th>
            {columns.map((name) => (
              <th scope="col" class="number" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {content.lines.map((line, index) => (
            <tr key={index}>
              <th scope="row">{line.label}</th>
              <td class="number">{format(line.latest, line)}</td>
              {columns.map((name) => (
                <td class="number" key={name}>
                  {format(line.figures?.[name], line)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

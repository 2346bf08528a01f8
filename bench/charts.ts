import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** Readable on white and on black: a page may be either, and the picture has no background. */
const INK = '#7d8590';
const COLOURS = ['#1f8f5f', '#d1742f', '#4f7fd9', '#a45ec4', '#8a8f98'];

const CONFIG: NonNullable<TopLevelSpec['config']> = {
  background: 'transparent',
  font: 'system-ui, sans-serif',
  view: { stroke: null },
  axis: { labelColor: INK, titleColor: INK, gridColor: INK, gridOpacity: 0.25, domainColor: INK, tickColor: INK },
  header: { labelColor: INK, titleColor: INK },
  legend: { labelColor: INK, titleColor: INK },
  title: { color: INK },
  text: { color: INK },
  range: { category: COLOURS },
};

export interface LineChart {
  readonly x: string;
  readonly y: string;
  readonly points: readonly { readonly x: number; readonly y: number; readonly series: string }[];
}

export function lineChart({ x, y, points }: LineChart): Promise<string> {
  return svg({
    width: 640,
    height: 260,
    data: { values: [...points] },
    mark: { type: 'line', strokeWidth: 1.5 },
    encoding: {
      x: { field: 'x', type: 'quantitative', title: x },
      y: { field: 'y', type: 'quantitative', title: y, scale: { zero: true } },
      color: { field: 'series', type: 'nominal', title: null, legend: { orient: 'top' } },
    },
  });
}

export interface BarPanels {
  /** One below the other in each panel, in this order. */
  readonly bars: readonly string[];
  /** Those that are not the others' colour. */
  readonly highlighted: ReadonlySet<string>;
  readonly panels: readonly {
    readonly title: string;
    readonly values: readonly { readonly bar: string; readonly value: number; readonly label: string }[];
  }[];
}

export function barPanels({ bars, highlighted, panels }: BarPanels): Promise<string> {
  return svg({
    hconcat: panels.map(({ title, values }, index) => ({
      title,
      width: 150,
      height: { step: 20 },
      data: { values: values.map((value) => ({ ...value, own: highlighted.has(value.bar) })) },
      encoding: {
        y: {
          field: 'bar',
          type: 'nominal',
          sort: [...bars],
          title: null,
          axis: index === 0 ? { domain: false, ticks: false, labelLimit: 320 } : null,
        },
        x: { field: 'value', type: 'quantitative', title: null, axis: null, scale: { padding: 30 } },
      },
      layer: [
        {
          mark: 'bar',
          encoding: {
            color: {
              field: 'own',
              type: 'nominal',
              legend: null,
              scale: { domain: [true, false], range: [COLOURS[0] ?? INK, COLOURS[4] ?? INK] },
            },
          },
        },
        { mark: { type: 'text', align: 'left', dx: 3, color: INK }, encoding: { text: { field: 'label' } } },
      ],
    })),
  });
}

function svg(spec: object): Promise<string> {
  const { spec: compiled } = compile({ ...spec, config: CONFIG } as TopLevelSpec);
  return new View(parse(compiled), { renderer: 'none' }).toSVG();
}

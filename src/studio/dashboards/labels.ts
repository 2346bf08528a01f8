import type { TimeSeries } from './time-series.js';

/** Dynamic labels: user guide, "Using dynamic labels". */

const values = ({ points }: TimeSeries): number[] => [...points.values()];

const FIGURES: Readonly<Record<string, (series: TimeSeries) => number | undefined>> = {
  AVG: (series) =>
    series.points.size === 0 ? undefined : values(series).reduce((a, b) => a + b, 0) / series.points.size,
  DATAPOINT_COUNT: (series) => series.points.size,
  FIRST: (series) => values(series)[0],
  LAST: (series) => values(series).at(-1),
  MAX: (series) => (series.points.size === 0 ? undefined : values(series).reduce((a, b) => Math.max(a, b))),
  MIN: (series) => (series.points.size === 0 ? undefined : values(series).reduce((a, b) => Math.min(a, b))),
  SUM: (series) => values(series).reduce((a, b) => a + b, 0),
};

/** The label with `${LABEL}`, `${PROP('Dim.route')}`, `${MAX}` and the like put in; what is not known stays as it is written. */
export function fillLabel(template: string, series: TimeSeries): string {
  return template.replace(
    /\$\{\s*([A-Z_]+)\s*(?:\(\s*['"]([^'"]{1,300})['"]\s*\)\s*)?\}/g,
    (whole, name: string, property?: string) => {
      if (name === 'LABEL') return series.label;
      if (name === 'PROP') return propertyOf(series, property ?? '') ?? whole;
      const figure = Object.hasOwn(FIGURES, name) ? FIGURES[name]?.(series) : undefined;
      return figure === undefined
        ? Object.hasOwn(FIGURES, name)
          ? '–'
          : whole
        : String(Number(figure.toPrecision(4)));
    },
  );
}

function propertyOf({ metric, period, statistic }: TimeSeries, property: string): string | undefined {
  switch (property) {
    case 'MetricName':
      return metric?.name;
    case 'Namespace':
      return metric?.namespace;
    case 'Period':
      return String(period);
    case 'Stat':
      return statistic;
    default:
      return property.startsWith('Dim.')
        ? (metric?.dimensions.find(({ name }) => name === property.slice('Dim.'.length))?.value ?? '')
        : undefined;
  }
}

/** What tells series of the same widget apart: names, dimensions, statistics, as far as they differ. */
export function tellApart(list: readonly TimeSeries[]): string[] {
  const names = [...new Set(list.flatMap(({ metric }) => metric?.dimensions.map(({ name }) => name) ?? []))];
  const parts = list.map((series) => partsOf(series, names));
  const kept = (parts[0] ?? []).flatMap((_, index) =>
    new Set(parts.map((part) => part[index])).size > 1 ? [index] : [],
  );
  return list.map(({ label }, at) => {
    const apart = (kept.length > 0 ? kept : [0]).map((index) => parts[at]?.[index]);
    return apart.filter(Boolean).join(' ') || label;
  });
}

function partsOf({ metric, label, statistic = '' }: TimeSeries, names: readonly string[]): string[] {
  const values = names.map((wanted) => metric?.dimensions.find(({ name }) => name === wanted)?.value ?? '');
  return [metric?.name ?? label, ...values, statistic];
}

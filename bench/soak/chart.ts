import { lineChart } from '../charts.js';
import type { Sample } from './verdict.js';

export interface SoakSeries {
  readonly title: string;
  readonly samples: readonly Sample[];
}

/** Megabytes over minutes, as SVG. */
export function soakChart(series: readonly SoakSeries[]): Promise<string> {
  const points = series.flatMap(({ title, samples }) =>
    samples.map(({ time, rss }) => ({ x: time / 60, y: rss / 1e6, series: title })),
  );
  return lineChart({ x: 'minutes under load and attack', y: 'memory (RSS), MB', points });
}

import { barPanels } from '../charts.js';
import { inOrder } from './report.js';
import { BASELINE, type Summary } from './summary.js';

const plain = (title: string): string => title.replaceAll('`', '');

/** What is added to a bare application, by whom, as SVG. */
export function overheadChart({ loads, starts }: Summary): Promise<string> {
  const titled = inOrder(loads.filter(({ subject }) => subject !== BASELINE));
  const cpu = (title: string, wanted: string) => ({
    title,
    values: titled
      .filter(({ item }) => item.app === wanted)
      .map(({ title: bar, item }) => ({ bar: plain(bar), value: item.cpuAdded, label: item.cpuAdded.toFixed(0) })),
  });
  const memory = titled
    .filter(({ item }) => item.app === 'express4')
    .map(({ title: bar, item: { rssAdded } }) => ({
      bar: plain(bar),
      value: rssAdded / 1e6,
      label: (rssAdded / 1e6).toFixed(0),
    }));
  const start = inOrder(starts.filter(({ subject }) => subject !== BASELINE)).map(({ title: bar, item }) => ({
    bar: plain(bar),
    value: item.firstLineAdded,
    label: item.firstLineAdded.toFixed(0),
  }));
  const bars = [...new Set(titled.map(({ title }) => plain(title)))];
  return barPanels({
    bars,
    highlighted: new Set(bars.filter((bar) => bar.startsWith('@org/monitoring'))),
    panels: [
      cpu('CPU a request, hello, µs', 'hello'),
      cpu('CPU a request, Express 4, µs', 'express4'),
      { title: 'start-up, ms', values: start },
      { title: 'memory under load, MB', values: memory },
    ],
  });
}

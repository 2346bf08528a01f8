import { cpus } from 'node:os';
import { measureCollections } from './collections.js';
import { measureRequests } from './requests.js';

type Row = readonly (string | number)[];

const microseconds = (value: number): string => value.toFixed(value < 10 ? 3 : 1);
const times = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ×`;

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

const requests = await measureRequests();
const collections = await measureCollections();
const [ours] = collections;
const [sampled] = requests;
if (ours === undefined || sampled === undefined) throw new Error('nothing was measured');

console.log(`Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown CPU'}, medians\n`);
console.log(
  table(
    ['A collection', 'points', 'µs', 'ratio', 'µs of CPU', 'ratio'],
    collections.map(({ name, points, wall, cpu }) => [
      name,
      points,
      microseconds(wall),
      times(wall / ours.wall),
      microseconds(cpu),
      times(cpu / ours.cpu),
    ]),
  ),
);
console.log(
  `\n${table(
    ['A request, ratio 0.1', 'µs', 'ratio'],
    [
      ...requests.map(({ name, wall }) => [name, microseconds(wall), times(wall / sampled.wall)]),
      ['`host-metrics`, `instrumentation-runtime-node`', '–', '–'],
    ],
  )}`,
);
process.exit();

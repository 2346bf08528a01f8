import { cpus } from 'node:os';
import { table } from '../table.js';
import { measureCollections } from './collections.js';
import { measureRequests } from './requests.js';

const microseconds = (value: number): string => value.toFixed(value < 10 ? 3 : 1);
const times = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ×`;

const requests = await measureRequests();
const collections = await measureCollections();
const [ours] = collections;
const unsampled = requests.find(({ name }) => name === 'unsampled');
if (ours === undefined || unsampled === undefined) throw new Error('nothing was measured');

console.log(`Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown CPU'}, medians\n`);
console.log(
  table(
    ['A collection', 'points', 'after a pause, µs', 'ratio', 'µs of CPU', 'ratio', 'back to back, µs', 'ratio'],
    collections.map(({ name, points, wall, cpu, again }) => [
      name,
      points,
      microseconds(wall),
      times(wall / ours.wall),
      microseconds(cpu),
      times(cpu / ours.cpu),
      microseconds(again),
      times(again / ours.again),
    ]),
  ),
);
console.log('\nA pause is half a second. Back to back, the peers leave out work: network figures of the last');
console.log("500 ms are used again, the loop's delays are not read. Child processes are not part of the CPU.\n");
console.log(
  table(
    ['A request, ratio 0.1', 'µs', 'ratio'],
    [
      ...requests.map(({ name, wall }) => [name, microseconds(wall), times(wall / unsampled.wall)]),
      ['`host-metrics`, `instrumentation-runtime-node`', 'read nothing by request', '–'],
    ],
  ),
);
process.exit();

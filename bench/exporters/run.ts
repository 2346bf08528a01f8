import { cpus } from 'node:os';
import type { DimensionPreset, DimensionSets } from '../../exporters/cloudwatch-metrics/dimensions.js';
import { type Row, table } from '../table.js';
import { measureExports } from './exports.js';
import { type Monthly, measureMonth } from './monthly.js';
import { collection, type MetricInput } from './points.js';
import { startReceiver } from './received.js';
import { demo, merged, mergedDimensions, plain } from './shapes.js';
import { adot, ours } from './subjects.js';

const receiver = await startReceiver();

async function exportsTable(title: string, inputs: readonly MetricInput[], sets: DimensionPreset | DimensionSets) {
  const subjects = [ours(receiver.url, sets), adot(receiver.url)];
  const points = inputs.reduce((sum, { histograms = [] }) => sum + histograms.length, 0);
  const costs = await measureExports(subjects, collection(inputs), receiver);
  const head = [
    'datums',
    'ms',
    'µs a datum',
    'µs of CPU',
    'µs of CPU a point',
    'bytes a datum',
    'on the wire',
    'requests',
  ];
  const held = ['loop held, ms', 'worst, ms', 'held, ms of CPU'];
  const rows = costs.map(({ name, datums, wall, cpu, raw, wire, requests, held, worst, heldCpu }): Row => {
    const per = [wall / datums, cpu / datums, cpu / points].map((microseconds) => microseconds.toFixed(1));
    const bytes = [raw / datums, wire / datums].map((value) => value.toFixed(0));
    const loop = [held, worst, heldCpu].map((value) => (Number.isNaN(value) ? '–' : value.toFixed(1)));
    return [name, datums, (wall / 1000).toFixed(0), ...per, ...bytes, requests, ...loop];
  });
  console.log(`${table([title, ...head, ...held], rows)}\n`);
}

function monthlyRow(name: string, month: Monthly): Row {
  const { series, requests, megabytes, seriesDollars, transportDollars } = month;
  const dollars = [seriesDollars, transportDollars, seriesDollars + transportDollars].map((d) => `$${d.toFixed(2)}`);
  return [name, series, requests, megabytes.toFixed(0), ...dollars];
}

console.log(`Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown CPU'}, medians\n`);
await exportsTable('10 000 series', plain, 'standard');
await exportsTable('20 000 points, merged into 10 001 series', merged, mergedDimensions);

console.log(
  'From the call of `export` until `forceFlush` is done, the server in a process of its own. CPU is that of all threads,',
);
console.log(
  "compression among them. Held: the longest turn of the loop, garbage collection included; its CPU is the one thread's.\n",
);

const collect = collection(demo);
const presets: readonly DimensionPreset[] = ['lite', 'standard', 'full'];
const months: Row[] = [];
for (const preset of presets) {
  const month = await measureMonth(ours(receiver.url, preset), collect, receiver);
  months.push(monthlyRow(`\`@org/monitoring\`, \`${preset}\``, month));
}
months.push(monthlyRow('ADOT JS, EMF', await measureMonth(adot(receiver.url), collect, receiver)));
const monthHead = ['series', 'requests', 'MB on the wire', 'series, $', 'requests or log, $', 'total'];
console.log(table(['The example application, a month', ...monthHead], months));
console.log('\nOne process, an export a minute, list prices of us-east-1; what the log costs to keep is not in it.');
receiver.stop();

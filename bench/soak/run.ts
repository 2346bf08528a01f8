import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { nodeBinary } from '../../scripts/node-binaries.mjs';
import { startHelpers } from '../overhead/helpers.js';
import { SUBJECTS } from '../overhead/subjects.js';
import { type Row, table } from '../table.js';
import { nextRequest } from './attack.js';
import { Service } from './service.js';
import { type Held, isFlat, peaksOf, type Sample, TOLERANCE } from './verdict.js';

interface Options {
  readonly duration: string;
  readonly rate: string;
  readonly node: string;
  readonly docs: boolean;
}

const options = new Command('soak')
  .description(
    'Whether memory stays flat under load and under an attack that makes up routes, methods, hosts and errors.',
  )
  .option('--duration <seconds>', 'how long', '600')
  .option('--rate <n>', 'requests a second to each of the two applications', '100')
  .option('--node <major>', 'version of Node, fetched from npm when missing', '24')
  .option('--docs', 'write the chart to docs/soak.svg', false)
  .addHelpText('after', '\nThe bare application goes through the same. Ends with exit code 1 when memory is not flat.')
  .parse()
  .opts<Options>();
const [duration, rate] = [Number(options.duration), Number(options.rate)];

const RESULTS = fileURLToPath(new URL('../results/soak.json', import.meta.url));
const CHART = fileURLToPath(new URL('../../docs/soak.svg', import.meta.url));
/** Requests are sent in so many bursts a second, memory is read once a second. */
const BURSTS = 20;
/** Seconds between two lines of progress. */
const PROGRESS = 30;

const node = nodeBinary(Number(options.node));
if (node instanceof Error) throw node;
const helpers = await startHelpers(() => []);
const services: Service[] = [];
for (const subject of SUBJECTS.filter(({ name }) => name === 'bare' || name === 'ours')) {
  services.push(await Service.start(subject, node, helpers.ports));
}
const sent = new Map<Service, number>();
const total = (service: Service): number => sent.get(service) ?? 0;
const samples = new Map<Service, Sample[]>(services.map((service) => [service, []]));
const aliveEarly = new Map<Service, number>();

const start = performance.now();
const elapsed = (): number => (performance.now() - start) / 1000;
for (let burst = 0; elapsed() < duration; burst += 1) {
  const due = Math.round((elapsed() + 1 / BURSTS) * rate);
  for (const service of services) ask(service, due);
  if (burst % BURSTS === 0) {
    for (const service of services) samples.get(service)?.push({ time: Math.round(elapsed()), rss: service.rss() });
    if (burst % (BURSTS * PROGRESS) === 0) progress();
  }
  if (aliveEarly.size === 0 && elapsed() > duration / 3) {
    for (const service of services) aliveEarly.set(service, await service.alive());
  }
  await sleep(1000 / BURSTS);
}

const held = new Map<Service, Held>();
for (const service of services) {
  const early = aliveEarly.get(service) ?? Number.NaN;
  held.set(service, { peaks: peaksOf(samples.get(service) ?? []), alive: [early, await service.alive()] });
}
for (const service of services) await service.stop();
const { requests } = await helpers.received();
helpers.stop();

const head = [
  '',
  'requests',
  'without answer',
  'peak in the middle third, MB',
  'in the last',
  'heap alive after a third, MB',
  'at the end',
  'flat',
];
console.log(table(head, services.map(row)));
console.log(`\nFlat: the last peak and the last living heap are at most ${TOLERANCE * 100} % above those before.`);
console.log(`${requests} requests of telemetry were received.`);
const series = services.map((service) => ({
  title: service.subject.title.replaceAll('`', ''),
  alive: held.get(service)?.alive,
  samples: samples.get(service) ?? [],
}));
mkdirSync(dirname(RESULTS), { recursive: true });
writeFileSync(RESULTS, `${JSON.stringify(series)}\n`);
if (options.docs) {
  const { soakChart } = await import('./chart.js');
  writeFileSync(CHART, await soakChart(series));
}
if (![...held.values()].every(isFlat)) process.exitCode = 1;

function ask(service: Service, due: number): void {
  for (let asked = total(service); asked < due; asked += 1) {
    service.ask(nextRequest());
    sent.set(service, asked + 1);
  }
}

function row(service: Service): Row {
  const of = held.get(service);
  if (!of) throw new Error(`${service.subject.name} was not soaked`);
  const failed = service.answers.get('failed') ?? 0;
  const megabytes = [...of.peaks, ...of.alive].map((bytes) => (bytes / 1e6).toFixed(1));
  return [service.subject.title, total(service), failed, ...megabytes, isFlat(of) ? 'yes' : 'no'];
}

function progress(): void {
  const memory = services.map((service) => `${service.subject.name} ${(service.rss() / 1e6).toFixed(0)} MB`);
  process.stderr.write(`${elapsed().toFixed(0)} of ${duration} s: ${memory.join(', ')}\n`);
}

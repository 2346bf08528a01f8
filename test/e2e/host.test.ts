import assert from 'node:assert/strict';
import { join } from 'node:path';
import { HostSampler } from '../../src/host/sampler.js';
import type { Datum } from '../../src/studio/datum.js';
import { LIMITS, makeCgroup, type OwnCgroup } from '../host/own-cgroup.js';
import { LocalAws, stage } from './support/aws.js';
import { CgroupWatch } from './support/cgroup-watch.js';
import { Application, PRELOAD } from './support/process.js';

const MEBIBYTE = 2 ** 20;
const INTERVAL = 1500;
const SERVICE = { Service: 'shop', Environment: 'test' };

const UNITS: Readonly<Record<string, string>> = {
  'container.cpu.usage': 'Count',
  'container.cpu.utilization': 'Percent',
  'container.memory.working_set': 'Bytes',
  'container.memory.available': 'Bytes',
  'container.memory.utilization': 'Percent',
  'process.cpu.utilization': 'Percent',
  'process.memory.usage': 'Bytes',
  'v8js.memory.heap.used': 'Bytes',
  'monitoring.heap.limit': 'Bytes',
  'nodejs.eventloop.delay.mean': 'Seconds',
  'nodejs.eventloop.delay.p99': 'Seconds',
  'nodejs.eventloop.delay.max': 'Seconds',
  'nodejs.eventloop.utilization': 'Percent',
};

interface Series {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly data: readonly Datum[];
}

/** What the local endpoint holds, but for the metrics of the requests themselves. */
function received(aws: LocalAws): Series[] {
  return aws.studio.store.metrics
    .list()
    .filter(({ name }) => !name.startsWith('http.'))
    .map(({ name, dimensions, data }) => ({
      name,
      dimensions: Object.fromEntries(dimensions.map((dimension) => [dimension.name, dimension.value])),
      data: data.toArray(),
    }));
}

/** Each datum of a series of the service; times are those of the collection. */
function levels(aws: LocalAws, name: string): { at: number; value: number }[] {
  const data = received(aws).find((series) => series.name === name)?.data ?? [];
  return data.map(({ timestamp, value }) => ({ at: timestamp, value: value ?? Number.NaN }));
}

function lastOf(aws: LocalAws, name: string): { at: number; value: number } {
  return levels(aws, name).at(-1) ?? assert.fail(`no ${name}`);
}

async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Waits for what is collected from now on; the first that comes may have been collected before. */
async function nextCollection(aws: LocalAws): Promise<void> {
  const now = Date.now();
  await until(() => levels(aws, 'container.memory.working_set').some(({ at }) => at > now));
}

const environment = (aws: LocalAws, overrides: Record<string, string> = {}): Record<string, string> =>
  aws.env({
    OTEL_METRIC_EXPORT_INTERVAL: String(INTERVAL),
    OTEL_RESOURCE_ATTRIBUTES: `deployment.environment.name=${SERVICE.Environment}`,
    ...overrides,
  });

/** Milliseconds: MONITORING_HOST_METRICS_TTL's default, and two samples of the watch. */
const READING_SHARED = 1000;
const WATCH_SLACK = 40;

const close = (actual: number, expected: number, part: number, what: string): void =>
  assert.ok(Math.abs(actual / expected - 1) <= part, `${what}: ${actual}, expected ${expected}`);

describe('host metrics of a preloaded application in a control group of 256 MiB and half a CPU', () => {
  const CPUS = 0.3;
  const PAGES = 32;
  const HELD = 64;
  let group: OwnCgroup | undefined;
  let watch: CgroupWatch | undefined;
  let aws: LocalAws;
  let app: Application | undefined;
  /** Bytes by which the working set grew when the application held 64 MiB more. */
  let growth = Number.NaN;

  before(async function () {
    const made = makeCgroup();
    if (typeof made === 'string') {
      console.log(`      skipped: ${made}`);
      return this.skip();
    }
    group = made;
    watch = new CgroupWatch(made);
    aws = await LocalAws.start();
    app = new Application('resources.cjs', {
      flags: ['--require', join(__dirname, 'fixtures/enter-cgroup.cjs'), ...PRELOAD],
      args: [String(CPUS)],
      env: environment(aws, {
        CGROUP_ENTRANCES: made.entrances.join(':'),
        MONITORING_HOST_METRICS_SAMPLE_RATIO: '0',
      }),
    });
    const url = await app.url();
    await fetch(`${url}/pages/${PAGES}`);
    await nextCollection(aws);
    const before = lastOf(aws, 'container.memory.working_set').value;
    await fetch(`${url}/hold/${HELD}`);
    await nextCollection(aws);
    growth = lastOf(aws, 'container.memory.working_set').value - before;
    await nextCollection(aws);
    await new Promise((resolve) => setTimeout(resolve, 100));
    watch.stop();
  });

  after(async () => {
    watch?.stop();
    app?.kill('SIGTERM');
    await app?.ended();
    await aws?.close();
    group?.remove();
  });

  const watched = (): CgroupWatch => watch ?? assert.fail('not watched');
  /** The latest collections; from the start to the first of them the application was loading. */
  const settled = () => levels(aws, 'container.cpu.usage').slice(1);

  it('are the memory that docker stats and the kubelet give on the same files', () => {
    for (const { at, value } of levels(aws, 'container.memory.working_set').slice(-2)) {
      // A reading of a state is shared for a second: it is of some moment of the second before its datum's time.
      const moments = watched().moments(at - READING_SHARED - WATCH_SLACK, at + WATCH_SLACK);
      const nearest = (formula: (moment: number) => number): number =>
        moments.map(formula).reduce((a, b) => (Math.abs(b - value) < Math.abs(a - value) ? b : a));
      close(
        value,
        nearest((moment) => watched().dockerMemory(moment)),
        0.02,
        'docker',
      );
      close(
        value,
        nearest((moment) => watched().kubeletMemory(moment)),
        0.02,
        'kubelet',
      );
    }
  });

  it('are Percent of the limit, and what is left of it', () => {
    const used = levels(aws, 'container.memory.working_set');
    assert.deepEqual(
      levels(aws, 'container.memory.utilization').map(({ value }) => value.toFixed(6)),
      used.map(({ value }) => ((value / LIMITS.memoryBytes) * 100).toFixed(6)),
    );
    assert.deepEqual(
      levels(aws, 'container.memory.available').map(({ value }) => value),
      used.map(({ value }) => LIMITS.memoryBytes - value),
    );
  });

  it('grow by the memory that the application holds, and not by the page cache it left', () => {
    close(growth, HELD * MEBIBYTE, 0.15, 'held');
    const { at, value } = lastOf(aws, 'container.memory.working_set');
    assert.ok(watched().usage(at) - value > PAGES * MEBIBYTE * 0.75, 'page cache was subtracted');
  });

  it('are the CPU that docker stats and the kubelet give on the same files', () => {
    const usage = settled();
    assert.ok(usage.length >= 2, `${usage.length} collections`);
    for (const [index, { at, value }] of usage.entries()) {
      const from = usage[index - 1]?.at;
      if (from === undefined) continue;
      close(value, watched().kubeletCpu(from, at), 0.05, 'kubelet');
      close(value, watched().dockerCpuPercent(from, at) / 100, 0.15, 'docker');
    }
  });

  it('are the CPU that the application uses, and Percent of half a CPU', () => {
    const last = lastOf(aws, 'container.cpu.usage');
    close(last.value, CPUS, 0.15, 'used');
    close(lastOf(aws, 'container.cpu.utilization').value, (last.value / LIMITS.cpus) * 100, 1e-6, 'of the limit');
    close(lastOf(aws, 'process.cpu.utilization').value, (last.value / LIMITS.cpus) * 100, 0.1, 'the process alone');
  });

  it('are all of the default series', () => {
    assert.deepEqual(seriesOf(aws), expected(Object.keys(UNITS)));
  });
});

function seriesOf(aws: LocalAws): unknown[] {
  return received(aws)
    .map(({ name, dimensions, data }) => ({
      name,
      unit: [...new Set(data.map(({ unit }) => unit))].join(),
      dimensions,
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

function expected(names: readonly string[]): unknown[] {
  return names
    .map((name) => ({ name, unit: UNITS[name], dimensions: SERVICE }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** An application started from here has the limits that this process has. */
function isMemoryLimited(): boolean {
  const sampler = new HostSampler({ ttl: 1000, window: 60_000, environment: {} });
  sampler.stop();
  return sampler.limits().memory.source !== 'host';
}

const CPU = 'monitoring.request.process_cpu.time';
const HEAP = 'monitoring.request.heap.growth';
const DELAY = 'monitoring.request.eventloop.delay';
const IN_FLIGHT = 'monitoring.request.in_flight';

/** Nothing may be known of the loop's delay in a short request, nor of heap growth across a collection. */
const isCertain = (name: string): boolean => name === CPU || name === IN_FLIGHT;

interface Reading {
  readonly name: string;
  /** Empty where the dimensions are those of the service alone. */
  readonly route: string;
  readonly unit: string;
  readonly values: readonly number[];
}

function valuesIn({ value, values = [value ?? Number.NaN], counts }: Datum): number[] {
  return values.flatMap((each, index) => Array<number>(counts?.[index] ?? 1).fill(each));
}

function valuesOf(readings: readonly Reading[], name: string, route: string): readonly number[] {
  const reading = readings.find((each) => each.name === name && each.route === route);
  return reading?.values ?? assert.fail(`no ${name} of ${route || 'the service'}`);
}

describe('host metrics of a preloaded application', () => {
  const on = stage();

  it('arrive as the default series of the service and nothing else', async () => {
    const overrides = { MONITORING_HOST_METRICS_SAMPLE_RATIO: '0' };
    const app = on.start('resources.cjs', { env: environment(on.aws, overrides) });
    await fetch(await app.url());
    await nextCollection(on.aws);
    await until(() => received(on.aws).every(({ data }) => data.length > 1));
    const names = Object.keys(UNITS).filter((name) => name !== 'container.memory.available' || isMemoryLimited());
    assert.deepEqual(seriesOf(on.aws), expected(names));
  });

  it('have readings of all requests with a ratio of 1, CPU by route too', async () => {
    const readings = await readAll();
    assert.deepEqual(
      readings.map(({ name, unit, route, values }) => [name, unit, route, isCertain(name) && values.length]).sort(),
      [
        [CPU, 'Seconds', '', 12],
        [CPU, 'Seconds', '/grow', 5],
        [CPU, 'Seconds', '/spin/:milliseconds', 3],
        [CPU, 'Seconds', '/wait/:milliseconds', 4],
        [DELAY, 'Seconds', '', false],
        [IN_FLIGHT, 'Count', '', 12],
        [HEAP, 'Bytes', '', false],
      ].sort(),
    );
    assert.ok(Math.min(...valuesOf(readings, CPU, '/spin/:milliseconds')) > 0.055, 'the CPU that each used');
    assert.ok(Math.max(...valuesOf(readings, HEAP, '')) > 0.9 * MEBIBYTE, 'the heap that one kept');
    assert.ok(Math.max(...valuesOf(readings, DELAY, '')) > 0.01, 'one blocked the loop');
    assert.equal(Math.max(...valuesOf(readings, IN_FLIGHT, '')), 4);
  });

  it('have all readings by route where asked for', async () => {
    const sets = [CPU, HEAP, DELAY, IN_FLIGHT].map((name) => `${name}=http.route`);
    const readings = await readAll({ MONITORING_METRIC_DIMENSIONS: sets.join(';') });
    assert.equal(valuesOf(readings, CPU, '/spin/:milliseconds').length, 3);
    assert.equal(valuesOf(readings, DELAY, '/spin/:milliseconds').length, 3);
    assert.ok(Math.min(...valuesOf(readings, DELAY, '/spin/:milliseconds')) > 0.01, 'each blocked the loop');
    assert.ok(Math.max(...valuesOf(readings, HEAP, '/grow')) > 0.9 * MEBIBYTE, 'the heap that one kept');
    assert.deepEqual(valuesOf(readings, IN_FLIGHT, '/grow'), [1, 1, 1, 1, 1]);
    assert.deepEqual(valuesOf(readings, IN_FLIGHT, '/wait/:milliseconds').map(Math.round), [1, 2, 3, 4]);
  });

  /** The readings of 3 requests that use the CPU, 5 that keep memory and 4 that wait at the same time. */
  async function readAll(overrides: Record<string, string> = {}): Promise<Reading[]> {
    const env = { MONITORING_HOST_METRICS_SAMPLE_RATIO: '1', OTEL_METRIC_EXPORT_INTERVAL: '600000', ...overrides };
    const app = on.start('resources.cjs', { env: environment(on.aws, env) });
    const url = await app.url();
    for (let i = 0; i < 3; i += 1) await fetch(`${url}/spin/60`);
    for (let i = 0; i < 5; i += 1) await fetch(`${url}/grow`);
    await Promise.all(Array.from({ length: 4 }, () => fetch(`${url}/wait/300`)));
    app.kill('SIGTERM');
    await app.ended();
    return received(on.aws)
      .filter(({ name }) => name.startsWith('monitoring.request.'))
      .map(({ name, dimensions, data }) => {
        const { 'http.route': route = '', ...service } = dimensions;
        assert.deepEqual(service, SERVICE);
        return { name, route, unit: data[0]?.unit ?? '', values: data.flatMap(valuesIn).sort((a, b) => a - b) };
      });
  }
});

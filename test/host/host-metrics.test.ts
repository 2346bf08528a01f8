import assert from 'node:assert/strict';
import { PerformanceObserver } from 'node:perf_hooks';
import { diag } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  InstrumentType,
  MeterProvider,
  type MetricData,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import { type HostMetrics, type HostMetricsOptions, startHostMetrics } from '../../src/host/host-metrics.js';
import { Clock, FakeProcess, GIB, machine, Root } from './fixture.js';
import { kubernetes } from './layouts.js';

class Reader extends MetricReader {
  constructor() {
    super({
      // As the reader of the distro chooses.
      aggregationTemporalitySelector: (type) =>
        type === InstrumentType.OBSERVABLE_UP_DOWN_COUNTER
          ? AggregationTemporality.CUMULATIVE
          : AggregationTemporality.DELTA,
    });
  }

  async read(): Promise<Map<string, { unit: string; kind: string; values: number[] }>> {
    const { resourceMetrics, errors } = await this.collect();
    assert.deepEqual(errors, []);
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    return new Map(
      metrics.map((metric) => [
        metric.descriptor.name,
        {
          unit: metric.descriptor.unit,
          kind: kindOf(metric),
          values: metric.dataPoints.map(({ value }) => (typeof value === 'number' ? value : Number.NaN)),
        },
      ]),
    );
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

function kindOf(metric: MetricData): string {
  if (metric.dataPointType !== DataPointType.SUM) return DataPointType[metric.dataPointType];
  return metric.isMonotonic ? 'COUNTER' : 'UP_DOWN_COUNTER';
}

const UNITS = {
  'container.cpu.usage': '{cpu}',
  'container.cpu.utilization': '1',
  'container.memory.working_set': 'By',
  'container.memory.available': 'By',
  'container.memory.utilization': '1',
  'process.cpu.utilization': '1',
  'process.memory.usage': 'By',
  'v8js.memory.heap.used': 'By',
  'monitoring.heap.limit': 'By',
  'nodejs.eventloop.delay.mean': 's',
  'nodejs.eventloop.delay.p99': 's',
  'nodejs.eventloop.delay.max': 's',
  'nodejs.eventloop.utilization': '1',
};

describe('host: the metrics', () => {
  const clock = new Clock();
  const fake = new FakeProcess();
  const stops: (() => void)[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0)) stop();
  });

  function start(options: Partial<HostMetricsOptions> = {}): { host: HostMetrics; readers: Reader[]; root: Root } {
    const readers = [new Reader(), new Reader()];
    const provider = new MeterProvider({ readers });
    const root = new Root({ ...kubernetes, '/proc/pressure/io': 'some avg10=0 total=2000000' });
    const host = startHostMetrics({
      meter: provider.getMeter('host'),
      sampleRatio: 1,
      ttl: 1000,
      root: root.path,
      now: clock.now,
      schedule: clock.schedule,
      readers: fake.readers,
      machine: machine(16 * GIB, 8),
      ...options,
    });
    stops.push(() => {
      host.stop();
      root.remove();
    });
    return { host, readers, root };
  }

  function elapse(): void {
    fake.loop.active += 1000;
    fake.loop.idle += 59_000;
    clock.pass(60_000);
  }

  it('are the default series with their units, one point each, and no more', async () => {
    const { readers } = start();
    elapse();
    const metrics = await readers[0]?.read();
    assert.deepEqual(Object.fromEntries([...(metrics ?? [])].map(([name, { unit }]) => [name, unit])), UNITS);
    for (const [name, { values }] of metrics ?? []) assert.equal(values.length, 1, name);
  });

  it('are up-down counters where they are bytes, else gauges, as the semantic conventions 1.45 have them', async () => {
    const { readers } = start();
    elapse();
    const metrics = await readers[0]?.read();
    for (const [name, { unit, kind }] of metrics ?? [])
      assert.equal(kind, unit === 'By' ? 'UP_DOWN_COUNTER' : 'GAUGE', name);
  });

  it('are absent rather than 0 before there is a difference', async () => {
    const { readers } = start();
    const names = [...((await readers[0]?.read()) ?? new Map()).keys()];
    assert.deepEqual(names.sort(), [
      'container.memory.available',
      'container.memory.utilization',
      'container.memory.working_set',
      'monitoring.heap.limit',
      'process.memory.usage',
      'v8js.memory.heap.used',
    ]);
  });

  it('are the same for two readers, as levels even where differences are asked for', async () => {
    const { readers } = start();
    for (let round = 0; round < 2; round += 1) {
      elapse();
      const [first, second] = [await readers[0]?.read(), await readers[1]?.read()];
      assert.deepEqual(first, second);
      assert.deepEqual(first?.get('container.memory.working_set')?.values, [280_000_000]);
      assert.deepEqual(first?.get('container.cpu.usage')?.values, [0]);
    }
  });

  it('are no longer reported when they can no longer be read', async () => {
    const { host, readers, root } = start();
    elapse();
    await readers[0]?.read();
    assert.equal(host.isStale('container.memory.working_set'), false);
    root.write('/sys/fs/cgroup/memory.current', 'nonsense');
    elapse();
    const metrics = await readers[0]?.read();
    assert.equal(metrics?.has('container.memory.utilization'), false);
    assert.equal(host.isStale('container.memory.working_set'), true);
    assert.equal(host.isStale('process.memory.usage'), false);
    root.write('/sys/fs/cgroup/memory.current', '300000000');
    elapse();
    await readers[0]?.read();
    assert.equal(host.isStale('container.memory.working_set'), false);
  });

  it('include pressure when asked for', async () => {
    const { readers, root } = start({ pressure: true });
    root.write('/proc/pressure/io', 'some avg10=0 total=17000000');
    elapse();
    const metrics = await readers[0]?.read();
    assert.deepEqual(metrics?.get('monitoring.pressure.io'), { unit: '1', kind: 'GAUGE', values: [0.25] });
    assert.equal(metrics?.has('monitoring.pressure.cpu'), false);
  });

  it('end with the stop, with nothing left running', async () => {
    const { host, readers } = start();
    host.stop();
    elapse();
    const told = (await readers[0]?.read())?.keys() ?? [];
    assert.deepEqual(
      [...told].filter((name) => !host.isStale(name)),
      [],
    );
    assert.equal(clock.timerCount, 0);
  });

  it('tell the limits in force and take those of the task', () => {
    const { host } = start();
    assert.equal(host.limits().cpu.source, 'cgroup');
    host.useTaskLimits({ source: 'ecs-task', cpus: 0.125 });
    assert.deepEqual(host.limits().cpu, { cpus: 0.125, source: 'ecs-task' });
  });

  it('record garbage collections by kind when asked to', async () => {
    const { readers } = start({ gc: true });
    if (globalThis.gc === undefined) {
      const { setFlagsFromString } = await import('node:v8');
      setFlagsFromString('--expose-gc');
    }
    const { runInNewContext } = await import('node:vm');
    const collectGarbage: unknown = runInNewContext('gc');
    assert.ok(typeof collectGarbage === 'function');
    // Node tells observers in the order in which they began.
    const told = new Promise((resolve) => new PerformanceObserver(resolve).observe({ entryTypes: ['gc'] }));
    collectGarbage();
    // Node tells them in the next turn of the loop, and does not bring that turn about.
    const turning = setInterval(() => {}, 1);
    await told;
    clearInterval(turning);
    const metrics = await readers[0]?.read();
    assert.equal(metrics?.get('v8js.gc.duration')?.unit, 's');
  });

  for (const [reader, missing] of [
    ['rss', ['process.memory.usage']],
    ['cpu', ['process.cpu.utilization']],
    ['heap', ['monitoring.heap.limit', 'v8js.memory.heap.used']],
    ['loop', ['nodejs.eventloop.utilization']],
  ] as const) {
    it(`lose the figures of ${reader} alone where that can't be read, and say why`, async () => {
      const lines: string[] = [];
      const none = () => {};
      diag.setLogger({ error: none, warn: (line) => lines.push(line), info: none, debug: none, verbose: none });
      try {
        const unreadable = () => {
          throw new Error('ENOENT: no such file or directory, uv_resident_set_memory');
        };
        const { host, readers } = start({ readers: { ...fake.readers, [reader]: unreadable } });
        const [first] = readers;
        await first?.read();
        clock.pass(60_000);
        fake.loop = { active: fake.loop.active + 10_000, idle: fake.loop.idle + 50_000 };
        const read = (await first?.read())?.keys() ?? [];
        const told = new Set([...read].filter((name) => !host.isStale(name)));
        assert.deepEqual(
          Object.keys(UNITS)
            .filter((name) => !told.has(name))
            .sort(),
          [...missing],
        );
        const reading = host.readings.begin('0'.repeat(32));
        if (reading) host.readings.end(reading, { route: '/', method: 'GET' });
        assert.match(lines[0] ?? '', /^host metrics: .* can't be read: ENOENT: no such file or directory/);
      } finally {
        diag.disable();
      }
    });
  }
});

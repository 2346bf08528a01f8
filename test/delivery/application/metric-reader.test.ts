import assert from 'node:assert/strict';
import { DiagLogLevel, diag, ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  MeterProvider,
  type MetricData,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import { DeliveryMetricReader } from '../../../src/delivery/application/metric-reader.js';

const requests: ScopeMetrics = {
  scope: { name: 'requests' },
  metrics: [
    {
      descriptor: { name: 'r', description: '', unit: '1', valueType: ValueType.INT },
      aggregationTemporality: AggregationTemporality.DELTA,
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: [],
    },
  ],
};

type Views = (metric: MetricData, scope: ScopeMetrics['scope']) => MetricData[];
const asItIs: Views = (metric) => [metric];

function setUp({ fresh = true, collect = (): ScopeMetrics | undefined => requests, views = asItIs } = {}) {
  const posted: ScopeMetrics[][] = [];
  const reader = new DeliveryMetricReader({
    post: (telemetry) => void (telemetry.kind === 'metrics' && posted.push(telemetry.scopeMetrics)),
    sources: [{ collect, isFresh: () => fresh }],
    interval: 3_600_000,
    timeout: 1000,
    temporality: 'delta',
    ambientScopes: new Set(['host']),
    views,
  });
  const provider = new MeterProvider({ readers: [reader] });
  return { posted, reader, meter: provider.getMeter('app'), host: provider.getMeter('host') };
}

describe('DeliveryMetricReader', () => {
  it("hands over the application's instruments and the sources together", async () => {
    const { posted, reader, meter } = setUp();
    meter.createCounter('c').add(3);
    await reader.collectAndPost();
    assert.deepEqual(
      posted.map((scopes) => scopes.map(({ scope }) => scope.name)),
      [['app', 'requests']],
    );
  });

  it('leaves out what its scope calls stale, and hands it over again when it no longer is', async () => {
    const { posted, reader, host } = setUp({ fresh: true });
    const stale = new Set<string>();
    reader.leaveOutStale('host', (name) => stale.has(name));
    host.createObservableUpDownCounter('memory').addCallback((result) => {
      if (!stale.has('memory')) result.observe(5);
    });
    const collected = async () => {
      await reader.collectAndPost();
      return posted.at(-1)?.flatMap(({ metrics }) => metrics.map(({ descriptor }) => descriptor.name));
    };
    assert.deepEqual(await collected(), ['memory', 'r']);
    stale.add('memory');
    assert.deepEqual(await collected(), ['r']);
    stale.clear();
    assert.deepEqual(await collected(), ['memory', 'r']);
  });

  describe('of a metric that the server layer measures', () => {
    const own = (name: string): ScopeMetrics => {
      const [metric] = requests.metrics;
      assert.ok(metric);
      return { scope: { name: 'ours' }, metrics: [{ ...metric, descriptor: { ...metric.descriptor, name } }] };
    };
    const names = (posted: ScopeMetrics[][]) =>
      posted.map((scopes) =>
        scopes.flatMap(({ scope, metrics }) => metrics.map((m) => `${scope.name} ${m.descriptor.name}`)),
      );

    for (const name of ['http.server.request.duration', 'http.server.active_requests']) {
      it(`hands over ours alone when the application records ${name} itself, and says so once`, async () => {
        const said: string[] = [];
        const silent = () => undefined;
        const logger = {
          error: silent,
          warn: (text: string) => void said.push(text),
          info: silent,
          debug: silent,
          verbose: silent,
        };
        diag.setLogger(logger, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true });
        const { posted, reader, meter } = setUp({ collect: () => own(name) });
        const theirs = meter.createHistogram(name);
        const other = meter.createHistogram('other');
        for (let i = 0; i < 2; i++) {
          theirs.record(1);
          other.record(1);
          await reader.collectAndPost();
        }
        diag.disable();
        assert.deepEqual(names(posted), Array(2).fill(['app other', `ours ${name}`]));
        assert.equal(said.filter((text) => text.startsWith(`${name} is recorded by app`)).length, 1);
      });
    }

    it('hands over what views make of ours, and not what they make of the application’s double', async () => {
      const name = 'http.server.request.duration';
      const renamed: Views = (metric) => [{ ...metric, descriptor: { ...metric.descriptor, name: 'shop.requests' } }];
      const { posted, reader, meter } = setUp({ collect: () => own(name), views: renamed });
      meter.createHistogram('shop.requests').record(1);
      meter.createHistogram(name).record(1);
      await reader.collectAndPost();
      assert.deepEqual(names(posted), [['ours shop.requests']]);
    });

    it('hands over nothing of it where a view drops it', async () => {
      const { posted, reader, meter } = setUp({ collect: () => own('http.server.request.duration'), views: () => [] });
      meter.createHistogram('http.server.request.duration').record(1);
      await reader.collectAndPost();
      assert.deepEqual(posted, []);
    });

    it("hands over the application's where the layer has seen no request", async () => {
      const { posted, reader, meter } = setUp();
      meter.createHistogram('http.server.request.duration').record(1);
      await reader.collectAndPost();
      assert.deepEqual(names(posted), [['app http.server.request.duration', 'requests r']]);
    });
  });

  it('takes histograms as exponential ones, and counters as deltas', async () => {
    const { posted, reader, meter } = setUp();
    meter.createHistogram('h').record(0.25);
    const counter = meter.createCounter('c');
    counter.add(3);
    await reader.collectAndPost();
    counter.add(2);
    await reader.collectAndPost();
    const [first, second] = posted.map((scopes) => scopes[0]?.metrics ?? []);
    assert.equal(
      first?.find(({ descriptor }) => descriptor.name === 'h')?.dataPointType,
      DataPointType.EXPONENTIAL_HISTOGRAM,
    );
    assert.equal(second?.find(({ descriptor }) => descriptor.name === 'c')?.dataPoints[0]?.value, 2);
  });

  it('keeps up-down counters as levels', async () => {
    const { posted, reader, meter } = setUp();
    const level = meter.createUpDownCounter('u');
    level.add(5);
    await reader.collectAndPost();
    level.add(-2);
    await reader.collectAndPost();
    assert.equal(posted[1]?.[0]?.metrics[0]?.dataPoints[0]?.value, 3);
  });

  it('hands over the sources without waiting', () => {
    const { posted, reader } = setUp();
    reader.postSources();
    assert.deepEqual(posted, [[requests]]);
  });

  it('hands over nothing without waiting when there is no news', () => {
    const { posted, reader } = setUp({ fresh: false });
    reader.postSources();
    assert.deepEqual(posted, []);
  });

  it('collects in one turn of the event loop and hands over when that has looked for I/O', async () => {
    const { reader, meter } = setUp();
    const turns: number[] = [];
    meter.createObservableGauge('g').addCallback(() => {
      setImmediate(() => {
        turns.push(1);
        // After I/O, even where the collection was a reaction to some.
        setImmediate(() => turns.push(2));
      });
    });
    await reader.collectAndPost();
    assert.deepEqual(turns, [1, 2]);
  });

  it('hands over what is recorded during a collection with the next one, which all who ask meanwhile share', async () => {
    const { posted, reader, meter } = setUp();
    const counter = meter.createCounter('c');
    counter.add(3);
    const first = reader.collectAndPost();
    await new Promise(setImmediate);
    counter.add(2);
    const second = reader.collectAndPost();
    assert.equal(reader.collectAndPost(), second);
    await first;
    assert.equal(posted.length, 1);
    await second;
    assert.deepEqual(
      posted.map((scopes) => scopes[0]?.metrics[0]?.dataPoints[0]?.value),
      [3, 2],
    );
  });

  it('hands over without waiting what was collected, once, when the process ends between', async () => {
    const { posted, reader, meter } = setUp({ fresh: false });
    meter.createCounter('c').add(3);
    const collection = reader.collectAndPost();
    await new Promise(setImmediate);
    reader.postSources();
    const names = () => posted.map((scopes) => scopes.map(({ scope }) => scope.name));
    assert.deepEqual(names(), [['app']]);
    await collection;
    assert.deepEqual(names(), [['app'], ['requests']]);
  });

  it('goes on with the next collection where handing over one failed', async () => {
    let failing = true;
    const { posted, reader } = setUp({
      collect() {
        if (failing) throw new Error('no');
        return requests;
      },
    });
    const collections = [reader.collectAndPost(), reader.collectAndPost()];
    await collections[0];
    failing = false;
    await collections[1];
    assert.deepEqual(posted, [[requests]]);
  });

  it('still hands over the sources when a callback of the application fails', async () => {
    const { posted, reader, meter } = setUp();
    meter.createObservableGauge('g').addCallback(() => {
      throw new Error('no');
    });
    await reader.collectAndPost();
    assert.deepEqual(posted.at(-1)?.at(-1), requests);
  });

  describe('at the end of a process', () => {
    const nothing = { fresh: false, collect: () => undefined };
    const scopesOf = (posted: ScopeMetrics[][]) => posted.map((scopes) => scopes.map(({ scope }) => scope.name));

    it('hands over nothing where only the host was measured', async () => {
      const { posted, reader, host } = setUp(nothing);
      host.createObservableGauge('memory').addCallback((result) => result.observe(1));
      await reader.collectWhatWasDone();
      reader.postSources();
      assert.deepEqual(posted, []);
    });

    it('hands over the host too where the application has an instrument', async () => {
      const { posted, reader, host, meter } = setUp(nothing);
      host.createObservableGauge('memory').addCallback((result) => result.observe(1));
      meter.createCounter('c').add(3);
      await reader.collectWhatWasDone();
      assert.deepEqual(scopesOf(posted), [['app', 'host']]);
    });

    it('hands over the host too where a source has measured something', async () => {
      const { posted, reader, host } = setUp();
      host.createObservableGauge('memory').addCallback((result) => result.observe(1));
      await reader.collectWhatWasDone();
      assert.deepEqual(scopesOf(posted), [['host', 'requests']]);
    });
  });
});

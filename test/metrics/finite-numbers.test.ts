import assert from 'node:assert/strict';
import { diag, metrics } from '@opentelemetry/api';
import { MeterProvider, type ScopeMetrics } from '@opentelemetry/sdk-metrics';
import { DeliveryMetricReader } from '../../src/delivery/application/metric-reader.js';
import { takeFiniteNumbers } from '../../src/metrics/finite-numbers.js';
import type { Telemetry } from '../../src/wire/messages.js';

function setUp() {
  const posted: ScopeMetrics[][] = [];
  const reader = new DeliveryMetricReader({
    post: (telemetry: Telemetry) => {
      if (telemetry.kind === 'metrics') posted.push(telemetry.scopeMetrics);
    },
    sources: [],
    interval: 3_600_000,
    timeout: 1000,
    temporality: 'delta',
  });
  const provider = new MeterProvider({ readers: [reader] });
  takeFiniteNumbers(provider);
  const collect = async () => {
    await reader.collectAndPost();
    return posted.at(-1)?.flatMap(({ metrics }) => metrics.map(({ dataPoints }) => dataPoints[0]?.value)) ?? [];
  };
  return { meter: provider.getMeter('shop'), provider, collect };
}

describe('the meters of an application', () => {
  afterEach(() => {
    metrics.disable();
    diag.disable();
  });

  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    it(`go on counting up and down after ${bad}`, async () => {
      const lines: string[] = [];
      const none = () => {};
      diag.setLogger({ error: none, warn: (line) => lines.push(line), info: none, debug: none, verbose: none });
      const { meter, collect } = setUp();
      const counter = meter.createUpDownCounter('carts');
      counter.add(3);
      counter.add(bad);
      assert.deepEqual(await collect(), [3]);
      counter.add(-1);
      assert.deepEqual(await collect(), [2]);
      assert.deepEqual(lines, [`carts: not counted, a measurement must be a finite number and not ${bad}`]);
    });
  }

  it('take no NaN into a sum or a histogram', async () => {
    const { meter, collect } = setUp();
    meter.createCounter('orders').add(2);
    meter.createCounter('orders').add(Number.NaN);
    const histogram = meter.createHistogram('prices');
    histogram.record(4);
    histogram.record(Number.NaN);
    const [orders, prices] = await collect();
    assert.equal(orders, 2);
    assert.deepEqual([(prices as { count: number }).count, (prices as { sum: number }).sum], [1, 4]);
  });

  it('are guarded once, however often they are asked for', async () => {
    const { provider, meter, collect } = setUp();
    assert.equal(provider.getMeter('shop'), meter);
    provider.getMeter('shop').createCounter('orders').add(1);
    assert.deepEqual(await collect(), [1]);
  });
});

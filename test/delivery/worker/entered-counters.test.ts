import assert from 'node:assert/strict';
import { DeliveryQueue } from '../../../exporters/aws/delivery-queue.js';
import { SelfCounters } from '../../../exporters/aws/self-counters.js';
import { LossNotices } from '../../../src/delivery/loss-notices.js';
import { EnteredCounters } from '../../../src/delivery/worker/destinations.js';
import { Ledger } from '../../../src/wire/ledger.js';
import { queueSurroundings } from '../../exporters/aws/queue-surroundings.js';
import { loadClientFirst, start } from '../../exporters/cloudwatch-metrics/started-exporter.js';

describe('counters that the ledger knows', () => {
  loadClientFirst();
  const application = () => new Ledger('application');
  const workerOf = (ledger: Ledger) =>
    new EnteredCounters(new LossNotices(new Ledger('worker', ledger.buffer), () => {}));
  const droppedOf = (counters: SelfCounters) =>
    counters
      .readings()
      .filter(({ name }) => name === 'dropped')
      .map(({ signal, reason, value }) => `${value} ${signal} ${reason}`);

  it('tell what the application’s thread has lost, and what the exporters have', () => {
    const ledger = application();
    const counters = workerOf(ledger);
    counters.add('dropped', 'traces', 'refused', 2);
    ledger.lost('traces', 'overflow', 5);
    assert.deepEqual(droppedOf(counters).sort(), ['2 traces refused', '5 traces overflow']);
  });

  it('tell after a worker that ended what it took with it, and nothing a second time', () => {
    const ledger = application();
    const first = workerOf(ledger);
    first.add('dropped', 'traces', 'refused', 2);
    first.published(first.readings());
    first.add('dropped', 'traces', 'refused', 1);
    ledger.lost('metrics', 'worker_ended', 7);
    assert.deepEqual(droppedOf(workerOf(ledger)).sort(), ['1 traces refused', '7 metrics worker_ended']);
    assert.deepEqual(ledger.entry('traces').lost, { refused: 3 });
  });

  it('are metrics in CloudWatch, each loss once, whatever worker tells it', async () => {
    const ledger = application();
    const tell = async () => {
      const { fake, exporter, send, ones } = start(undefined, { counters: workerOf(ledger) });
      send(ones(1));
      await exporter.forceFlush();
      return fake.accepted
        .filter(({ MetricName }) => MetricName === 'monitoring.exporter.dropped')
        .map(({ Value, Dimensions }) => [Value, ...Dimensions.slice(2).map((dimension) => dimension.Value)]);
    };
    ledger.lost('traces', 'overflow', 5);
    assert.deepEqual(await tell(), [[5, 'traces', 'overflow']]);
    ledger.lost('logs', 'worker_ended', 2);
    assert.deepEqual(await tell(), [[2, 'logs', 'worker_ended']]);
    assert.deepEqual(await tell(), []);
  });

  for (const [whose, make, expected] of [
    ['of an exporter on its own are lines of its queue', () => new SelfCounters(), 1],
    ['are lines of the ledger, and none of the queue', () => workerOf(application()), 0],
  ] as const) {
    it(`${whose}, when the queue is full`, async () => {
      const { options, lines } = queueSurroundings();
      const queue = new DeliveryQueue<number>({
        ...options,
        counters: make(),
        signal: 'traces',
        limits: { maxItems: 1, maxBytes: 1000, maxAge: 1000 },
        cut: () => 1,
        send: () => new Promise(() => {}),
        concurrency: 0,
      });
      const now = options.clock.now();
      void queue.offer([1, 2].map((value) => ({ value, bytes: 1, time: now })));
      assert.equal(lines.filter((line) => line.includes('is full')).length, expected);
    });
  }
});

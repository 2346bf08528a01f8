import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Span } from '../../src/studio/otlp-model.js';
import { Fifo } from '../../src/studio/store/fifo.js';
import { Ledger } from '../../src/studio/store/ledger.js';
import { LogGroup, LogStream } from '../../src/studio/store/log-groups.js';
import { Ring } from '../../src/studio/store/ring.js';
import { Store } from '../../src/studio/store/store.js';

const datum = (arrived: number) =>
  ({ timestamp: arrived, arrived, unit: 'None', resolution: 60, value: arrived }) as const;

const span = (trace: number, id: number): Span => ({
  receiver: 'otlp',
  resource: {},
  scope: { name: '', attributes: {} },
  arrived: 0,
  traceId: trace.toString(16).padStart(32, '0'),
  spanId: id.toString(16).padStart(16, '0'),
  flags: 1,
  name: 'x'.repeat(100),
  kind: 1,
  startTimeUnixNano: '0',
  endTimeUnixNano: '0',
  attributes: {},
  droppedAttributesCount: 0,
  events: [],
  links: [],
  status: { code: 0 },
});

describe('Fifo', () => {
  it('behaves as an array that is pushed to and shifted', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer(), { nil: undefined }), { maxLength: 3000, size: 'max' }), (steps) => {
        const fifo = new Fifo<number>();
        const model: number[] = [];
        for (const step of steps) {
          if (step === undefined) assert.equal(fifo.shift(), model.shift());
          else {
            fifo.push(step);
            model.push(step);
          }
        }
        assert.deepEqual(fifo.toArray(), model);
        assert.equal(fifo.length, model.length);
        assert.equal(fifo.at(0), model[0]);
        assert.equal(fifo.at(-1), model.at(-1));
        assert.equal(fifo.at(model.length), undefined);
      }),
      { numRuns: 50 },
    );
  });

  it('lets go of what left it', () => {
    const fifo = new Fifo<number>();
    for (let index = 0; index < 10_000; index += 1) {
      fifo.push(index);
      if (fifo.length > 10) fifo.shift();
    }
    assert.deepEqual(fifo.toArray(), [9990, 9991, 9992, 9993, 9994, 9995, 9996, 9997, 9998, 9999]);
  });
});

describe('Ring', () => {
  it('keeps the last items and counts the others', () => {
    const ring = new Ring<number>(3);
    for (const item of [1, 2, 3, 4, 5]) ring.push(item);
    assert.deepEqual(ring.list(), [3, 4, 5]);
    assert.equal(ring.dropped, 2);
  });
});

describe('Ledger', () => {
  it('fills to its last byte and evicts the oldest at the next', () => {
    const ledger = new Ledger(100);
    const dropped: string[] = [];
    const owner = (name: string) => ({ dropOldest: () => dropped.push(name) });
    ledger.add('datums', 60, owner('first'));
    ledger.add('spans', 40, owner('second'));
    assert.deepEqual(dropped, []);
    assert.equal(ledger.bytes, 100);
    ledger.add('events', 1, owner('third'));
    assert.deepEqual(dropped, ['first']);
    assert.equal(ledger.bytes, 41);
    assert.equal(ledger.evicted.datums, 1);
    assert.equal(ledger.held.datums, 0);
  });

  it('drops an item that alone exceeds the budget', () => {
    const ledger = new Ledger(100);
    let dropped = 0;
    ledger.add('events', 101, { dropOldest: () => (dropped += 1) });
    assert.equal(dropped, 1);
    assert.equal(ledger.bytes, 0);
  });

  it('gives things that stay a quarter of the budget', () => {
    const ledger = new Ledger(100);
    assert.equal(ledger.hasRoomToStand(25), true);
    assert.equal(ledger.hasRoomToStand(26), false);
  });
});

describe('Store', () => {
  const MAX = 100_000;

  it('never holds more than its budget, and evicts the oldest first over all kinds', () => {
    const store = new Store(MAX);
    const group = new LogGroup('g', 0, 'STANDARD', {});
    const stream = new LogStream('s', 0);
    assert.ok(store.logs.createGroup(group) && store.logs.createStream(group, stream));
    for (let index = 0; index < 3000; index += 1) {
      store.metrics.put('N', 'm', [{ name: 'i', value: String(index % 7) }], datum(index));
      store.traces.add(span(Math.floor(index / 3), index + 1));
      store.logs.append(stream, index, `message ${index}`, index);
      assert.ok(store.ledger.bytes <= MAX);
    }
    const { held, evicted } = store.summary();
    for (const kind of ['datums', 'spans', 'events'] as const) {
      assert.equal(held[kind] + evicted[kind], 3000, kind);
      assert.ok(held[kind] > 50, kind);
    }
    const spread = Math.max(held.datums, held.spans, held.events) - Math.min(held.datums, held.spans, held.events);
    assert.ok(spread <= 1, JSON.stringify(held));
    const oldest = Math.min(...store.metrics.list().map((series) => series.data.at(0)?.arrived ?? 0));
    assert.equal(oldest, 3000 - held.datums);
    assert.equal(store.traces.spans().length, held.spans);
    assert.equal(stream.size, held.events);
  });

  it('forgets a series and a trace with the last of their data', () => {
    const store = new Store(MAX);
    for (let index = 0; index < 2000; index += 1) {
      store.metrics.put('N', `m${index}`, [], datum(index));
      store.traces.add(span(index, 1));
    }
    assert.equal(store.metrics.size, store.ledger.held.datums);
    assert.equal(store.traces.size, store.ledger.held.spans);
    assert.ok(store.ledger.bytes <= MAX);
  });

  it('refuses more log groups than a quarter of the budget holds', () => {
    const store = new Store(MAX);
    let created = 0;
    while (store.logs.createGroup(new LogGroup(`g${created}`, 0, 'STANDARD', {}))) created += 1;
    assert.ok(created > 10 && created < MAX / 4 / 500, String(created));
    const [first] = store.logs.groups.values();
    assert.ok(first !== undefined);
    store.logs.deleteGroup(first);
    assert.equal(store.logs.createGroup(new LogGroup('again', 0, 'STANDARD', {})), true);
  });

  it('is empty after it was cleared, but keeps groups and dashboards', () => {
    const store = new Store(MAX);
    const group = new LogGroup('g', 0, 'STANDARD', {});
    const stream = new LogStream('s', 0);
    store.logs.createGroup(group);
    store.logs.createStream(group, stream);
    store.dashboards.put('d', { body: '{}', lastModified: 0 });
    const before = store.ledger.bytes;
    store.metrics.put('N', 'm', [], datum(1));
    store.traces.add(span(1, 1));
    store.logs.append(stream, 0, 'x', 0);
    store.clear();
    assert.equal(store.ledger.bytes, before);
    assert.deepEqual(store.summary().held, { datums: 0, points: 0, spans: 0, events: 0, records: 0 });
    assert.equal(stream.size, 0);
    assert.equal(store.logs.groups.size, 1);
    assert.equal(store.dashboards.list().length, 1);
  });

  it('gives back the bytes of documents that are replaced and deleted', () => {
    const store = new Store(MAX);
    store.dashboards.put('d', { body: 'x'.repeat(1000), lastModified: 0 });
    const once = store.ledger.bytes;
    store.dashboards.put('d', { body: 'y'.repeat(1000), lastModified: 0 });
    assert.equal(store.ledger.bytes, once);
    store.dashboards.delete('d');
    store.dashboards.delete('d');
    assert.equal(store.ledger.bytes, 0);
  });
});

describe('A body in flight', () => {
  it('counts against the budget, and pushes out older data until it is released', () => {
    const ledger = new Ledger(100);
    let dropped = 0;
    ledger.add('events', 60, { dropOldest: () => (dropped += 1) });
    const hold = ledger.hold();
    assert.equal(hold.grow(40), true);
    assert.deepEqual([ledger.bytes, ledger.inFlight, dropped], [100, 40, 0]);
    assert.equal(hold.grow(1), true);
    assert.deepEqual([ledger.bytes, dropped], [41, 1]);
    hold.release();
    hold.release();
    assert.deepEqual([ledger.bytes, ledger.inFlight], [0, 0]);
  });

  it('waits for others at half of the budget, and may be longer when it is alone', () => {
    const ledger = new Ledger(100);
    const [first, second] = [ledger.hold(), ledger.hold()];
    assert.equal(first.grow(30), true);
    assert.equal(second.grow(20), true);
    assert.equal(second.grow(1), false);
    second.release();
    assert.equal(first.grow(70), true, 'alone');
  });
});

import assert from 'node:assert/strict';
import {
  DeliveryQueue,
  type DeliveryQueueOptions,
  MAX_ISOLATION_REQUESTS_A_MINUTE,
  MAX_OVERDUE,
  MAX_PROBE_DELAY,
  MIN_PATIENCE,
  OVERDUE_AFTER,
  PROBE_TIMEOUT,
  SMALL_ITEM,
} from '../../../exporters/aws/delivery-queue.js';
import { HttpError } from '../../../exporters/aws/errors.js';
import { type Item, prefixWithin } from '../../../exporters/aws/item.js';
import { noteWritten } from '../../../exporters/aws/unanswered.js';
import { queueSurroundings } from './queue-surroundings.js';

const HOUR = 3_600_000;
const BATCH = 10;

/**
 * - `answer`: takes the batch.
 * - `hang`: takes nothing and never answers.
 * - `take and hang`, `take and reset`: takes the batch, and nobody is told.
 * - `away`: no connection is made in time.
 */
type Behaviour = 'answer' | 'hang' | 'take and hang' | 'take and reset' | 'away' | Error;

const reset = () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });

/** A queue, and an endpoint that behaves as `behave` says of each request. */
function start(
  behave: (request: number, batch: readonly number[]) => Behaviour,
  options: Partial<DeliveryQueueOptions<number>> = {},
) {
  const { clock, counters, lines, options: surroundings } = queueSurroundings();
  const requests: (readonly number[])[] = [];
  const taken: number[] = [];
  const probes: number[] = [];
  const endpoint = { answersProbes: true };
  const never = () => new Promise<undefined>(() => {});
  const queue = new DeliveryQueue<number>({
    ...surroundings,
    signal: 'metrics',
    limits: { maxItems: 2000, maxBytes: 1e9, maxAge: 2 * HOUR },
    cut: (items) => prefixWithin(items, { maxItems: BATCH, maxBytes: 1e9 }),
    send: async (batch, signal) => {
      requests.push(batch);
      const behaviour = behave(requests.length, batch);
      if (behaviour === 'away') return never();
      noteWritten(signal);
      if (behaviour instanceof Error) throw behaviour;
      if (behaviour !== 'hang') taken.push(...batch);
      if (behaviour === 'take and reset') throw reset();
      return behaviour === 'answer' ? undefined : never();
    },
    probe: async () => {
      probes.push(clock.now());
      if (!endpoint.answersProbes) await never();
    },
    ...options,
  });
  const items = (count: number, from = 0, bytes = 1): Item<number>[] =>
    Array.from({ length: count }, (_, i) => ({ value: from + i, time: clock.now(), bytes }));
  const lost = () => counters.total('dropped');
  return { clock, counters, endpoint, requests, taken, probes, lines, queue, items, lost };
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
const inOrder = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const times = (value: number, values: readonly number[]) => values.filter((other) => other === value).length;

describe('a request that gets no answer', () => {
  it('costs a connection, and the others go on when the endpoint answers a probe', async () => {
    const { queue, taken, probes, clock, items } = start((request) => (request <= 2 ? 'hang' : 'answer'));
    void queue.offer(items(60));
    await clock.advance(OVERDUE_AFTER - 1);
    assert.deepEqual([taken.length, probes.length], [0, 0]);
    await clock.advance(1);
    assert.deepEqual([taken.length, probes.length], [40, 1]);
  });

  it('is told as kept to who offered its items once it is overdue', async () => {
    const { queue, clock, items } = start(() => 'hang');
    const offered = queue.offer(items(3));
    await clock.advance(OVERDUE_AFTER);
    assert.deepEqual(await offered, { accepted: 0, queued: 3, dropped: 0 });
  });

  it('is joined by a bounded number of others', async () => {
    const { queue, requests, clock, items } = start(() => 'hang', { concurrency: 2 });
    void queue.offer(items(100));
    await clock.advance(9_999);
    assert.equal(requests.length, 2 + MAX_OVERDUE);
  });

  it('that is answered late is a success like any other', async () => {
    let answer: (value: undefined) => void = () => {};
    const late = new Promise<undefined>((resolve) => {
      answer = resolve;
    });
    const { queue, counters, clock, items } = start(() => 'answer', { send: () => late });
    void queue.offer(items(3));
    await clock.advance(9_999);
    answer(undefined);
    await clock.settle();
    assert.equal(counters.total('sent'), 3);
  });

  it('loses nothing, and repeats nothing, at an endpoint that hangs for less than the age limit', async () => {
    for (const [hang, repeats] of [
      [45_000, 1],
      [HOUR, 1],
      [HOUR, Number.POSITIVE_INFINITY],
    ] as const) {
      let hangs = true;
      const { queue, endpoint, requests, taken, clock, items, lost } = start(() => (hangs ? 'hang' : 'answer'), {
        unansweredRepeats: repeats,
      });
      endpoint.answersProbes = false;
      void queue.offer(items(35));
      await clock.advance(30_000);
      void queue.offer(items(35, 35));
      await clock.advance(hang - 30_000);
      hangs = false;
      endpoint.answersProbes = true;
      const before = requests.length;
      await clock.advance(MAX_PROBE_DELAY + PROBE_TIMEOUT + 1000);
      assert.deepEqual(inOrder(taken), numbers(70), `${hang} ms`);
      assert.equal(lost(), 0);
      assert.equal(before, 2, 'requests risked on an endpoint that hangs');
    }
  });

  it('has the endpoint asked at growing distances, and then every ten seconds at most', async () => {
    const { queue, endpoint, probes, clock, items } = start(() => 'hang', { random: () => 0.999 });
    endpoint.answersProbes = false;
    void queue.offer(items(30));
    await clock.advance(HOUR);
    const distances = probes.slice(1).map((time, index) => time - (probes[index] ?? 0));
    assert.ok(
      distances.every((distance) => distance <= MAX_PROBE_DELAY + PROBE_TIMEOUT),
      distances.join(),
    );
    assert.ok(probes.length < HOUR / MAX_PROBE_DELAY, String(probes.length));
  });

  it('is repeated once for metrics, one item at a time, though the endpoint resets each and takes it', async () => {
    const { queue, taken, counters, clock, items } = start((request) => (request <= 5 ? 'take and reset' : 'answer'));
    void queue.offer(items(6));
    await clock.advance(300_000);
    for (const value of numbers(6)) assert.ok(times(value, taken) <= 2, `${value}: ${times(value, taken)} times`);
    assert.equal(counters.total('dropped', 'metrics', 'unanswered'), 4);
    assert.equal(counters.total('sent'), 2);
    assert.equal(queue.status().items, 0);
  });

  it('is repeated as often as allowed and not once more', async () => {
    for (const repeats of [0, 1, 2, 9]) {
      const { queue, taken, counters, clock, items } = start(() => 'take and reset', { unansweredRepeats: repeats });
      void queue.offer(items(1));
      await clock.advance(HOUR);
      assert.equal(taken.length, repeats + 1);
      assert.equal(counters.total('dropped', 'metrics', 'unanswered'), 1);
    }
  });

  it('is repeated to the age limit for what has an id', async () => {
    const { queue, counters, lost, clock, items } = start(() => 'take and reset', {
      unansweredRepeats: Number.POSITIVE_INFINITY,
      limits: { maxItems: 100, maxBytes: 1e6, maxAge: HOUR },
    });
    void queue.offer(items(1));
    await clock.advance(HOUR);
    assert.equal(lost(), 0);
    await clock.advance(61_000);
    assert.equal(counters.total('dropped', 'metrics', 'expired'), 1);
  });

  it('is known not to have been taken when no connection was given its bytes: it waits to the age limit', async () => {
    let away = true;
    const { queue, counters, taken, lost, clock, items } = start(() => (away ? 'away' : 'answer'));
    void queue.offer(items(20));
    await clock.advance(HOUR);
    assert.equal(lost(), 0);
    assert.equal(counters.total('failed', 'metrics', 'unanswered'), 0);
    away = false;
    await clock.advance(120_000);
    assert.deepEqual(inOrder(taken), numbers(20));
  });

  it('lets no doubt remain once something else is answered, be it a refusal', async () => {
    let hangs = true;
    const { queue, endpoint, taken, clock, items } = start((request) => {
      if (request === 1) return 'hang';
      return hangs ? new HttpError(503, 'away') : 'answer';
    });
    void queue.offer(items(1));
    await clock.advance(OVERDUE_AFTER);
    void queue.offer(items(1, 1));
    await clock.settle();
    endpoint.answersProbes = false;
    hangs = false;
    await clock.advance(5000);
    assert.deepEqual(taken, [1]);
  });

  it('says how many items may have been taken, and what becomes of them', async () => {
    const { queue, lines, clock, items } = start(() => 'take and reset');
    void queue.offer(items(3));
    await clock.settle();
    assert.deepEqual(lines, [
      'test: ECONNRESET: socket hang up (3 items may have been taken, they are sent again when the endpoint answers)',
    ]);
  });
});

describe('a flush', () => {
  it('gives up what hangs after half of its time, and sends it in the other half', async () => {
    const { queue, requests, taken, clock, items } = start((request) => (request === 1 ? 'hang' : 'answer'));
    void queue.offer(items(5));
    const flushed = queue.flush(5000);
    await clock.advance(2499);
    assert.equal(requests.length, 1);
    await clock.advance(2501);
    assert.equal(await flushed, true);
    assert.deepEqual(inOrder(taken), numbers(5));
  });

  it('gives up at once what has hung for longer than that', async () => {
    const { queue, taken, clock, items } = start((request) => (request <= 2 ? 'hang' : 'answer'));
    void queue.offer(items(40));
    await clock.advance(6000);
    const flushed = queue.flush(5000);
    await clock.advance(1000);
    assert.equal(await flushed, true);
    assert.deepEqual(inOrder(taken), numbers(40));
  });

  it('gives a request a second at least', async () => {
    const { queue, requests, counters, clock, items } = start(() => 'hang');
    void queue.offer(items(5));
    void queue.flush(1500);
    await clock.advance(MIN_PATIENCE - 1);
    assert.equal(counters.total('failed'), 0);
    await clock.advance(1);
    assert.equal(counters.total('failed'), 1);
    assert.equal(requests.length, 1);
  });

  it('that is shorter than a second gives nothing up', async () => {
    const { queue, counters, clock, items } = start(() => 'hang');
    void queue.offer(items(5));
    const flushed = queue.flush(250);
    await clock.advance(250);
    assert.equal(await flushed, false);
    await clock.advance(5000);
    assert.equal(counters.total('failed'), 0);
  });

  it('risks nothing on an endpoint that answers no probe', async () => {
    const { queue, endpoint, requests, lost, clock, items } = start(() => 'hang');
    endpoint.answersProbes = false;
    void queue.offer(items(50));
    const flushed = queue.flush(5000);
    await clock.advance(5000);
    assert.equal(await flushed, false);
    assert.equal(requests.length, 2);
    assert.equal(lost(), 0);
  });

  it('that ends in a shutdown leaves no timer behind', async () => {
    const { queue, endpoint, counters, clock, items } = start(() => 'hang');
    endpoint.answersProbes = false;
    void queue.offer(items(50));
    const ended = queue.shutdown(3000);
    await clock.advance(3000);
    assert.equal(await ended, false);
    assert.equal(counters.total('dropped', 'metrics', 'shutdown'), 50);
    assert.equal(clock.pending, 0);
  });
});

describe('an endpoint that refuses everything for its size', () => {
  it('is asked with few requests, and loses nothing that is small, until it is mended', async () => {
    let refuses = true;
    const { queue, requests, taken, lost, clock, items } = start(() =>
      refuses ? new HttpError(413, 'too large') : 'answer',
    );
    void queue.offer(items(900));
    await clock.advance(6000);
    assert.ok(requests.length <= 15, `${requests.length} requests`);
    refuses = false;
    await clock.advance(60_000);
    assert.equal(lost(), 0);
    assert.deepEqual(inOrder(taken), numbers(900));
  });

  it('keeps a single item up to the size that no service refuses, and drops the next larger one', async () => {
    for (const [bytes, dropped] of [
      [SMALL_ITEM - 1, 0],
      [SMALL_ITEM, 1],
    ] as const) {
      const { queue, items } = start(() => new HttpError(413, 'too large'));
      const outcome = await queue.offer(items(1, 0, bytes));
      assert.equal(outcome.dropped, dropped, `${bytes} bytes`);
    }
  });
});

describe('a search for bad items', () => {
  it('spends a bounded number of requests a minute, and keeps what it can not search', async () => {
    const { queue, counters, requests, clock, items } = start(() => new HttpError(400, 'bad'), {
      cut: (all) => Math.min(all.length, 64),
    });
    void queue.offer(items(640));
    await clock.advance(59_000);
    const refused = counters.total('failed', 'metrics', 'refused');
    assert.ok(refused > MAX_ISOLATION_REQUESTS_A_MINUTE, String(refused));
    // A batch that can't be searched is one request for each pause.
    assert.ok(requests.length <= MAX_ISOLATION_REQUESTS_A_MINUTE + 15, `${requests.length} requests`);
    assert.ok(queue.status().items > 0);
    await clock.advance(10 * 60_000);
    assert.equal(queue.status().items, 0);
    assert.equal(counters.total('dropped', 'metrics', 'refused'), 640);
  });
});

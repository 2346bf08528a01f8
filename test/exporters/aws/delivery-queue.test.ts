import assert from 'node:assert/strict';
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { isTracingSuppressed } from '@opentelemetry/core';
import { MAX_DELAY } from '../../../exporters/aws/backoff.js';
import type { DeliveryQueueOptions } from '../../../exporters/aws/delivery-queue.js';
import { DeliveryQueue, MAX_ISOLATION_REQUESTS, SMALL_ITEM } from '../../../exporters/aws/delivery-queue.js';
import { HttpError } from '../../../exporters/aws/errors.js';
import { type Item, prefixWithin, type Refusal } from '../../../exporters/aws/item.js';
import { SelfCounters } from '../../../exporters/aws/self-counters.js';
import { noteWritten } from '../../../exporters/aws/unanswered.js';
import { queueSurroundings } from './queue-surroundings.js';

type Answer = undefined | Error | readonly Refusal[] | Promise<undefined>;

const never = () => new Promise<undefined>(() => {});

function start(
  answer: (batch: readonly number[], request: number) => Answer = () => undefined,
  options: Partial<DeliveryQueueOptions<number>> = {},
) {
  const { clock, counters, lines, options: surroundings } = queueSurroundings();
  const requests: (readonly number[])[] = [];
  const signals: AbortSignal[] = [];
  const queue = new DeliveryQueue<number>({
    ...surroundings,
    signal: 'metrics',
    limits: { maxItems: 100, maxBytes: 1000, maxAge: 3_600_000 },
    cut: (items) => prefixWithin(items, { maxItems: 10, maxBytes: 1e6 }),
    send: async (batch, signal) => {
      requests.push(batch);
      signals.push(signal);
      noteWritten(signal);
      const result = await answer(batch, requests.length);
      if (result instanceof Error) throw result;
      return result;
    },
    ...options,
  });
  const items = (count: number, from = 0, time = clock.now()): Item<number>[] =>
    Array.from({ length: count }, (_, i) => ({ value: from + i, time, bytes: 1 }));
  return { clock, counters, requests, signals, lines, queue, items };
}

describe('DeliveryQueue', () => {
  it('sends what is offered, oldest first, in the batches that cut makes', async () => {
    const { queue, requests, counters, items } = start();
    const offered = await queue.offer(items(25));
    assert.deepEqual(
      requests.map((batch) => batch.length),
      [10, 10, 5],
    );
    assert.deepEqual(
      requests.flat(),
      Array.from({ length: 25 }, (_, i) => i),
    );
    assert.deepEqual(offered, { accepted: 25, queued: 0, dropped: 0 });
    assert.equal(counters.total('sent', 'metrics'), 25);
  });

  it('has no more requests under way than allowed', async () => {
    const { queue, requests, clock, items } = start(never);
    void queue.offer(items(35));
    await clock.settle();
    assert.equal(requests.length, 2);
    assert.equal(queue.status().inFlight, 2);
  });

  it('is told at once that nothing was offered', async () => {
    const { queue, requests } = start();
    assert.deepEqual(await queue.offer([]), { accepted: 0, queued: 0, dropped: 0 });
    assert.equal(requests.length, 0);
  });

  it('sends with tracing suppressed, also from its timers', async () => {
    const manager = new AsyncLocalStorageContextManager().enable();
    context.setGlobalContextManager(manager);
    try {
      const suppressed: boolean[] = [];
      const { queue, clock, items } = start((_batch, request) => {
        suppressed.push(isTracingSuppressed(context.active()));
        return request === 1 ? new HttpError(503, 'away') : undefined;
      });
      await context.with(ROOT_CONTEXT, () => queue.offer(items(1)));
      await clock.advance(1000);
      assert.deepEqual(suppressed, [true, true]);
    } finally {
      context.disable();
    }
  });

  for (const [name, error] of [
    ['a server error', new HttpError(500, 'fault')],
    ['throttling', new HttpError(429, 'slow down')],
    ['a refused connection', Object.assign(new Error('x'), { code: 'ECONNREFUSED' })],
    ['a denial', new HttpError(403, 'no')],
  ] as const) {
    it(`keeps what ${name} stopped and sends it later, once`, async () => {
      const { queue, requests, counters, clock, items } = start((_batch, request) =>
        request === 1 ? error : undefined,
      );
      const offered = await queue.offer(items(3));
      assert.deepEqual(offered, { accepted: 0, queued: 3, dropped: 0 });
      assert.equal(queue.status().items, 3);
      await clock.advance(MAX_DELAY);
      assert.deepEqual(requests, [
        [0, 1, 2],
        [0, 1, 2],
      ]);
      assert.equal(counters.total('sent'), 3);
      assert.equal(counters.total('failed'), 1);
      assert.equal(counters.total('retries'), 1);
      assert.equal(queue.status().items, 0);
    });
  }

  it('waits as long as the service asks', async () => {
    const { queue, requests, clock, items } = start((_batch, request) =>
      request === 1 ? new HttpError(429, 'slow down', { 'retry-after': '90' }) : undefined,
    );
    await queue.offer(items(1));
    await clock.advance(89_999);
    assert.equal(requests.length, 1);
    await clock.advance(1);
    assert.equal(requests.length, 2);
  });

  it('does not wait for a clock that was set back', async () => {
    let now = Date.UTC(2026, 10, 22);
    const wakes: (() => void)[] = [];
    const { queue, requests, items } = start(
      (_batch, request) => (request === 1 ? new HttpError(503, 'away') : undefined),
      {
        clock: {
          now: () => now,
          after: (_delay, run) => {
            wakes.push(run);
            return () => {};
          },
        },
      },
    );
    await queue.offer(items(1, 0, now));
    now -= 3_600_000;
    for (const wake of wakes.slice(-1)) wake();
    assert.equal(requests.length, 2);
  });

  it('tries with one request after a failure and with all again after a success', async () => {
    let away = true;
    const { queue, requests, clock, items } = start(() => (away ? new HttpError(503, 'away') : never()));
    await queue.offer(items(40));
    const during = requests.length;
    await clock.advance(1);
    away = false;
    await clock.advance(5000);
    assert.equal(requests.length - during, 1);
  });

  it('does not send while it waits, and says so to who offers', async () => {
    const { queue, requests, clock, items } = start(() => new HttpError(503, 'away'));
    await queue.offer(items(1));
    assert.deepEqual(await queue.offer(items(2, 1)), { accepted: 0, queued: 2, dropped: 0 });
    assert.equal(requests.length, 1);
    assert.equal(queue.status().nextAttempt, clock.now() + 250);
    assert.match(queue.status().trouble ?? '', /HTTP 503: away/);
  });

  it('ends a request that hangs, and repeats its items once, one at a time', async () => {
    const { queue, requests, counters, signals, clock, items } = start(never);
    const offered = queue.offer(items(3));
    await clock.advance(9_999);
    assert.equal(signals[0]?.aborted, false);
    await clock.advance(1);
    assert.equal(signals[0]?.aborted, true);
    assert.deepEqual(await offered, { accepted: 0, queued: 3, dropped: 0 });
    await clock.advance(120_000);
    assert.deepEqual(requests.slice(0, 3), [[0, 1, 2], [0], [1]]);
    assert.ok(counters.total('dropped', 'metrics', 'unanswered') >= 1);
  });

  it('repeats unanswered items as often as told', async () => {
    const { queue, counters, clock, items } = start(never, { unansweredRepeats: Number.POSITIVE_INFINITY });
    void queue.offer(items(3));
    await clock.advance(600_000);
    assert.equal(counters.total('dropped'), 0);
    assert.equal(queue.status().items, 3);
  });

  it('does not count an answer that comes after the deadline', async () => {
    let answer: (value: undefined) => void = () => {};
    const late = new Promise<undefined>((resolve) => {
      answer = resolve;
    });
    const { queue, counters, clock, items } = start((_batch, request) => (request === 1 ? late : never()));
    void queue.offer(items(3));
    await clock.advance(10_000);
    answer(undefined);
    await clock.settle();
    assert.equal(counters.total('sent'), 0);
  });

  it('halves a batch that is too large, and drops the item that alone is too large', async () => {
    const { queue, requests, counters, items } = start(
      (batch) => (batch.includes(5) ? new HttpError(413, 'too large') : undefined),
      { limits: { maxItems: 100, maxBytes: 1e6, maxAge: 3_600_000 } },
    );
    const offered = await queue.offer(items(8).map((item) => ({ ...item, bytes: SMALL_ITEM })));
    assert.deepEqual(offered, { accepted: 7, queued: 0, dropped: 1, reason: 'too_large' });
    assert.equal(counters.total('dropped', 'metrics', 'too_large'), 1);
    assert.deepEqual(
      requests.map((batch) => batch.length),
      [8, 4, 4, 2, 1, 1, 2],
    );
  });

  it('drops the item that a refusal names, and sends the rest again', async () => {
    const { queue, requests, counters, items } = start(
      (batch) => (batch.includes(4) ? new HttpError(400, 'item 4') : undefined),
      { culprits: (failure, batch) => [batch.indexOf(Number(failure.message.slice(5)))] },
    );
    const offered = await queue.offer(items(8));
    assert.deepEqual(offered, { accepted: 7, queued: 0, dropped: 1, reason: 'refused' });
    assert.deepEqual(requests, [
      [0, 1, 2, 3, 4, 5, 6, 7],
      [0, 1, 2, 3, 5, 6, 7],
    ]);
    assert.equal(counters.total('dropped', 'metrics', 'refused'), 1);
  });

  it('finds the refused item by halving when nothing names it', async () => {
    const lost: unknown[] = [];
    const { queue, requests, items } = start((batch) => (batch.includes(6) ? new HttpError(400, 'bad') : undefined), {
      onDrop: (value, reason) => lost.push([value, reason]),
    });
    const offered = await queue.offer(items(10));
    assert.equal(offered.accepted, 9);
    assert.deepEqual(lost, [[6, 'refused']]);
    // log2(10) rounded up, two requests each, and the first.
    assert.ok(requests.length <= 9, `${requests.length} requests`);
  });

  it('halves as well when the refusal names an item that is not there', async () => {
    const { queue, items } = start((batch) => (batch.includes(6) ? new HttpError(400, 'bad') : undefined), {
      culprits: () => [99],
    });
    assert.equal((await queue.offer(items(10))).accepted, 9);
  });

  it('spends a bounded number of requests on a batch that is refused through and through', async () => {
    const { queue, requests, counters, items } = start(() => new HttpError(400, 'bad'), {
      cut: (all) => all.length,
      limits: { maxItems: 2000, maxBytes: 2000, maxAge: 1e9 },
    });
    const offered = await queue.offer(items(1000));
    assert.equal(offered.dropped, 1000);
    assert.equal(counters.total('dropped', 'metrics', 'refused'), 1000);
    assert.ok(requests.length <= 2 * MAX_ISOLATION_REQUESTS + 2, `${requests.length} requests`);
  });

  it('keeps the parts of a batch that were not tried when the service goes away meanwhile', async () => {
    const { queue, counters, clock, items } = start((_batch, request) => {
      if (request === 1) return new HttpError(413, 'too large');
      return request === 2 ? new HttpError(503, 'away') : undefined;
    });
    const offered = await queue.offer(items(8));
    assert.deepEqual(offered, { accepted: 0, queued: 8, dropped: 0 });
    await clock.advance(MAX_DELAY);
    assert.equal(counters.total('sent'), 8);
  });

  it('drops what can never pass, and counts it', async () => {
    const { queue, counters, items } = start(() => new HttpError(501, 'not implemented'));
    assert.deepEqual(await queue.offer(items(4)), { accepted: 0, queued: 0, dropped: 4, reason: 'permanent' });
    assert.equal(counters.total('dropped', 'metrics', 'permanent'), 4);
  });

  it('counts what the service took the rest without, under its own reason', async () => {
    const { queue, counters, items } = start(() => [{ index: 1, reason: 'too_old' }]);
    assert.deepEqual(await queue.offer(items(3)), { accepted: 2, queued: 0, dropped: 1, reason: 'too_old' });
    assert.equal(counters.total('sent'), 2);
    assert.equal(counters.total('dropped', 'metrics', 'too_old'), 1);
  });

  it('holds as many items as its limit and drops the oldest beyond', async () => {
    const lost: number[] = [];
    const { queue, counters, items } = start(() => new HttpError(503, 'away'), { onDrop: (value) => lost.push(value) });
    await queue.offer(items(100));
    assert.equal(counters.total('dropped'), 0);
    await queue.offer(items(1, 100));
    assert.deepEqual(lost, [0]);
    assert.equal(counters.total('dropped', 'metrics', 'overflow'), 1);
    assert.equal(queue.status().items, 100);
  });

  it('holds as many bytes as its limit and drops the oldest beyond', async () => {
    const { queue, counters, clock } = start(() => new HttpError(503, 'away'));
    const item = (value: number, bytes: number) => ({ value, bytes, time: clock.now() });
    await queue.offer([item(1, 600), item(2, 400)]);
    assert.equal(queue.status().bytes, 1000);
    assert.equal(counters.total('dropped'), 0);
    await queue.offer([item(3, 1)]);
    assert.equal(queue.status().bytes, 401);
    assert.equal(counters.total('dropped', 'metrics', 'overflow'), 1);
  });

  it('drops the newest instead when told so', async () => {
    const lost: number[] = [];
    const { queue, items } = start(() => new HttpError(503, 'away'), {
      overflow: 'newest',
      onDrop: (value) => lost.push(value),
    });
    await queue.offer(items(100));
    await queue.offer(items(2, 100));
    assert.deepEqual(lost.sort(), [100, 101]);
  });

  it('sends items up to their last day and drops them a millisecond later', async () => {
    let away = true;
    const { queue, counters, requests, clock } = start(() => (away ? new HttpError(503, 'away') : undefined), {
      random: () => 0,
      limits: { maxItems: 100, maxBytes: 1000, maxAge: 1000 },
    });
    const now = clock.now();
    away = false;
    await queue.offer([
      { value: 1, time: now - 1000, bytes: 1 },
      { value: 2, time: now - 1001, bytes: 1 },
    ]);
    await clock.settle();
    assert.deepEqual(requests, [[1]]);
    assert.equal(counters.total('dropped', 'metrics', 'expired'), 1);
    assert.equal(queue.status().bytes, 0);
  });

  it('flushes without waiting for its pause to end', async () => {
    let away = true;
    const { queue, clock, items } = start(() => (away ? new HttpError(503, 'away') : undefined));
    await queue.offer(items(3));
    away = false;
    const flushed = queue.flush(5000);
    await clock.settle();
    assert.equal(await flushed, true);
  });

  it('ends a flush in time when the service hangs', async () => {
    const { queue, clock, items } = start(never);
    void queue.offer(items(3));
    let flushed: boolean | undefined;
    void queue.flush(5000).then((result) => {
      flushed = result;
    });
    await clock.advance(4999);
    assert.equal(flushed, undefined);
    await clock.advance(1);
    assert.equal(flushed, false);
    assert.equal(queue.status().items, 3);
  });

  it('ends a flush early when the next attempt would come too late', async () => {
    const { queue, clock, items } = start(() => new HttpError(403, 'denied'));
    await queue.offer(items(3));
    const flushed = queue.flush(5000);
    await clock.settle();
    assert.equal(await flushed, false);
    assert.equal(clock.holding, 0);
  });

  it('keeps trying within the deadline of a flush', async () => {
    const { queue, requests, clock, items } = start((_batch, request) =>
      request < 4 ? new HttpError(503, 'away') : undefined,
    );
    void queue.offer(items(3));
    const flushed = queue.flush(5000);
    await clock.advance(5000);
    assert.equal(await flushed, true);
    assert.equal(requests.length, 4);
  });

  it('keeps no process alive, except while a flush is waited for', async () => {
    const { queue, clock, items } = start(() => new HttpError(503, 'away'));
    await queue.offer(items(3));
    await clock.settle();
    assert.ok(clock.pending > 0);
    assert.equal(clock.holding, 0);
    void queue.flush(2000);
    await clock.settle();
    assert.ok(clock.holding > 0);
    await clock.advance(2000);
    assert.equal(clock.holding, 0);
  });

  it('drops and counts at the end of a shutdown what is not delivered, and gives up what is under way', async () => {
    const { queue, counters, signals, clock, items } = start(never);
    void queue.offer(items(30));
    const ended = queue.shutdown(3000);
    await clock.advance(3000);
    assert.equal(await ended, false);
    assert.equal(counters.total('dropped', 'metrics', 'shutdown'), 30);
    assert.ok(signals.every((signal) => signal.aborted));
    assert.equal(queue.status().items, 0);
    assert.equal(queue.status().bytes, 0);
    assert.equal(clock.pending, 0);
  });

  it('delivers during a shutdown, takes nothing more, and shuts down once', async () => {
    const { queue, counters, requests, items } = start();
    const offered = queue.offer(items(3));
    const ended = queue.shutdown(3000);
    assert.equal(queue.shutdown(1), ended);
    assert.equal(await ended, true);
    assert.deepEqual(await offered, { accepted: 3, queued: 0, dropped: 0 });
    assert.deepEqual(await queue.offer(items(2)), { accepted: 0, queued: 0, dropped: 2, reason: 'shutdown' });
    assert.equal(requests.length, 1);
    assert.equal(counters.total('dropped', 'metrics', 'shutdown'), 2);
  });

  it('makes room by sending, and does not wait for room while the service is away', async () => {
    let release: (value: undefined) => void = () => {};
    const answer = new Promise<undefined>((resolve) => {
      release = resolve;
    });
    const { queue, clock, items } = start(() => answer, { cut: (all) => all.length });
    void queue.offer(items(80));
    let room = false;
    void queue.room().then(() => {
      room = true;
    });
    await clock.settle();
    assert.equal(room, false);
    release(undefined);
    await clock.settle();
    assert.equal(room, true);

    const away = start(() => new HttpError(503, 'away'), { cut: (all) => all.length });
    await away.queue.offer(away.items(80));
    await away.queue.room();
  });

  it('says the same trouble once a minute, and a denial once in five', async () => {
    for (const [error, minutes] of [
      [new HttpError(503, 'away'), 1],
      [new HttpError(403, 'no'), 5],
    ] as const) {
      const { queue, lines, clock, items } = start(() => error);
      await queue.offer(items(1));
      await clock.advance(10 * 60_000 - 1);
      assert.ok(
        lines.length >= 10 / minutes / 2 && lines.length <= 10 / minutes,
        `${error.status}: ${lines.length} lines`,
      );
    }
  });

  it('turns a defect in a callback into a counted drop', async () => {
    const { queue, counters, clock, items } = start(() => new HttpError(400, 'bad'), {
      culprits: () => {
        throw new Error('defect');
      },
    });
    assert.equal((await queue.offer(items(2))).dropped, 2);
    await clock.settle();
    assert.equal(counters.total('dropped', 'metrics', 'internal'), 2);
    assert.equal(queue.status().items, 0);
  });
});

describe('DeliveryQueue with a clock that moves between two looks at it', () => {
  it('sends again although the pause ended while it was deciding how long to wait', async () => {
    let time = 1000;
    let wake: (() => void) | undefined;
    const clock = {
      now: () => {
        time += 0.3;
        return time;
      },
      after: (_delay: number, run: () => void) => {
        wake = run;
        return () => {
          wake = undefined;
        };
      },
    };
    let sends = 0;
    const queue = new DeliveryQueue<number>({
      signal: 'logs',
      counters: new SelfCounters(),
      limits: { maxItems: 10, maxBytes: 1e6, maxAge: 1e9 },
      cut: () => 1,
      clock,
      random: () => 0,
      send: async () => {
        sends += 1;
        if (sends === 1) throw new HttpError(503, 'away');
      },
    });
    await queue.offer([{ value: 1, time, bytes: 1 }]);
    for (let i = 0; i < 20; i++) {
      wake?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(sends, 2);
    assert.equal(queue.status().items, 0);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MAX_DELAY } from '../../../exporters/aws/backoff.js';
import { DeliveryQueue, type DeliveryQueueOptions } from '../../../exporters/aws/delivery-queue.js';
import { HttpError } from '../../../exporters/aws/errors.js';
import type { Part } from '../../../exporters/aws/item.js';
import { countOf, splitAt, type Waiting, WaitingList } from '../../../exporters/aws/waiting-list.js';
import { queueSurroundings } from './queue-surroundings.js';

/** What the service says to one request. */
type Answer = 'taken' | 'away' | 'too large' | 'refused' | 'permanent' | 'hangs' | { readonly rejected: number };

const STATUS = { away: 503, 'too large': 413, refused: 400, permanent: 404 } as const;
const MAX_PER_REQUEST = 10;

const partOf = (value: readonly number[]): Part<readonly number[]> => ({ value, bytes: value.length });

/** What becomes of `offers`, each a list of items that are as many things as they have numbers. */
async function outcome(
  offers: readonly (readonly (readonly number[])[])[],
  answers: readonly Answer[],
  options: Partial<DeliveryQueueOptions<readonly number[]>> = {},
) {
  const { clock, counters, lines, options: surroundings } = queueSurroundings();
  const requests: number[][] = [];
  const settled: { accepted: number[]; dropped: [number, string][] } = { accepted: [], dropped: [] };
  const queue = new DeliveryQueue<readonly number[]>({
    ...surroundings,
    signal: 'traces',
    limits: { maxItems: 40, maxBytes: 1000, maxAge: 3_600_000 },
    concurrency: 1,
    cut: () => MAX_PER_REQUEST,
    divide: (numbers, count) => [partOf(numbers.slice(0, count)), partOf(numbers.slice(count))],
    onAccept: (numbers) => settled.accepted.push(...numbers),
    onDrop: (numbers, reason) => settled.dropped.push(...numbers.map((number): [number, string] => [number, reason])),
    send: async (batch) => {
      const answer = answers[requests.length] ?? 'taken';
      requests.push(batch.flat());
      if (typeof answer === 'object') return rejectedFirst(batch, answer.rejected);
      if (answer === 'hangs') return new Promise(() => {});
      if (answer !== 'taken') throw new HttpError(STATUS[answer], answer);
      return [];
    },
    ...options,
  });
  const told = offers.map((items) =>
    queue.offer(items.map((value) => ({ ...partOf(value), time: clock.now(), count: value.length }))),
  );
  await clock.settle();
  const { items: held } = queue.status();
  for (let pause = 0; pause <= 2 * answers.length; pause += 1) await clock.advance(MAX_DELAY);
  const offered = await Promise.all(told);
  return { requests, lines, settled, offered, held, left: queue.status().items, counters: counters.readings() };
}

function rejectedFirst(batch: readonly (readonly number[])[], rejected: number) {
  let left = rejected;
  return batch.flatMap(({ length }, index) => {
    const count = Math.min(left, length);
    left -= count;
    return count > 0 ? [{ index, reason: 'rejected', count }] : [];
  });
}

const lengths = fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 5 });
const answer: fc.Arbitrary<Answer> = fc.oneof(
  fc.constantFrom<Answer>('taken', 'away', 'too large', 'refused', 'permanent', 'hangs'),
  fc.nat(MAX_PER_REQUEST + 2).map((rejected) => ({ rejected })),
);

/** Offers of items with numbers from 0 on. */
function numbered(offers: readonly (readonly number[])[]): number[][][] {
  let next = 0;
  return offers.map((items) => items.map((length) => Array.from({ length }, () => next++)));
}

describe('items of a delivery queue that are several', () => {
  it('fare as if each of what they are was an item, whatever the service says', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(lengths, { minLength: 1, maxLength: 3 }),
        fc.array(answer, { maxLength: 12 }),
        fc.constantFrom('oldest', 'newest') as fc.Arbitrary<'oldest' | 'newest'>,
        async (offers, answers, overflow) => {
          const several = numbered(offers);
          const single = several.map((items) => items.flat().map((number) => [number]));
          const expected = await outcome(single, answers, { overflow });
          assert.deepEqual(await outcome(several, answers, { overflow }), expected);
          assert.equal(expected.settled.accepted.length + expected.settled.dropped.length, several.flat(2).length);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('are dropped whole where the bytes of others need their room, and to the last that is needed where the number does', async () => {
    const offers = numbered([[6, 6]]);
    const away = { answers: ['away', 'away'] as const };
    const limits = { maxItems: 9, maxBytes: 1000, maxAge: 3_600_000 };
    const byNumber = await outcome(offers, away.answers, { limits });
    const overflow = (numbers: number[]) => numbers.map((number) => [number, 'overflow']);
    assert.deepEqual(byNumber.settled.dropped, overflow([0, 1, 2]));
    const byBytes = await outcome(offers, away.answers, { limits: { ...limits, maxItems: 100, maxBytes: 11 } });
    assert.deepEqual(byBytes.settled.dropped, overflow([0, 1, 2, 3, 4, 5]));
    const within = await outcome(offers, away.answers, { limits: { ...limits, maxItems: 12, maxBytes: 12 } });
    assert.deepEqual(within.settled.dropped, []);
  });

  it('are one each where nothing divides them', async () => {
    const { offered } = await outcome(numbered([[2, 3, 1]]), [], { divide: undefined as never });
    assert.deepEqual(offered, [{ accepted: 3, queued: 0, dropped: 0 }]);
  });

  for (const [maxItems, dropped] of [
    [2.5, 3],
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, 0],
  ] as const) {
    it(`are held within a limit of ${maxItems}`, async () => {
      const limits = { maxItems, maxBytes: 1000, maxAge: 3_600_000 };
      const { settled } = await outcome(numbered([[3, 2]]), ['away'], { limits });
      assert.equal(settled.dropped.length, dropped);
      assert.equal(settled.accepted.length, 5 - dropped);
    });
  }

  it('are sent one at a time where nobody can tell how many fit', async () => {
    const { requests } = await outcome(numbered([[2]]), [], { cut: () => Number.NaN });
    assert.deepEqual(requests, [[0], [1]]);
  });
});

interface Run extends Waiting {
  readonly name: string;
}

const run = (name: string, count: number, sequence: number): Run => ({ name, count, sequence, time: 0, bytes: count });
const cut = ({ name, count, sequence }: Run, first: number): [Run, Run] => [
  run(`${name}<`, first, sequence),
  run(`>${name}`, count - first, sequence + first),
];
const named = (runs: readonly Run[]) => runs.map(({ name, count }) => `${name}${count}`);

describe('waiting list', () => {
  it('divides none at a boundary, and the one that a boundary would be in', () => {
    const runs = [run('a', 2, 0), run('b', 3, 2)];
    for (const [count, first, rest] of [
      [0, [], ['a2', 'b3']],
      [1, ['a<1'], ['>a1', 'b3']],
      [2, ['a2'], ['b3']],
      [4, ['a2', 'b<2'], ['>b1']],
      [5, ['a2', 'b3'], []],
      [6, ['a2', 'b3'], []],
    ] as const) {
      const [taken, kept] = splitAt(runs, count, cut);
      assert.deepEqual([named(taken), named(kept)], [first, rest], `at ${count}`);
    }
  });

  it('knows what it holds, whatever was taken and came back', () => {
    const list = new WaitingList<Run>(cut);
    list.add([run('a', 2, 0), run('b', 3, 2)]);
    const taken = list.take(3);
    assert.deepEqual([list.count, list.bytes, named(list.items)], [2, 2, ['>b2']]);
    list.add(taken);
    assert.deepEqual([list.count, list.bytes, named(list.items)], [5, 5, ['a2', 'b<1', '>b2']]);
    assert.deepEqual(named(list.takeLast(1)), ['>>b1']);
    assert.equal(countOf(list.items), 4);
  });
});

import assert from 'node:assert/strict';
import { Pacer } from '../../src/limits/pacer.js';
import { seededRandom } from './seeded-random.js';

const START = 10_000;

interface Arrivals {
  rate: number;
  /** Milliseconds from one offer to the next. */
  gap: (index: number) => number;
  seconds: number;
}

/** When the pacer took something, milliseconds from the start, and which offer it was. */
function taken({ rate, gap, seconds }: Arrivals): { at: number; index: number }[] {
  const pacer = new Pacer(seededRandom(7));
  const takes: { at: number; index: number }[] = [];
  for (let index = 0, at = 0; at < seconds * 1000; at += gap(index), index += 1) {
    if (pacer.take(1, rate, START + at)) takes.push({ at, index });
  }
  return takes;
}

function perSpan(takes: { at: number }[], milliseconds: number, seconds: number): number[] {
  const counts: number[] = Array.from({ length: (seconds * 1000) / milliseconds }, () => 0);
  for (const { at } of takes) counts[Math.floor(at / milliseconds)] = (counts[Math.floor(at / milliseconds)] ?? 0) + 1;
  return counts;
}

describe('Pacer', () => {
  for (const [rate, offers] of [
    [20, 2000],
    [100, 2000],
    [20, 60_000],
  ] as const) {
    it(`holds ${offers} offers a second to ${rate} within 5 % in every second of a minute`, () => {
      const takes = taken({ rate, gap: () => 1000 / offers, seconds: 60 });
      const counts = perSpan(takes, 1000, 60);
      assert.ok(Math.max(...counts) <= rate * 1.05, `${Math.max(...counts)}`);
      assert.ok(Math.min(...counts) >= rate * 0.95, `${Math.min(...counts)}`);
    });
  }

  it('spreads what it takes over the second', () => {
    const takes = taken({ rate: 20, gap: () => 0.5, seconds: 60 });
    const tenths = perSpan(takes, 100, 60).slice(10);
    assert.ok(
      tenths.every((count) => count >= 1 && count <= 3),
      tenths.join(' '),
    );
  });

  it('takes no more than 5 % above the rate in a second however irregular the offers are', () => {
    const random = seededRandom(11);
    const takes = taken({ rate: 20, gap: () => -Math.log(1 - random()) / 0.101, seconds: 600 });
    for (let from = 0; from < 599_000; from += 100) {
      const count = takes.filter(({ at }) => at >= from && at < from + 1000).length;
      assert.ok(count <= 22, `${count} within a second from ${from}`);
    }
  });

  for (const pairs of [20, 30, 1000]) {
    it(`prefers neither the first nor the second of ${pairs} pairs a second`, () => {
      const takes = taken({ rate: 20, gap: (index) => (index % 2 === 0 ? 0.01 : 1000 / pairs - 0.01), seconds: 300 });
      const first = takes.filter(({ index }) => index % 2 === 0).length;
      assert.ok(first > takes.length * 0.4 && first < takes.length * 0.6, `${first} of ${takes.length}`);
    });
  }

  it('takes everything while less is offered than the rate', () => {
    assert.equal(taken({ rate: 20, gap: () => 1000 / 16, seconds: 10 }).length, 160);
  });

  it('takes half a second’s worth at once after a quiet time', () => {
    const pacer = new Pacer(() => 0);
    const at = (now: number) => Array.from({ length: 12 }, () => pacer.take(1, 20, now)).filter(Boolean).length;
    assert.equal(at(START), 11);
    assert.equal(at(START + 3_600_000), 11);
  });

  it('takes nothing until a debt is paid off, and then something at once', () => {
    const pacer = new Pacer(() => 0);
    pacer.charge(30, 20, START);
    assert.equal(pacer.take(1, 20, START + 999), false);
    assert.equal(pacer.take(1, 20, START + 1000), true);
  });

  it('forgets what exceeds the debt of a minute', () => {
    const pacer = new Pacer(() => 0);
    pacer.charge(1_000_000, 20, START);
    assert.equal(pacer.take(1, 20, START + 59_499), false);
    assert.equal(pacer.take(1, 20, START + 59_500), true);
  });

  it('gives back what was taken and not used', () => {
    const pacer = new Pacer(() => 0);
    assert.equal(pacer.take(100, 20, START), true);
    assert.equal(pacer.take(1, 20, START), false);
    pacer.charge(-99, 20, START);
    assert.equal(pacer.take(1, 20, START + 1000), true);
  });

  it('tells what was offered within the last second', () => {
    const pacer = new Pacer(() => 0);
    pacer.take(3, 20, START);
    pacer.take(2, 20, START + 500);
    assert.deepEqual(
      [START + 500, START + 1049, START + 1050, START + 1549, START + 1550].map((now) => pacer.offered(now)),
      [5, 5, 2, 2, 0],
    );
  });
});

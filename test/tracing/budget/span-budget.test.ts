import assert from 'node:assert/strict';
import { MAX_SPANS_UNASKED, SpanBudget } from '../../../src/tracing/budget/span-budget.js';
import { seededRandom } from '../../limits/seeded-random.js';

const SMALL = 500;

interface Source {
  isRequest: boolean;
  perSecond: number;
  /** Spans of the trace with that number. */
  spans: (index: number) => number;
  bytes?: number;
  /** Milliseconds that a trace lasts. */
  lasts?: number;
}

/** Spans that each source makes, second by second. */
function run(budget: SpanBudget, clock: { now: number }, seconds: number, ...sources: Source[]): number[][] {
  const made = sources.map(() => Array.from({ length: seconds }, () => 0));
  const ends: { at: number; end: () => void }[] = [];
  const start = clock.now;
  const next = sources.map(({ perSecond }, index) => ({
    index,
    count: 0,
    at: start + index * 0.1,
    gap: 1000 / perSecond,
  }));
  for (;;) {
    const arrival = next.reduce((first, each) => (each.at < first.at ? each : first));
    ends.sort((a, b) => a.at - b.at);
    const ending = ends[0];
    clock.now = ending !== undefined && ending.at <= arrival.at ? ending.at : arrival.at;
    if (clock.now >= start + seconds * 1000) return made;
    if (ending !== undefined && ending.at <= arrival.at) {
      ends.shift();
      ending.end();
      continue;
    }
    const source = sources[arrival.index];
    assert.ok(source);
    const account = budget.admit(source.isRequest);
    const spans = source.spans(arrival.count);
    const second = Math.floor((clock.now - start) / 1000);
    if (account !== undefined) {
      const counts = made[arrival.index];
      if (counts !== undefined) counts[second] = (counts[second] ?? 0) + spans;
      ends.push({
        at: clock.now + (source.lasts ?? 10),
        end() {
          for (let i = 0; i < spans; i += 1) account.spanEnded(source.bytes ?? SMALL);
          account.traceEnded();
        },
      });
    }
    arrival.count += 1;
    arrival.at += arrival.gap;
  }
}

function budgetOf(spansPerSecond: number) {
  const clock = { now: 1000 };
  const budget = new SpanBudget({
    spansPerSecond,
    bytesPerSecond: spansPerSecond * 2000,
    now: () => clock.now,
    random: seededRandom(3),
  });
  return { clock, budget };
}

const sum = (counts: number[] = []) => counts.reduce((total, count) => total + count, 0);

describe('SpanBudget', () => {
  it('holds 2000 requests of one span a second within 5 % of the bound in every second of a minute', () => {
    const { clock, budget } = budgetOf(20);
    const [counts = []] = run(budget, clock, 60, { isRequest: true, perSecond: 2000, spans: () => 1 });
    assert.ok(Math.max(...counts) <= 21, counts.join(' '));
    assert.ok(Math.min(...counts.slice(1)) >= 19, counts.join(' '));
  });

  it('admits everything of a quiet service', () => {
    const { clock, budget } = budgetOf(20);
    const [counts] = run(budget, clock, 60, { isRequest: true, perSecond: 1, spans: () => 10 });
    assert.equal(sum(counts), 600);
  });

  for (const [name, spans] of [
    ['of ten spans each', () => 10],
    ['of which every tenth has 100 spans', (index: number) => (index % 10 === 9 ? 100 : 1)],
    ['of 300 spans each', () => 300],
  ] as const) {
    it(`charges what traces really cost: requests ${name}`, () => {
      const { clock, budget } = budgetOf(20);
      const [counts] = run(budget, clock, 300, { isRequest: true, perSecond: 100, spans, lasts: 200 });
      const perSecond = sum(counts) / 300;
      assert.ok(perSecond <= 21 && perSecond >= 15, `${perSecond}`);
    });
  }

  for (const [bytes, expected] of [
    [2000, 20],
    [4000, 10],
  ] as const) {
    it(`lets ${expected} spans of ${bytes} bytes through where 20 spans and 40000 bytes a second are the bound`, () => {
      const { clock, budget } = budgetOf(20);
      const [counts] = run(budget, clock, 60, { isRequest: true, perSecond: 1000, spans: () => 1, bytes });
      const perSecond = sum(counts) / 60;
      assert.ok(Math.abs(perSecond - expected) < expected * 0.05, `${perSecond}`);
    });
  }

  it('gives requests all but a twentieth while background work asks for more', () => {
    const { clock, budget } = budgetOf(100);
    const [requests, background] = run(
      budget,
      clock,
      60,
      { isRequest: true, perSecond: 1000, spans: () => 1 },
      { isRequest: false, perSecond: 1000, spans: () => 1 },
    );
    assert.ok(Math.abs(sum(requests) / 60 - 95) < 3, `${sum(requests) / 60}`);
    assert.ok(Math.abs(sum(background) / 60 - 5) < 1, `${sum(background) / 60}`);
  });

  it('gives background work what requests leave', () => {
    const { clock, budget } = budgetOf(100);
    const [requests, background] = run(
      budget,
      clock,
      60,
      { isRequest: true, perSecond: 30, spans: () => 1 },
      { isRequest: false, perSecond: 1000, spans: () => 1 },
    );
    assert.equal(sum(requests) / 60, 30);
    assert.ok(Math.abs(sum(background) / 60 - 70) < 4, `${sum(background) / 60}`);
  });

  it('takes nothing from requests for background traces of many spans', () => {
    const { clock, budget } = budgetOf(20);
    const [requests] = run(
      budget,
      clock,
      60,
      { isRequest: true, perSecond: 10, spans: () => 1 },
      { isRequest: false, perSecond: 1, spans: () => 500 },
    );
    assert.equal(sum(requests), 600);
  });

  it('keeps a trace of 1000 spans below its first one whole, and holds one that grows for ever to the rate', () => {
    const { clock, budget } = budgetOf(20);
    const account = budget.admit(false);
    assert.ok(account);
    const add = () => {
      const admitted = account.admitSpan();
      if (admitted) account.spanEnded(SMALL);
      return admitted;
    };
    for (let i = 0; i < MAX_SPANS_UNASKED; i += 1) assert.equal(add(), true, `${i}`);
    assert.equal(add(), false);
    clock.now += 60_000;
    let added = 0;
    for (let i = 0; i < 60_000; i += 1) {
      clock.now += 1;
      if (add()) added += 1;
    }
    assert.ok(added <= 60 * 21 && added >= 60 * 19, `${added}`);
  });
});

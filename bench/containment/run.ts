import { guardedCall } from '../../src/instrumentation/containment/guarded-call.js';
import { median } from '../overhead/statistics.js';

/*
 * What the guard of an instrumentation's method costs a call: a method that an instrumentation wraps, guarded and unguarded by turns in one
 * process. CPU time a call, median of the rounds and the middle half of their differences.   npx tsx bench/containment/run.ts
 */

const ROUNDS = 60;
const CALLS = 200_000;
const NANOSECONDS_IN_MICROSECOND = 1000;

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** What a driver has, by name: a method that answers at once, and one whose promise is kept. */
const METHODS: Record<string, Method> = {
  'a method that returns a value': (value) => value,
  'a method that returns a promise': async (value) => value,
};

/** What an instrumentation makes of a method: it adds one call of its own. */
const instrumented = (original: Method): Method =>
  function method(...args) {
    return original.apply(this, args);
  };

/** Nanoseconds of CPU time a call. */
async function costOf(method: Method): Promise<number> {
  const owner = { method };
  const before = process.cpuUsage();
  for (let i = 0; i < CALLS; i += 1) {
    const answer = owner.method(i);
    if (answer instanceof Promise) await answer;
  }
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * NANOSECONDS_IN_MICROSECOND) / CALLS;
}

async function main(): Promise<void> {
  for (const [name, original] of Object.entries(METHODS)) {
    const ways = { without: instrumented(original), with: guardedCall(original, instrumented as never) as Method };
    const costs: Record<keyof typeof ways, number[]> = { without: [], with: [] };
    for (let round = -5; round < ROUNDS; round += 1) {
      for (const way of round % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const)) {
        const cost = await costOf(ways[way]);
        if (round >= 0) costs[way].push(cost);
      }
    }
    const differences = costs.with.map((cost, round) => cost - (costs.without[round] ?? cost)).sort((a, b) => a - b);
    const quarter = Math.floor(differences.length / 4);
    const [low, high] = [differences[quarter] ?? 0, differences[differences.length - 1 - quarter] ?? 0];
    console.log(
      `${name}: ${Math.round(median(costs.without))} ns a call without the guard, ${Math.round(median(costs.with))} with; ` +
        `difference ${Math.round(median(differences))} ns (${Math.round(low)} to ${Math.round(high)})`,
    );
  }
}

await main();

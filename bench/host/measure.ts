/** Microseconds, by the clock and of CPU: that of all threads of this process, child processes not included. */
export interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [below = Number.NaN, above = Number.NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? above : (below + above) / 2;
}

export function medianCost(costs: readonly Cost[]): Cost {
  return { wall: median(costs.map(({ wall }) => wall)), cpu: median(costs.map(({ cpu }) => cpu)) };
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

export async function costOf(task: () => Promise<unknown>): Promise<Cost> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await task();
  const wall = (performance.now() - start) * 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: user + system };
}

/** The median over `batches` of the mean cost, by the clock, of one of `size` calls in a row; timers run in between. */
export async function medianOfBatches(batches: number, size: number, call: () => unknown): Promise<number> {
  const means: number[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    await sleep(1);
    const start = performance.now();
    for (let index = 0; index < size; index += 1) call();
    means.push(((performance.now() - start) * 1000) / size);
  }
  return median(means);
}

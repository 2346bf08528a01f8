import { readdirSync, readFileSync } from 'node:fs';

/** Microseconds, as the kernel's scheduler counts them. */
export interface ThreadTime {
  /** On a core. */
  readonly ran: number;
  /** Ready to run, while something else had the core. */
  readonly waited: number;
}

/** By thread id; that of the main thread is the process's. */
export type ThreadTimes = ReadonlyMap<number, ThreadTime>;

export function threadTimes(pid: number): ThreadTimes {
  const tasks = `/proc/${pid}/task`;
  return new Map(
    readdirSync(tasks).map((thread) => {
      const [ran, waited] = readFileSync(`${tasks}/${thread}/schedstat`, 'utf8').split(' ');
      return [Number(thread), { ran: Number(ran) / 1000, waited: Number(waited) / 1000 }];
    }),
  );
}

/** Between two readings: of the main thread, and of all others (workers, garbage collection, the pool) together. */
export function timesBetween(pid: number, before: ThreadTimes, after: ThreadTimes) {
  const main = { ran: 0, waited: 0 };
  const others = { ran: 0, waited: 0 };
  for (const [thread, { ran, waited }] of after) {
    const sum = thread === pid ? main : others;
    sum.ran += ran - (before.get(thread)?.ran ?? 0);
    sum.waited += waited - (before.get(thread)?.waited ?? 0);
  }
  return { main, others };
}

/** Bytes in memory. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1]) * 1024;
}

import { median, sleep } from '../host/measure.js';
import { threadTimes, timesBetween } from '../overhead/thread-times.js';
import { end, settings, start } from './child.js';

export const RATE = 1000;
const SECONDS = 4;
const ROUNDS = 3;

/** What is done with the errors, and whether the process is monitored. */
const SUBJECTS = [
  { way: 'made', monitored: false },
  { way: 'made', monitored: true },
  { way: 'captured', monitored: true },
  { way: 'read', monitored: true },
  { way: 'read and captured', monitored: true },
];

export interface Storm {
  readonly name: string;
  /** Percent of a core. */
  readonly main: number;
  readonly others: number;
}

/** The share of a core that threads of a process take while it makes errors of one kind. */
export async function measureStorms(url: string, onProgress: (text: string) => void): Promise<Storm[]> {
  const shares = SUBJECTS.map(() => ({ main: [] as number[], others: [] as number[] }));
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const [index, { way, monitored }] of SUBJECTS.entries()) {
      onProgress(`storm, round ${round} of ${ROUNDS}: ${way}`);
      const { main, others } = await share(way, monitored, url);
      shares[index]?.main.push(main);
      shares[index]?.others.push(others);
    }
  }
  return SUBJECTS.map(({ way, monitored }, index) => ({
    name: `${way}${monitored ? ', monitored' : ''}`,
    main: median(shares[index]?.main ?? []),
    others: median(shares[index]?.others ?? []),
  }));
}

async function share(way: string, monitored: boolean, url: string): Promise<{ main: number; others: number }> {
  const preload = monitored ? ['--require', '@org/monitoring/register'] : [];
  const { child } = await start([...preload, 'bench/errors/storm.cjs', way, String(RATE)], settings(url));
  const { pid } = child;
  if (pid === undefined) throw new Error('not started');
  // The first events, the worker's start and the compiler are not the storm.
  await sleep(1500);
  const [before, begun] = [threadTimes(pid), performance.now()];
  await sleep(SECONDS * 1000);
  const { main, others } = timesBetween(pid, before, threadTimes(pid));
  const elapsed = (performance.now() - begun) * 1000;
  await end(child);
  return { main: (main.ran / elapsed) * 100, others: (others.ran / elapsed) * 100 };
}

import { type Cost, costOf, median, medianCost, sleep } from '../host/measure.js';
import type { Collect } from './points.js';
import type { Received, Receiver } from './received.js';
import type { Subject } from './subjects.js';

export interface ExportCost extends Received {
  readonly name: string;
  /** Microseconds of an export, by the clock and of CPU, compression's threads included. */
  readonly wall: number;
  readonly cpu: number;
  /** The longest turn of the event loop in an export, in milliseconds: medians over exports, and the worst of any. */
  readonly held: number;
  readonly worst: number;
  /** The longest by the thread's own CPU time; NaN where Node cannot tell. */
  readonly heldCpu: number;
}

const WARM_UP = 2;
const ROUNDS = 3;
/** Milliseconds. */
const PAUSE = 50;

interface Measurements {
  readonly subject: Subject;
  readonly timed: Cost[];
  readonly turns: Turn[];
  received: Received | undefined;
}

/** Subjects take turns, and so do exports that are timed and exports whose turns are watched: watching is not free. */
export async function measureExports(
  subjects: readonly Subject[],
  collect: Collect,
  receiver: Receiver,
): Promise<ExportCost[]> {
  const all = subjects.map((subject): Measurements => ({ subject, timed: [], turns: [], received: undefined }));
  for (const { subject } of all) {
    for (let round = 0; round < WARM_UP; round += 1) await subject.export(collect());
    receiver.drop();
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const measurements of all) await measureRound(measurements, collect, receiver);
  }
  return all.map(summary);
}

async function measureRound(measurements: Measurements, collect: Collect, receiver: Receiver): Promise<void> {
  const { subject, timed, turns } = measurements;
  const first = collect();
  await sleep(PAUSE);
  timed.push(await costOf(() => subject.export(first)));
  measurements.received ??= await receiver.take();
  receiver.drop();
  const second = collect();
  await sleep(PAUSE);
  turns.push(await longestTurn(() => subject.export(second)));
  receiver.drop();
}

function summary({ subject, timed, turns, received }: Measurements): ExportCost {
  if (received === undefined) throw new Error('nothing was received');
  return {
    name: subject.name,
    ...received,
    ...medianCost(timed),
    held: median(turns.map(({ wall }) => wall)),
    worst: Math.max(...turns.map(({ wall }) => wall)),
    heldCpu: median(turns.map(({ cpu }) => cpu)),
  };
}

/** Milliseconds. */
interface Turn {
  readonly wall: number;
  readonly cpu: number;
}

/** Node 20 does not have it. */
type ThreadCpu = (() => { readonly user: number; readonly system: number }) | undefined;
const { threadCpuUsage } = process as { threadCpuUsage?: ThreadCpu };

/** Milliseconds of CPU that this thread has had. */
function threadCpu(): number {
  if (threadCpuUsage === undefined) return Number.NaN;
  const { user, system } = threadCpuUsage();
  return (user + system) / 1000;
}

/** An immediate per turn of the loop sees how long the turn before it was: all of its callbacks, garbage collection too. */
async function longestTurn(task: () => Promise<void>): Promise<Turn> {
  let longest: Turn = { wall: 0, cpu: 0 };
  let last: Turn = { wall: performance.now(), cpu: threadCpu() };
  let running = true;
  const look = (): void => {
    const now = { wall: performance.now(), cpu: threadCpu() };
    longest = {
      wall: Math.max(longest.wall, now.wall - last.wall),
      cpu: Math.max(longest.cpu, now.cpu - last.cpu),
    };
    last = now;
    if (running) setImmediate(look);
  };
  setImmediate(look);
  await task();
  await sleep(1);
  running = false;
  return longest;
}

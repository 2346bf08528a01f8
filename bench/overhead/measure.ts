import { once } from 'node:events';
import { type Application, type Surroundings, spawnApplication, startApplication } from './application.js';
import type { App } from './apps.js';
import type { Helpers } from './helpers.js';
import type { LoadOrder, LoadResult } from './load/order.js';
import type { Subject } from './subjects.js';
import { cpuTime } from './thread-times.js';

export interface LoadSettings {
  readonly connections: number;
  /** Milliseconds of load before an application has its first turn. */
  readonly warmUp: number;
  /** Milliseconds of load at the beginning of each turn, for connections and caches. */
  readonly settle: number;
  /** Milliseconds of load that are measured, in each turn. */
  readonly duration: number;
}

export interface MeasuredLoad extends LoadResult {
  /** Microseconds of CPU, of all threads, from the end of the turn to where the next one begins: what was put off, as spans that wait for more. */
  readonly laterCpu: number;
}

/** Of the time; from here on a turn is measured anew. */
export const DISTURBED = 0.05;
const ATTEMPTS = 3;

/** Runs, has seen load, and waits idle for its next turn. */
export interface WarmApplication extends Pick<Application, 'kill'> {
  /** One turn. Anew where something else kept the machine busy. */
  measure(): Promise<Turn>;
}

export interface Turn {
  readonly disturbed: number;
  /** Of all CPU, microseconds a request, as far as is known. */
  readonly cpu: number;
  /** To be asked when the next turn begins, or long after the last one. */
  complete(): MeasuredLoad;
}

export async function startWarm(
  app: App,
  subject: Subject,
  around: Surroundings,
  helpers: Helpers,
  { connections, warmUp, settle, duration }: LoadSettings,
): Promise<WarmApplication> {
  const { pid, port, kill } = await startApplication(app.name, subject, around);
  const order = { pid, port, path: app.path, connections, warmUp: settle, duration };
  try {
    await helpers.load({ ...order, warmUp: 0, duration: warmUp });
  } catch (error) {
    await kill();
    throw error;
  }
  return { measure: () => measureTurn(helpers, order), kill };
}

async function measureTurn(helpers: Helpers, order: LoadOrder): Promise<Turn> {
  let best = await helpers.load(order);
  for (let attempt = 1; attempt < ATTEMPTS && best.disturbed > DISTURBED; attempt += 1) {
    const measured = await helpers.load(order);
    if (measured.disturbed < best.disturbed) best = measured;
  }
  const { disturbed, mainCpu, otherCpu, requests } = best;
  const end = cpuTime(order.pid);
  const complete = () => ({ ...best, laterCpu: Math.max(0, cpuTime(order.pid) - end) });
  return { disturbed, cpu: (mainCpu + otherCpu) / requests, complete };
}

/** Milliseconds. */
export interface MeasuredStart {
  /** From the process's begin to the application's first line. */
  readonly firstLine: number;
  /** From spawning an application of one line to its end. */
  readonly wholeRun: number;
}

export async function measureStart(subject: Subject, around: Surroundings): Promise<MeasuredStart> {
  const start = performance.now();
  const child = spawnApplication('empty', subject, around);
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  const [code] = await once(child, 'exit');
  const wholeRun = performance.now() - start;
  if (child.stdout && !child.stdout.readableEnded) await once(child.stdout, 'end');
  const firstLine = Number(/\d+(\.\d+)?\s*$/.exec(stdout)?.[0]);
  if (code !== 0 || Number.isNaN(firstLine))
    throw new Error(`start with ${subject.name}: exit code ${code}\n${stderr}`);
  return { firstLine, wholeRun };
}

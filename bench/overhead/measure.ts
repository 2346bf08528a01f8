import { once } from 'node:events';
import { type Application, type Surroundings, spawnApplication, startApplication } from './application.js';
import type { App } from './apps.js';
import type { Helpers } from './helpers.js';
import type { LoadResult } from './load/order.js';
import type { Subject } from './subjects.js';

export interface LoadSettings {
  readonly connections: number;
  /** Milliseconds of load before an application has its first turn. */
  readonly warmUp: number;
  /** Milliseconds of load at the beginning of each turn, until it is as if it had never ceased: connections, caches, spans that wait for more. */
  readonly settle: number;
  /** Milliseconds of load that are measured, in each turn. */
  readonly duration: number;
}

/** Of the time; from here on a turn is measured anew. */
export const DISTURBED = 0.05;
const ATTEMPTS = 3;

/** Runs, has seen load, and waits idle for its next turn. */
export interface WarmApplication extends Pick<Application, 'kill'> {
  /** One turn. Anew where something else kept the machine busy. */
  measure(): Promise<LoadResult>;
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
  return { measure: () => quietest(() => helpers.load(order)), kill };
}

async function quietest(measure: () => Promise<LoadResult>): Promise<LoadResult> {
  let best = await measure();
  for (let attempt = 1; attempt < ATTEMPTS && best.disturbed > DISTURBED; attempt += 1) {
    const measured = await measure();
    if (measured.disturbed < best.disturbed) best = measured;
  }
  return best;
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

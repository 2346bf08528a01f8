import { once } from 'node:events';
import { type Surroundings, spawnApplication, startApplication } from './application.js';
import type { App } from './apps.js';
import type { TelemetryReceived } from './backend/telemetry.js';
import type { Helpers } from './helpers.js';
import type { LoadResult } from './load/order.js';
import type { Subject } from './subjects.js';

export interface LoadSettings {
  readonly connections: number;
  /** Milliseconds. */
  readonly warmUp: number;
  readonly duration: number;
}

export interface MeasuredLoad extends LoadResult {
  /** By the telemetry server, warm-up included: a subject that sends nothing is not measured. */
  readonly sent: TelemetryReceived;
}

/** Of the time; from here on a load is measured anew. */
export const DISTURBED = 0.05;
const ATTEMPTS = 3;

/** One application under load, from its start to its end. Anew where something else kept the machine busy. */
export async function measureLoad(...args: Parameters<typeof measureOnce>): Promise<MeasuredLoad> {
  let quietest: MeasuredLoad | undefined;
  for (
    let attempt = 0;
    attempt < ATTEMPTS && (quietest === undefined || quietest.disturbed > DISTURBED);
    attempt += 1
  ) {
    const measured = await measureOnce(...args);
    if (quietest === undefined || measured.disturbed < quietest.disturbed) quietest = measured;
  }
  if (quietest === undefined) throw new Error('nothing was measured');
  return quietest;
}

async function measureOnce(
  app: App,
  subject: Subject,
  around: Surroundings,
  helpers: Helpers,
  settings: LoadSettings,
): Promise<MeasuredLoad> {
  await helpers.received();
  const application = await startApplication(app.name, subject, around);
  try {
    const { pid, port } = application;
    const result = await helpers.load({ port, pid, path: app.path, ...settings });
    return { ...result, sent: await helpers.received() };
  } finally {
    await application.kill();
  }
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

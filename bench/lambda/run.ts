import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { startStudio } from '../../src/studio/endpoint.js';
import { RuntimeApi } from '../../test/e2e/support/lambda.js';
import { median } from '../overhead/statistics.js';

/*
 * What monitoring adds to a Lambda function: milliseconds from the start of the process to its first question for an event, and from an
 * event to its answer, without and with the preload by turns. The function is frozen between its invocations, and AWS is the local endpoint.
 * npx tsx bench/lambda/run.ts
 */

const STARTS = 10;
const INVOCATIONS = 50;
const ROOT = join(import.meta.dirname, '../..');
const FIXTURES = join(ROOT, 'test/e2e/fixtures');
const TRACE = 'Root=1-6b0e34ad-24c5867137a5ac7c1c7b601e;Parent=53995c3f42cd8ad8;Sampled=1';

interface Figures {
  readonly init: number[];
  readonly first: number[];
  readonly warm: number[];
}

async function measure(flags: readonly string[], endpoint: string, figures: Figures): Promise<void> {
  const api = await RuntimeApi.start();
  const start = performance.now();
  const app = spawn(process.execPath, [...flags, join(FIXTURES, 'lambda-runtime.cjs')], {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      AWS_LAMBDA_RUNTIME_API: api.address,
      AWS_LAMBDA_FUNCTION_NAME: 'assign',
      LAMBDA_TASK_ROOT: FIXTURES,
      _HANDLER: 'lambda-handler.run',
      AWS_REGION: 'us-west-2',
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_ENDPOINT_URL: endpoint,
    },
  });
  try {
    await api.asked();
    figures.init.push(performance.now() - start);
    for (let i = 0; i < INVOCATIONS; i += 1) {
      const began = performance.now();
      await api.invoke(app.pid ?? 0, { event: {}, trace: TRACE });
      (i === 0 ? figures.first : figures.warm).push(performance.now() - began);
    }
  } finally {
    app.kill('SIGKILL');
    await once(app, 'close');
    api.close();
  }
}

async function main(): Promise<void> {
  const studio = await startStudio({});
  const ways = { without: [], with: ['--require', join(ROOT, 'dist/register.cjs')] };
  const figures: Record<keyof typeof ways, Figures> = {
    without: { init: [], first: [], warm: [] },
    with: { init: [], first: [], warm: [] },
  };
  for (let i = 0; i < STARTS; i += 1) {
    for (const way of ['without', 'with'] as const) await measure(ways[way], studio.url, figures[way]);
  }
  await studio.close();
  for (const what of ['init', 'first', 'warm'] as const) {
    const [without, together] = [median(figures.without[what]), median(figures.with[what])];
    console.log(
      `${what}: ${without.toFixed(1)} ms without, ${together.toFixed(1)} with; added ${(together - without).toFixed(1)}`,
    );
  }
}

await main();

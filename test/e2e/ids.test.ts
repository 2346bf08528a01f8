import assert from 'node:assert/strict';
import { Application } from './support/process.js';

const QUIET = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_TRACES_EXPORTER: 'console' };

describe('an application that seeds Math.random', () => {
  const run = async (flags?: string[]) => {
    const env = { ...QUIET, OTEL_TRACES_SAMPLER: 'always_on', MONITORING_RUN_FOLDER: 'none' };
    const app = new Application('seeded.cjs', { env, ...(flags && { flags }) });
    const { stdout } = await app.ended();
    return JSON.parse(/^\{"drawn".*\}$/m.exec(stdout)?.[0] ?? 'null') as { drawn: number[]; ids: number };
  };

  it('gets its own sequence, and each trace an id of its own', async () => {
    const bare = await run([]);
    const preloaded = await run();
    assert.equal(bare.drawn.length, 20);
    assert.deepEqual(preloaded.drawn, bare.drawn);
    assert.equal(preloaded.ids, 20);
  });
});

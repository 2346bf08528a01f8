import assert from 'node:assert/strict';
import { readEmbeddedMetrics } from '../../src/studio/services/embedded-metrics.js';
import { stage } from './support/aws.js';
import { PRELOAD } from './support/process.js';

const MAJOR = Number(process.versions.node.split('.')[0]);
/** Node's permission model starts no worker. */
const PERMISSION = MAJOR >= 24 ? '--permission' : '--experimental-permission';
const WITHOUT_WORKER = [PERMISSION, '--allow-fs-read=*', ...(MAJOR >= 25 ? ['--allow-net'] : []), ...PRELOAD];

describe('OTEL_METRICS_EXPORTER=emf', () => {
  const on = stage();

  for (const worker of [true, false]) {
    it(`writes metrics as lines of standard output and calls nobody, ${worker ? 'with' : 'without'} a worker`, async () => {
      const env = on.aws.env({ OTEL_METRICS_EXPORTER: 'emf' });
      const flags = worker ? PRELOAD : WITHOUT_WORKER;
      const { stdout, stderr, code } = await on.start('jobs.cjs', { env, flags, args: ['runs'] }).ended();
      assert.equal(code, 0, stderr);
      const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
      const read = lines.map((line) => readEmbeddedMetrics(line, Date.now()));
      assert.ok(read.every((embedded) => embedded?.invalid.length === 0));
      const metrics = read.flatMap((embedded) => embedded?.metrics ?? []);
      const runs = metrics.find(
        ({ name, dimensions }) => name === 'monitoring.job.duration' && dimensions.length === 3,
      );
      assert.equal(runs?.namespace, 'shop');
      assert.equal(runs?.datum.statistics?.sampleCount ?? runs?.datum.values?.length, 4);
      assert.ok(metrics.some(({ name }) => name === 'process.memory.usage'));
      assert.deepEqual(await on.aws.metricNames(), []);
      assert.match(stderr, /metrics to emf shop/);
    });
  }
});

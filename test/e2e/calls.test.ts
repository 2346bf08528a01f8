import assert from 'node:assert/strict';
import { driversFolder } from '../../scripts/drivers.mjs';
import { stage } from './support/aws.js';

const REQUESTS = 5;

describe('calls of databases and AWS', () => {
  const on = stage();

  for (const settings of [
    { OTEL_TRACES_SAMPLER: 'always_on' },
    { OTEL_TRACES_SAMPLER: 'always_off' },
    { OTEL_TRACES_EXPORTER: 'none' },
    { MONITORING_REQUEST_PATH: 'full' },
  ]) {
    it(`arrive as seconds, each once, with ${JSON.stringify(settings)}`, async function () {
      const folder = driversFolder('databases');
      if (folder instanceof Error) {
        if (process.env.CI === 'true') throw folder;
        this.skip();
      }
      const env = { ...settings, DRIVERS: folder, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
      const app = on.start('calls.cjs', { env: on.aws.env(env) });
      const url = await app.url();
      for (let request = 0; request < REQUESTS; request++) await (await fetch(url)).text();
      app.kill('SIGTERM');
      await app.ended();
      const redis = 2 * REQUESTS + 1;
      assert.deepEqual(counts(), {
        'db.client.operation.duration {} Seconds': redis,
        'db.client.operation.duration {redis} Seconds': redis,
        'rpc.client.call.duration {} Seconds': REQUESTS,
        'rpc.client.call.duration {SQS} Seconds': REQUESTS,
      });
    });
  }

  /** How many calls each series has, by metric, dimension and unit. */
  function counts(): Record<string, number> {
    const series = on.aws.studio.store.metrics
      .list()
      .filter(({ name }) => /^(db|rpc)\.client\.\w+\.duration$/.test(name));
    return Object.fromEntries(
      series
        .map(({ name, dimensions, data }) => {
          const own = dimensions.filter((dimension) => !/^(Service|Environment)$/.test(dimension.name));
          const datums = data.toArray();
          const count = datums.reduce((sum, { statistics }) => sum + (statistics?.sampleCount ?? 0), 0);
          const units = new Set(datums.map(({ unit }) => unit));
          return [`${name} {${own.map(({ value }) => value)}} ${[...units]}`, count] as const;
        })
        .sort(([one], [other]) => one.localeCompare(other)),
    );
  }
});

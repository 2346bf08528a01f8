import assert from 'node:assert/strict';
import { describeSets, emissionOf, isPublished } from '../../src/cli/emitted-metrics.js';
import { neededActions } from '../../src/cli/iam/needed-actions.js';
import { findTarget } from '../../src/cli/target.js';
import { stage } from './support/aws.js';

interface Series {
  name: string;
  dimensions: Record<string, string>;
}

/** Needs a database, an RPC, a job, a message, a Lambda function, or a delivery that goes wrong. */
const NOT_HERE = /^(db\.|rpc\.|messaging\.|monitoring\.job\.|faas\.|monitoring\.exporter\.)/;
/** Absent where the container has no limit. */
const WITH_A_LIMIT = 'container.memory.available';

describe('what the command line says that an application sends', () => {
  const on = stage();

  /** The series of an application that answers requests and calls itself by both clients, until all of `names` are there. */
  async function sent(env: Record<string, string>, names: readonly string[]): Promise<Series[]> {
    const app = on.start('outgoing.cjs', { env });
    const url = await app.url();
    for (const path of ['fetch', 'http', '']) await (await fetch(new URL(path, url))).text();
    let series: Series[] = [];
    for (let look = 0; look < 60; look++) {
      series = (await on.aws.get<{ metrics: Series[] }>('/api/metrics?limit=5000')).metrics;
      const arrived = new Set(series.map(({ name }) => name));
      if (names.every((name) => arrived.has(name))) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    app.kill('SIGTERM');
    await app.ended();
    return series;
  }

  for (const settings of [
    {},
    { MONITORING_METRIC_DIMENSIONS: 'lite' },
    { MONITORING_METRIC_DIMENSIONS: 'full' },
    { MONITORING_METRIC_DIMENSIONS: 'http.server.*=http.response.status_code;http.client.request.duration=' },
    { MONITORING_REQUEST_PATH: 'full' },
    { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http,undici', MONITORING_HOST_METRICS_SAMPLE_RATIO: '0' },
  ]) {
    it(`is what arrives, with those dimensions and no others, with ${JSON.stringify(settings)}`, async () => {
      const often = { OTEL_METRIC_EXPORT_INTERVAL: '500' };
      const env = on.aws.env({ MONITORING_HOST_METRICS_SAMPLE_RATIO: '1', ...often, ...settings });
      const { metrics } = emissionOf(await findTarget({}, env));
      const expected = [...metrics.keys()].filter((name) => !NOT_HERE.test(name) && name !== WITH_A_LIMIT);
      const series = await sent(env, expected);
      const unforeseen = series.flatMap(({ name, dimensions }) => {
        const { Service, Environment, ...others } = dimensions;
        const metric = metrics.get(name);
        const foreseen = Service && Environment && metric && isPublished(metric, Object.keys(others));
        return foreseen ? [] : [`${name} {${Object.keys(dimensions)}}, foreseen: ${metric && describeSets(metric)}`];
      });
      assert.deepEqual(unforeseen, []);
      const arrived = new Set(series.map(({ name }) => name));
      assert.deepEqual(
        expected.filter((name) => !arrived.has(name)),
        [],
      );
    });
  }

  it('needs the permissions that its policy gives, for every call that it makes', async () => {
    const env = on.aws.env({ OTEL_TRACES_SAMPLER: 'xray' });
    const app = on.start('express5.cjs', { env });
    await fetch(new URL('/thrown', await app.url()));
    app.kill('SIGTERM');
    await app.ended();
    const { calls } = await on.aws.get<{ calls: { service: string; action: string }[] }>('/api/calls?limit=5000');
    const called = new Set(
      calls.map(({ service, action }) => `${service}:${action === 'v1/traces' ? 'PutSpans' : action}`),
    );
    const allowed = neededActions('app', (await await findTarget({}, env)).configuration);
    assert.deepEqual(
      [...called].filter((action) => !allowed.includes(action)),
      [],
    );
    // The other two of X-Ray's endpoint are checked with PutSpans; targets are asked for after ten seconds.
    const unseen = ['xray:PutSpansForIndexing', 'xray:PutTraceSegments', 'xray:GetSamplingTargets'];
    assert.deepEqual(
      allowed.filter((action) => !called.has(action) && !unseen.includes(action)),
      [],
    );
  });
});

import assert from 'node:assert/strict';
import { type RouteReport, stage } from './support/aws.js';

describe('collector mode', () => {
  const on = stage();

  for (const protocol of ['http/protobuf', 'http/json']) {
    it(`sends all three signals by ${protocol} to the OTLP endpoint, and nothing to AWS`, async () => {
      const app = on.start('express5.cjs', {
        env: {
          OTEL_SERVICE_NAME: 'shop',
          OTEL_EXPORTER_OTLP_ENDPOINT: on.aws.studio.url,
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          OTEL_TRACES_SAMPLER: 'always_on',
          OTEL_METRIC_EXPORT_INTERVAL: '600000',
        },
      });
      const url = await app.url();
      for (const path of ['/', '/', '/thrown']) await fetch(url + path);
      app.kill('SIGTERM');
      const { stderr } = await app.ended();
      assert.match(stderr, /metrics to otlp; errors to otlp; traces to otlp/);
      const { requests } = await on.aws.get<{ requests: RouteReport[] }>('/api/requests');
      assert.deepEqual(
        requests.map(({ source, route, count }) => [source, route, count]),
        [
          ['otlp', '/', 2],
          ['otlp', '/thrown', 1],
        ],
      );
      const { records } = await on.aws.get<{ records: { body: string }[] }>('/api/logs');
      assert.deepEqual(
        records.map(({ body }) => body),
        ['thrown in a handler'],
      );
      assert.equal((await on.aws.spans()).length, 3);
      const { calls } = await on.aws.get<{ calls: { service: string }[] }>('/api/calls');
      assert.deepEqual([...new Set(calls.map(({ service }) => service))], ['otlp']);
    });
  }
});

import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GrpcReceiver } from '../otlp/grpc-receiver.js';
import { type RouteReport, stage } from './support/aws.js';

describe('collector mode', () => {
  const on = stage();

  /** A gRPC receiver that passes everything on to the local endpoint, which speaks HTTP only. */
  const frontByGrpc = async () => {
    const receiver = await GrpcReceiver.start();
    const passedOn: Promise<unknown>[] = [];
    receiver.answer = ({ signal, body }) => {
      const headers = { 'content-type': 'application/x-protobuf' };
      passedOn.push(
        fetch(`${on.aws.studio.url}/v1/${signal}`, { method: 'POST', headers, body: new Uint8Array(body) }),
      );
      return { response: {} };
    };
    const close = async () => {
      await Promise.all(passedOn);
      receiver.close();
    };
    return { url: receiver.url, close };
  };
  const direct = async () => ({ url: on.aws.studio.url, close: async () => {} });

  for (const [protocol, open] of [
    ['http/protobuf', direct],
    ['http/json', direct],
    ['grpc', frontByGrpc],
  ] as const) {
    it(`sends all three signals by ${protocol} to the OTLP endpoint, and nothing to AWS`, async () => {
      const endpoint = await open();
      const app = on.start('express5.cjs', {
        env: {
          OTEL_SERVICE_NAME: 'shop',
          OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.url,
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          OTEL_TRACES_SAMPLER: 'always_on',
          OTEL_METRIC_EXPORT_INTERVAL: '600000',
        },
      });
      const url = await app.url();
      for (const path of ['/', '/', '/thrown']) await fetch(url + path);
      app.kill('SIGTERM');
      const { stderr } = await app.ended();
      await endpoint.close();
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

  it('says what a receiver has taken in part, and why, and counts the rest as lost', async () => {
    const receiver = await GrpcReceiver.start();
    receiver.answer = ({ signal }) =>
      signal === 'metrics'
        ? { response: { partialSuccess: { rejectedDataPoints: 2, errorMessage: 'too old' } } }
        : { response: {} };
    const app = on.start('loaded-files.cjs', {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    });
    const { stderr } = await app.ended();
    receiver.close();
    assert.match(stderr, /Partial Success.*too old/);
    assert.match(stderr, /lost since the start: 2 of \d+ metric values \(2 rejected\)/);
  });

  it('loads nothing of gRPC in the application’s thread', async () => {
    const receiver = await GrpcReceiver.start();
    const app = on.start('loaded-files.cjs', {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    });
    const { stdout, stderr } = await app.ended();
    receiver.close();
    const files = stdout.trim().split(' ');
    assert.ok(files.includes('preload.cjs'), stdout);
    assert.deepEqual(
      files.filter((file) => /grpc|otlp|worker/.test(file)),
      [],
      stderr,
    );
    assert.ok(
      receiver.received.some(({ signal }) => signal === 'metrics'),
      stderr,
    );
  });

  it('sends by gRPC from the application’s thread where no worker can be had, and traces none of it', async () => {
    const receiver = await GrpcReceiver.start();
    const folder = mkdtempSync(join(tmpdir(), 'monitoring-gone-'));
    const preload = (file: string) => ['--require', join(__dirname, file)];
    const app = on.start(join(__dirname, 'fixtures/bare-http.cjs'), {
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_TRACES_SAMPLER: 'always_on',
        OTEL_BSP_SCHEDULE_DELAY: '50',
        OTEL_METRIC_EXPORT_INTERVAL: '200',
      },
      cwd: folder,
      flags: [...preload('fixtures/remove-cwd.cjs'), ...preload('../../dist/register.cjs')],
    });
    await fetch(await app.url());
    const end = Date.now() + 15_000;
    while (receiver.sent('traces').length === 0 || receiver.sent('metrics').length < 2) {
      assert.ok(Date.now() < end, 'spans and metrics arrive');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    app.kill('SIGTERM');
    const { stderr } = await app.ended();
    receiver.close();
    assert.match(stderr, /telemetry is sent from the application's own thread/);
    assert.deepEqual(
      receiver.sent('traces').flatMap(({ items }) => items),
      ['GET'],
    );
  });
});

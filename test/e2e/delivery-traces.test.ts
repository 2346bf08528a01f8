import assert from 'node:assert/strict';
import { type Span as Found, stage } from './support/aws.js';
import { type Application, PRELOAD } from './support/process.js';

const DELIVERIES = '@org/monitoring/deliveries';
const WITHOUT_WORKER = ['--permission', '--allow-fs-read=*', ...(major() >= 25 ? ['--allow-net'] : []), ...PRELOAD];

type Span = Found & {
  kind: string;
  parentSpanId?: string;
  scope?: { name: string };
  status?: { code: number | string; message?: string };
};

function major(): number {
  return Number(process.versions.node.split('.')[0]);
}

describe('a span for each delivery', () => {
  const on = stage();
  const settings = { OTEL_TRACES_SAMPLER: 'always_off', OTEL_METRIC_EXPORT_INTERVAL: '600000' };
  const traced = { ...settings, MONITORING_TRACE_DELIVERIES: 'true' };

  async function fail(app: Application): Promise<void> {
    await fetch(`${await app.url()}/fail`, { headers: { connection: 'close' } }).catch(() => undefined);
    app.kill('SIGTERM');
    await app.ended();
  }

  async function deliveries(): Promise<Span[]> {
    return ((await on.aws.spans()) as Span[]).filter(({ scope }) => scope?.name === DELIVERIES);
  }

  const modes = [
    { mode: 'the worker', flags: PRELOAD },
    ...(major() >= 22 ? [{ mode: "the application's own thread", flags: WITHOUT_WORKER }] : []),
  ];
  for (const { mode, flags } of modes) {
    it(`arrives from ${mode} where the setting asks for it, and none for the delivery of such spans`, async () => {
      await fail(on.start('serves-and-fails.cjs', { env: on.aws.env(traced), flags }));
      const spans = await deliveries();
      const names = spans.map(({ name }) => name);
      assert.ok(names.includes('CloudWatch.PutMetricData'), String(names));
      assert.ok(names.includes('CloudWatch Logs.PutLogEvents'), String(names));
      // An error captures its trace: one request with spans of the application.
      assert.ok(names.filter((name) => name === 'XRay.v1/traces').length <= 1, String(names));
      const put = spans.find(({ name }) => name === 'CloudWatch.PutMetricData');
      assert.equal(put?.resource?.['service.name'], 'shop');
      assert.equal(put?.attributes['rpc.method'], 'CloudWatch/PutMetricData');
      assert.equal(put?.attributes['aws.remote.service'], 'AWS::CloudWatch');
      assert.equal(put?.attributes['http.response.status_code'], 200);
      assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, spans.length);
    });
  }

  it('states the attempt and the error of a call that is refused', async () => {
    on.aws.studio.faults.add({ kind: 'throttle', action: 'PutMetricData', times: 1 });
    await fail(on.start('serves-and-fails.cjs', { env: on.aws.env(traced) }));
    const puts = (await deliveries()).filter(({ name }) => name === 'CloudWatch.PutMetricData');
    assert.deepEqual(
      puts.map(({ attributes }) => [attributes['error.type'], attributes['http.request.resend_count']]),
      [
        ['ThrottlingException', undefined],
        [undefined, 1],
      ],
    );
  });

  it('is not made by default', async () => {
    await fail(on.start('serves-and-fails.cjs', { env: on.aws.env(settings) }));
    assert.deepEqual(await deliveries(), []);
  });
});

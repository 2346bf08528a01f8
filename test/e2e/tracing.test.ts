import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMetadataServer } from '../resource/metadata-server.js';
import { type Span, stage } from './support/aws.js';
import { ourLines } from './support/process.js';

const ALL = { OTEL_TRACES_SAMPLER: 'always_on' };
const CLIENT = 3;

interface TracedSpan extends Span {
  spanId: string;
  parentSpanId?: string;
  kind: number | string;
}

interface LogLine {
  msg?: string;
  message?: string;
  trace_id: string;
  span_id: string;
  trace_flags: string;
  xray_trace_id: string;
}

describe('traces of a preloaded application', () => {
  const on = stage();

  const spans = async () => (await on.aws.spans()) as TracedSpan[];
  const isClient = ({ kind }: TracedSpan) => kind === CLIENT || String(kind).toUpperCase().endsWith('CLIENT');
  const calls = async () =>
    (await on.aws.get<{ calls: { action: string }[] }>('/api/calls?limit=5000')).calls.map(({ action }) => action);
  const visit = async (url: string, headers: Record<string, string> = {}) => (await fetch(url, { headers })).text();

  it('hold its calls of AWS, with what the map of services is made of, and none of ours', async () => {
    const app = on.start('traced.cjs', {
      env: on.aws.env({
        ...ALL,
        OTEL_METRIC_EXPORT_INTERVAL: '200',
        OTEL_BSP_SCHEDULE_DELAY: '50',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=ecs:prod',
      }),
    });
    const url = await app.url();
    await visit(`${url}/aws/orders`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await visit(`${url}/aws/orders`);
    app.kill('SIGTERM');
    await app.ended();
    assert.ok((await calls()).filter((action) => action === 'PutMetricData').length > 4, 'ours were made as well');

    const made = (await spans()).filter(isClient);
    assert.equal(made.length, 2, JSON.stringify(made.map(({ name }) => name)));
    for (const { attributes, resource } of made) {
      assert.deepEqual(
        Object.fromEntries(Object.entries(attributes).filter(([key]) => /^(aws\.(local|remote|span)|rpc)\./.test(key))),
        {
          'rpc.system': 'aws-api',
          'rpc.service': 'CloudWatch',
          'rpc.method': 'PutMetricData',
          'aws.local.service': 'shop',
          'aws.local.environment': 'ecs:prod',
          'aws.local.operation': 'GET /aws/:name',
          'aws.span.kind': 'CLIENT',
          'aws.remote.service': 'AWS::CloudWatch',
          'aws.remote.operation': 'PutMetricData',
        },
      );
      assert.equal(resource?.['service.name'], 'shop');
      assert.equal(resource?.['deployment.environment.name'], 'ecs:prod');
      assert.deepEqual(resource?.['aws.log.group.names'], ['/shop/errors']);
    }
    const served = (await spans()).filter((span) => !isClient(span));
    assert.deepEqual(
      served.map(({ attributes }) => [
        attributes['http.route'],
        attributes['aws.local.operation'],
        attributes['aws.span.kind'],
      ]),
      [
        ['/aws/:name', 'GET /aws/:name', 'LOCAL_ROOT'],
        ['/aws/:name', 'GET /aws/:name', 'LOCAL_ROOT'],
      ],
    );
  });

  describe('go by X-Amzn-Trace-Id', () => {
    const ROOT = 'Root=1-5759e988-bd862e3fe1be46a994272793';
    const TRACE = '5759e988bd862e3fe1be46a994272793';

    async function call(headers: Record<string, string>, sampler = 'parentbased_always_on') {
      const app = on.start('traced.cjs', { env: on.aws.env({ OTEL_TRACES_SAMPLER: sampler }) });
      const received: Record<string, string> = JSON.parse(await visit(`${await app.url()}/call`, headers));
      app.kill('SIGTERM');
      await app.ended();
      return { received, traces: [...new Set((await spans()).map(({ traceId }) => traceId))] };
    }

    it('of a load balancer: its root is the trace, and the lineage is handed on beside traceparent', async () => {
      const { received, traces } = await call({
        'x-amzn-trace-id': `Self=1-67891234-12456789abcdef0123456789;${ROOT};Lineage=1:a87bd80c:0`,
      });
      assert.deepEqual(traces, [TRACE]);
      assert.match(
        received['x-amzn-trace-id'] ?? '',
        new RegExp(`^${ROOT};Parent=[0-9a-f]{16};Sampled=1;Lineage=1:a87bd80c:0$`),
      );
      assert.match(received.traceparent ?? '', new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
    });

    it('of a load balancer where nothing is traced: logs and calls have its root all the same', async () => {
      const { received, traces } = await call({ 'x-amzn-trace-id': ROOT }, 'parentbased_always_off');
      assert.deepEqual(traces, []);
      assert.match(received['x-amzn-trace-id'] ?? '', new RegExp(`^${ROOT};Parent=[0-9a-f]{16};Sampled=0$`));
    });

    for (const [sampler, expected] of [
      ['parentbased_always_on', [TRACE]],
      ['parentbased_always_off', []],
    ] as const) {
      it(`that leaves the decision to us: ${sampler}`, async () => {
        const { traces } = await call({ 'x-amzn-trace-id': `${ROOT};Parent=53995c3f42cd8ad8;Sampled=?` }, sampler);
        assert.deepEqual(traces, expected);
        for (const { attributes, parentSpanId } of await spans()) {
          if (attributes['http.route'] === '/call') assert.equal(parentSpanId, '53995c3f42cd8ad8');
        }
      });
    }

    it('unless traceparent says otherwise', async () => {
      const w3c = '4bf92f3577b34da6a3ce929d0e0e4736';
      const headers = {
        traceparent: `00-${w3c}-00f067aa0ba902b7-01`,
        'x-amzn-trace-id': `${ROOT};Parent=53995c3f42cd8ad8;Sampled=0`,
      };
      assert.deepEqual((await call(headers)).traces, [w3c]);
    });
  });

  for (const [what, sampler, flags] of [
    ['sampled', 'always_on', '01'],
    ['unsampled', 'always_off', '00'],
  ] as const) {
    it(`are found from the log lines and the error of a request that is ${what}, and back`, async () => {
      const app = on.start('traced.cjs', { env: on.aws.env({ OTEL_TRACES_SAMPLER: sampler }) });
      await visit(`${await app.url()}/log/7`);
      app.kill('SIGTERM');
      const { stdout } = await app.ended();
      const lines: LogLine[] = stdout
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line));
      assert.deepEqual(
        lines.map(({ msg, message }) => msg ?? message),
        ['by pino', 'by bunyan', 'by winston'],
      );
      const [error] = await on.aws.errors();
      assert.ok(error);
      for (const line of lines) {
        assert.match(line.trace_id, /^[0-9a-f]{32}$/);
        assert.match(line.span_id, /^[0-9a-f]{16}$/);
        assert.equal(line.trace_flags, flags);
        assert.equal(line.trace_id, error.traceId);
        assert.equal(line.xray_trace_id, error.xrayTraceId);
      }
      if (sampler === 'always_off') return assert.deepEqual(await spans(), []);

      // From the event to its trace by X-Ray's id; from the trace to the group that holds the event.
      const path = `/api/traces/${error.xrayTraceId}`;
      const { spans: found } = await on.aws.get<{ spans: TracedSpan[] }>(path);
      assert.deepEqual(
        found.map(({ attributes, spanId }) => [attributes['http.route'], spanId]),
        [['/log/:id', lines[0]?.span_id]],
      );
      const [span] = await spans();
      const [group = ''] = (span?.resource?.['aws.log.group.names'] ?? []) as string[];
      const back = (await on.aws.errors(group)).filter((event) => event.traceId === span?.traceId);
      assert.equal(back.length, 1);
    });
  }

  for (const end of ['itself', 'SIGTERM']) {
    it(`are whole where 10 000 spans wait when the process ends by ${end}`, async function () {
      this.timeout(90_000);
      on.aws.studio.faults.add({ kind: 'delay', delayMs: 50, action: 'v1/traces' });
      const env = on.aws.env({ ...ALL, MONITORING_SHUTDOWN_TIMEOUT: '60000' });
      const app = on.start('many-spans.cjs', { env, args: ['10000', end] });
      while (!app.stdout.includes('made')) await new Promise((resolve) => setTimeout(resolve, 10));
      if (end === 'SIGTERM') app.kill('SIGTERM');
      const { stderr } = await app.ended();
      const { held } = await on.aws.get<{ held: Record<string, number> }>('/api/summary');
      assert.equal(held.spans, 10_000, stderr);
    });
  }

  it('wait for a metadata service that hangs no longer than its second, while the application serves', async () => {
    const metadata = await startMetadataServer({ 'GET /v4/abc': 'hang', 'GET /v4/abc/task': 'hang' });
    const env = { ...ALL, ECS_CONTAINER_METADATA_URI_V4: `${metadata.url}/v4/abc`, OTEL_BSP_SCHEDULE_DELAY: '10' };
    const app = on.start('bare-http.cjs', { env: on.aws.env(env) });
    assert.equal(await visit(await app.url()), 'hello');
    for (const end = Date.now() + 15_000; (await spans()).length === 0; ) {
      assert.ok(Date.now() < end, 'the span waits on');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal((await spans())[0]?.resource?.['cloud.platform'], 'aws_ecs');
    app.kill('SIGTERM');
    const { stderr } = await app.ended();
    const said = ourLines(stderr).filter((line) => line.includes('metadata of the platform is incomplete'));
    assert.equal(said.length, 1, stderr);
    await metadata.close();
  });

  it('hold no call of ours where no worker can be had, and the calls are made in the application', async () => {
    const metadata = await startMetadataServer({ 'GET /v4/abc': {}, 'GET /v4/abc/task': {} });
    const folder = mkdtempSync(join(tmpdir(), 'monitoring-gone-'));
    const preload = (file: string) => ['--require', join(__dirname, file)];
    const app = on.start(join(__dirname, 'fixtures/bare-http.cjs'), {
      env: on.aws.env({
        OTEL_TRACES_SAMPLER: 'xray',
        ECS_CONTAINER_METADATA_URI_V4: `${metadata.url}/v4/abc`,
        OTEL_METRIC_EXPORT_INTERVAL: '200',
        MONITORING_SHUTDOWN_TIMEOUT: '60000',
      }),
      cwd: folder,
      flags: [...preload('fixtures/remove-cwd.cjs'), ...preload('../../dist/register.cjs')],
    });
    const url = await app.url();
    for (const action of ['GetSamplingRules', 'PutMetricData']) {
      const end = Date.now() + 15_000;
      while (!(await calls()).includes(action)) {
        assert.ok(Date.now() < end, `${action} is not called`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    await visit(url);
    app.kill('SIGTERM');
    const { stderr } = await app.ended();
    assert.match(stderr, /telemetry is sent from the application's own thread/);
    assert.equal(metadata.requests.length, 2);
    assert.deepEqual(
      (await spans()).map(({ name }) => name),
      ['GET'],
    );
    await metadata.close();
    rmSync(folder, { recursive: true, force: true });
  });
});

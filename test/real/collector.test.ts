import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand } from '@aws-sdk/client-cloudwatch-logs';
import { SDK_INFO } from '@opentelemetry/core';
import { version } from '../../package.json';
import { putTraceSegments } from '../collector/trace-segments.js';
import { LocalAws } from '../e2e/support/aws.js';
import { Application } from '../e2e/support/process.js';
import { errorsOf, metricOf, ROUTE, requestCount, SERVICE, type Statistics, spanCount, tracesOf } from './arrived.js';
import { type Collector, collectors, ENVIRONMENT, until } from './collector-server.js';

const ROOT = join(import.meta.dirname, '../..');
const CONFIGURATIONS = readdirSync(join(ROOT, 'collector-config')).filter(
  (file) => file.endsWith('.yaml') && file !== 'builder.yaml',
);
const CHAIN = join(import.meta.dirname, 'fixtures/chain.cjs');

interface WrittenResource {
  resource: { attributes: { key: string; value: Record<string, unknown> }[] };
  schemaUrl: string;
  scopeSpans?: WrittenScope[];
  scopeMetrics?: WrittenScope[];
  scopeLogs?: WrittenScope[];
}
interface WrittenScope {
  scope: { name: string; version?: string };
}
type Written = Partial<Record<'resourceSpans' | 'resourceMetrics' | 'resourceLogs', WrittenResource[]>>;

/** Milliseconds for what was accepted to arrive at the other end. */
const ARRIVAL = 60_000;
/** Direct mode publishes sums of histograms with seven significant digits. */
const SUM_TOLERANCE = 1e-6;

/** Traces that a sampler has decided on, by `sampled`. */
const DECISIONS = 'otelcol_processor_tail_sampling_global_count_traces_sampled';

/** Up-down counters, whose value is what there is. */
const LEVELS = [
  'http.server.active_requests',
  'container.memory.working_set',
  'process.memory.usage',
  'v8js.memory.heap.used',
  'monitoring.heap.limit',
];

const TRAFFIC = { ok: 60, fail: 5, slow: 5 };
/** Of one process: so many requests before each of so many exports. */
const LIFE = { parts: 3, requests: 10 };
const CHAIN_REQUESTS = 2 * (TRAFFIC.ok + TRAFFIC.fail + TRAFFIC.slow);

describe('the Collector', function () {
  this.timeout(180_000);
  const on = collectors();
  const endpoints: LocalAws[] = [];
  const apps: Application[] = [];
  const table: Record<string, Record<string, string | number>> = {};

  afterEach(async () => {
    for (const app of apps.splice(0)) await app.dispose();
    for (const endpoint of endpoints.splice(0)) await endpoint.close();
  });
  after(() => {
    if (Object.keys(table).length > 0) console.table(table);
  });

  const aws = async (): Promise<LocalAws> => {
    const endpoint = await LocalAws.start({ xrayOperations: [putTraceSegments] });
    endpoints.push(endpoint);
    return endpoint;
  };

  /** What the Collectors need to take this endpoint for AWS. */
  const facing = (endpoint: LocalAws): Record<string, string> => ({
    AWS_ENDPOINT_URL: endpoint.studio.url,
    LOGS_ENDPOINT: `${endpoint.studio.url}/v1/logs`,
    XRAY_ENDPOINT: `${endpoint.studio.url}/v1/traces`,
  });

  /** An application that sends everything twice: directly to one endpoint, and by OTLP to a Collector. */
  const application = (service: string, direct: LocalAws, collector: Collector, env: Record<string, string> = {}) => {
    const app = new Application(CHAIN, {
      env: {
        ...direct.env(),
        OTEL_SERVICE_NAME: service,
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=prod',
        OTEL_METRICS_EXPORTER: 'cloudwatch,otlp',
        OTEL_TRACES_EXPORTER: 'xray,otlp',
        OTEL_LOGS_EXPORTER: 'cloudwatch,otlp',
        OTEL_TRACES_SAMPLER: 'parentbased_always_on',
        MONITORING_TRACE_BUDGET: 'none',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        MONITORING_NAMESPACE: 'Shop',
        MONITORING_SHUTDOWN_TIMEOUT: '30000',
        ...env,
      },
    });
    apps.push(app);
    return app;
  };

  /** Two applications, the first in front of the second, each with its Collector; ended in order. */
  const chain = async (direct: LocalAws, [first, second]: readonly [Collector, Collector]) => {
    const back = application('stock', direct, second);
    const front = application('shop', direct, first, { CALLEE: await back.url() });
    const url = await front.url();
    for (const [kind, times] of Object.entries(TRAFFIC)) {
      for (let time = 0; time < times; time++) await (await fetch(`${url}/orders/${kind}`)).text();
    }
    for (const app of [front, back]) await ended(app);
  };

  /** Ends an application, which delivers what it still has. */
  const ended = async (app: Application) => {
    app.kill('SIGTERM');
    const { code, signal, stderr } = await app.ended();
    assert.deepEqual([code, signal], [0, null], stderr);
    assert.doesNotMatch(stderr, /before all telemetry was delivered|dropped/, stderr);
  };

  const record = (column: string, endpoint: LocalAws, from: string) => {
    const traces = tracesOf(endpoint);
    table[column] = {
      'requests counted': requestCount(endpoint),
      traces: traces.size,
      spans: spanCount(traces),
      errors: errorsOf(endpoint).length,
      'AWS calls': from,
    };
  };

  const callsOf = (endpoint: LocalAws): string => {
    const counts = new Map<string, number>();
    for (const { action, status } of endpoint.studio.store.calls.list()) {
      if (status === 200) counts.set(action, (counts.get(action) ?? 0) + 1);
    }
    return [...counts]
      .sort()
      .map(([action, count]) => `${count} ${action}`)
      .join(', ');
  };

  it('accepts every configuration', () => {
    assert.deepEqual(CONFIGURATIONS.sort(), ['agent.yaml', 'gateway-sampling.yaml', 'gateway.yaml', 'local.yaml']);
    for (const file of CONFIGURATIONS) {
      const { status, stderr } = spawnSync(on.program, ['validate', '--config', join(ROOT, 'collector-config', file)], {
        encoding: 'utf8',
        env: { ...ENVIRONMENT, COLLECTOR_STORAGE: on.folder() },
        timeout: 60_000,
      });
      assert.equal(status, 0, `${file}: ${stderr}`);
      assert.doesNotMatch(stderr, /deprecat/i, file);
    }
  });

  it('refuses a configuration that has a mistake', () => {
    const env = { ...ENVIRONMENT, COLLECTOR_STORAGE: on.folder(), SAMPLING_WAIT: 'soon' };
    const args = ['validate', '--config', join(ROOT, 'collector-config/gateway-sampling.yaml')];
    const { status, stderr } = spawnSync(on.program, args, { encoding: 'utf8', env, timeout: 60_000 });
    assert.notEqual(status, 0);
    assert.match(stderr, /decision_wait/);
  });

  for (const protocol of ['http/protobuf', 'http/json', 'grpc']) {
    it(`writes all that a service sends by ${protocol} to a file with local.yaml`, async () => {
      const direct = await aws();
      const output = join(on.folder(), 'telemetry.jsonl');
      const local = await on.start('local.yaml', { COLLECTOR_OUTPUT: output });
      const app = application('shop', direct, local, {
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        ...(protocol === 'grpc' && { OTEL_EXPORTER_OTLP_ENDPOINT: `http://${local.grpc}` }),
      });
      const url = await app.url();
      for (const kind of ['ok', 'ok', 'fail']) await (await fetch(`${url}/orders/${kind}`)).text();
      await ended(app);
      await local.end('SIGTERM');
      const written = readFileSync(output, 'utf8');
      assert.equal(requestCount(direct), 3);
      assert.equal(written.match(/"kind":2/g)?.length, 3, 'spans of the server');
      assert.equal(written.match(/"body":\{"stringValue":"out of stock"\}/g)?.length, 1, 'errors');
      assert.match(written, /"http\.server\.request\.duration"/);
      for (const [traceId] of tracesOf(direct)) assert.ok(written.includes(traceId));
      assertResources(written, app.child.pid);
    });
  }

  /** Of what the Collector wrote, a line per request of one signal. */
  const assertResources = (written: string, pid: number | undefined) => {
    const instances = new Set<unknown>();
    const signals = ['resourceSpans', 'resourceMetrics', 'resourceLogs'] as const;
    for (const signal of signals) {
      const lines: Written[] = written
        .split('\n')
        .filter((line) => line.startsWith(`{"${signal}"`))
        .map((line) => JSON.parse(line));
      assert.ok(lines.length > 0, signal);
      for (const { resource, schemaUrl, scopeSpans, scopeMetrics, scopeLogs } of lines.flatMap(
        (line) => line[signal] ?? [],
      )) {
        for (const { scope } of [scopeSpans, scopeMetrics, scopeLogs].flatMap((scopes) => scopes ?? []))
          if (scope.name.startsWith('@org/monitoring/')) assert.equal(scope.version, version, scope.name);
        const attributes = new Map(resource.attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
        const sdk = ['name', 'language', 'version'].map((name) => attributes.get(`telemetry.sdk.${name}`));
        assert.deepEqual(sdk, ['opentelemetry', 'nodejs', SDK_INFO['telemetry.sdk.version']]);
        assert.equal(attributes.get('process.pid'), String(pid));
        assert.match(schemaUrl, /^https:\/\/opentelemetry\.io\/schemas\/1\.\d+\.0$/);
        instances.add(attributes.get('service.instance.id'));
      }
    }
    assert.equal(instances.size, 1);
    assert.match(String([...instances][0]), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  };

  /** Every series of the direct endpoint, by statistics, is at the other one. */
  const assertSameMetric = (direct: LocalAws, other: LocalAws, name: string, dimensions: readonly string[]) => {
    const expected = metricOf(direct, name, dimensions);
    const actual = metricOf(other, name, dimensions);
    assert.deepEqual([...actual.keys()].sort(), [...expected.keys()].sort(), name);
    for (const [key, statistics] of expected) assertSame(actual.get(key), statistics, `${name} ${key}`);
  };

  const assertSame = (actual: Statistics | undefined, expected: Statistics, what: string) => {
    const near = (a: number | undefined, b: number) => Math.abs((a ?? Number.NaN) - b) <= SUM_TOLERANCE * Math.abs(b);
    assert.equal(actual?.count, expected.count, `${what}: count`);
    assert.ok(near(actual?.sum, expected.sum), `${what}: sum ${actual?.sum} for ${expected.sum}`);
    assert.ok(near(actual?.minimum, expected.minimum), `${what}: minimum ${actual?.minimum} for ${expected.minimum}`);
    assert.ok(near(actual?.maximum, expected.maximum), `${what}: maximum ${actual?.maximum} for ${expected.maximum}`);
  };

  const assertSameMetrics = (direct: LocalAws, other: LocalAws) => {
    assert.equal(requestCount(direct), CHAIN_REQUESTS);
    for (const dimensions of [SERVICE, ROUTE]) {
      assertSameMetric(direct, other, 'http.server.request.duration', dimensions);
    }
    assertSameMetric(direct, other, 'http.client.request.duration', SERVICE);
    for (const level of LEVELS) assertSameMetric(direct, other, level, SERVICE);
    assert.equal(metricOf(other, 'EMFValidationErrors', ['LogGroupName']).size, 0);
  };

  const logStream = async (endpoint: LocalAws) => {
    const client = new CloudWatchLogsClient({
      endpoint: endpoint.studio.url,
      region: 'us-west-2',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    await client.send(new CreateLogGroupCommand({ logGroupName: '/otel/errors' }));
    await client.send(new CreateLogStreamCommand({ logGroupName: '/otel/errors', logStreamName: 'collector' }));
    client.destroy();
  };

  it('delivers with agent.yaml what the applications deliver themselves', async () => {
    const [direct, viaAgent] = [await aws(), await aws()];
    await logStream(viaAgent);
    const agent = await on.start('agent.yaml', { ...facing(viaAgent), MONITORING_NAMESPACE: 'Shop' });
    await chain(direct, [agent, agent]);
    const expected = tracesOf(direct);
    await until(
      'spans and errors',
      ARRIVAL,
      () =>
        spanCount(tracesOf(viaAgent)) >= spanCount(expected) && errorsOf(viaAgent).length >= errorsOf(direct).length,
      () => `${spanCount(tracesOf(viaAgent))} of ${spanCount(expected)} spans; ${agent.output.slice(-3000)}`,
    );
    // Its last batch of metrics goes as well.
    await agent.end('SIGTERM');
    record('direct', direct, callsOf(direct));
    record('agent', viaAgent, callsOf(viaAgent));
    assert.deepEqual(tracesOf(viaAgent), expected);
    assert.deepEqual(errorsOf(viaAgent), errorsOf(direct));
    assertSameMetrics(direct, viaAgent);
  });

  /** Requests over several exports to an application, which is then started anew. */
  const twoLives = async (direct: LocalAws, agent: Collector, temporality: Record<string, string>) => {
    for (let life = 0; life < 2; life++) {
      const app = application('shop', direct, agent, {
        ...temporality,
        OTEL_METRICS_EXPORTER: 'otlp',
        OTEL_METRIC_EXPORT_INTERVAL: '300',
      });
      const url = await app.url();
      for (let part = 0; part < LIFE.parts; part++) {
        for (let order = 0; order < LIFE.requests; order++) await (await fetch(`${url}/orders/ok`)).text();
        const before = await agent.metric('otelcol_receiver_accepted_metric_points', '');
        const exported = async () => (await agent.metric('otelcol_receiver_accepted_metric_points', '')) > before;
        await until('an export', ARRIVAL, exported);
      }
      await ended(app);
    }
    // Its last batch goes as well.
    await agent.end('SIGTERM');
  };

  for (const configuration of ['agent.yaml', 'gateway.yaml']) {
    const counted = async (temporality: Record<string, string>): Promise<Statistics> => {
      const [direct, other] = [await aws(), await aws()];
      await logStream(other);
      const env = { ...facing(other), MONITORING_NAMESPACE: 'Shop', COLLECTOR_STORAGE: on.folder() };
      await twoLives(direct, await on.start(configuration, env), temporality);
      const [statistics] = metricOf(other, 'http.server.request.duration', SERVICE).values();
      return statistics ?? assert.fail('no request is counted');
    };

    for (const [by, temporality] of [
      ['by default', {}],
      ['as deltas', { OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta' }],
    ] as const) {
      it(`counts with ${configuration} what an application answers before and after its restart ${by}`, async () => {
        const { count, minimum, maximum } = await counted(temporality);
        assert.equal(count, 2 * LIFE.parts * LIFE.requests);
        assert.ok(0 < minimum && minimum < maximum, `${minimum} to ${maximum}`);
      });
    }

    // Where this finds the extremes, running totals could be the default.
    it(`counts with ${configuration} the same of running totals, without their extremes`, async () => {
      const { count, minimum, maximum } = await counted({
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'cumulative',
      });
      assert.equal(count, 2 * LIFE.parts * LIFE.requests);
      assert.deepEqual([minimum, maximum], [0, 0]);
    });
  }

  it('keeps errors and slow traces whole over two gateways and two samplers, and a share of the rest', async () => {
    const [direct, fleet] = [await aws(), await aws()];
    await logStream(fleet);
    const sampling = { SAMPLING_WAIT: '5s', SAMPLING_SLOW_MS: '350', SAMPLING_PERCENTAGE: '25' };
    const env = { ...facing(fleet), ...sampling, MONITORING_NAMESPACE: 'Shop' };
    const samplers: Collector[] = [];
    for (let index = 0; index < 2; index++) {
      samplers.push(await on.start('gateway-sampling.yaml', { ...env, COLLECTOR_STORAGE: on.folder() }));
    }
    const tier = `[${samplers.map(({ grpc }) => grpc).join(', ')}]`;
    const gateway = () => on.start('gateway.yaml', { ...env, COLLECTOR_STORAGE: on.folder(), SAMPLING_TIER: tier });
    const gateways = [await gateway(), await gateway()] as const;
    await chain(direct, gateways);
    const expected = tracesOf(direct);
    const decisions = async (labels: string) => {
      const counts = await Promise.all(samplers.map((sampler) => sampler.metric(DECISIONS, labels)));
      return counts.reduce((sum, count) => sum + count, 0);
    };
    await until('all decisions', ARRIVAL, async () => (await decisions('')) >= expected.size);
    const sampled = await decisions('sampled="true"');
    await until('the traces', ARRIVAL, () => tracesOf(fleet).size >= sampled);

    const kept = tracesOf(fleet);
    assert.equal(kept.size, sampled);
    assert.equal(expected.size, TRAFFIC.ok + TRAFFIC.fail + TRAFFIC.slow);
    for (const [traceId, spans] of kept) assert.deepEqual(spans, expected.get(traceId), 'the trace is whole');
    const worthy = direct.studio.store.traces
      .list()
      .filter((trace) =>
        [...trace.spans].some(
          ({ status, startTimeUnixNano, endTimeUnixNano }) =>
            status.code === 2 || BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano) > 360_000_000n,
        ),
      )
      .map(({ traceId }) => traceId);
    assert.ok(worthy.length >= TRAFFIC.fail + TRAFFIC.slow);
    assert.deepEqual(
      worthy.filter((traceId) => !kept.has(traceId)),
      [],
    );
    // A share of 25 % of 60 is neither all nor nothing, but once in ten million runs.
    assert.ok(kept.size > worthy.length && kept.size < expected.size, `${kept.size} of ${expected.size} traces`);
    const received = await Promise.all(gateways.map((each) => each.metric('otelcol_receiver_accepted_spans', '')));
    assert.ok(
      received.every((count) => count >= TRAFFIC.ok),
      `both gateways worked: ${received}`,
    );
    await until('errors', ARRIVAL, () => errorsOf(fleet).length >= errorsOf(direct).length);
    // Their last batches of metrics go as well.
    for (const each of gateways) await each.end('SIGTERM');
    record('gateway', fleet, callsOf(fleet));
    assert.deepEqual(errorsOf(fleet), errorsOf(direct));
    assertSameMetrics(direct, fleet);
  });

  /** Traces of one application, which end before the test goes on. */
  const sendOrders = async (direct: LocalAws, collector: Collector, count: number) => {
    const app = application('shop', direct, collector);
    const url = await app.url();
    for (let order = 0; order < count; order++) {
      await (await fetch(`${url}/orders/${order % 5 === 0 ? 'fail' : 'ok'}`)).text();
    }
    await ended(app);
    return tracesOf(direct);
  };

  it('loses nothing of the sampler’s queue to SIGKILL while X-Ray is away', async () => {
    const [direct, fleet] = [await aws(), await aws()];
    fleet.studio.faults.add({ kind: 'unavailable', path: '/v1/traces' });
    const env = { ...facing(fleet), SAMPLING_WAIT: '1s', SAMPLING_PERCENTAGE: '100', COLLECTOR_STORAGE: on.folder() };
    const sampler = await on.start('gateway-sampling.yaml', env);
    const gateway = await on.start('gateway.yaml', {
      ...facing(fleet),
      COLLECTOR_STORAGE: on.folder(),
      SAMPLING_TIER: `[${sampler.grpc}]`,
    });
    const expected = await sendOrders(direct, gateway, 40);
    await until('all decisions', ARRIVAL, async () => (await sampler.metric(DECISIONS, '')) >= expected.size);
    const refused = () => fleet.studio.store.calls.list().filter(({ action }) => action === 'v1/traces').length;
    const before = refused();
    await until('a try after the last decision', ARRIVAL, () => refused() > before);
    await sampler.end('SIGKILL');
    assert.equal(tracesOf(fleet).size, 0);
    fleet.studio.faults.clear();
    await sampler.start();
    await until(
      'the traces',
      ARRIVAL,
      () => spanCount(tracesOf(fleet)) >= spanCount(expected),
      () => sampler.output,
    );
    assert.deepEqual(tracesOf(fleet), expected);
  });

  it('loses nothing of a gateway’s queues to SIGKILL while the samplers and CloudWatch Logs are away', async () => {
    const [direct, fleet] = [await aws(), await aws()];
    await logStream(fleet);
    fleet.studio.faults.add({ kind: 'error5xx', status: 503, path: '/v1/logs' });
    const sampling = { SAMPLING_WAIT: '1s', SAMPLING_PERCENTAGE: '100', COLLECTOR_STORAGE: on.folder() };
    const sampler = await on.prepare('gateway-sampling.yaml', { ...facing(fleet), ...sampling });
    const gateway = await on.start('gateway.yaml', {
      ...facing(fleet),
      COLLECTOR_STORAGE: on.folder(),
      SAMPLING_TIER: `[${sampler.grpc}]`,
    });
    const expected = await sendOrders(direct, gateway, 40);
    // It has answered, so what it answered for is on the disk.
    assert.equal(await gateway.metric('otelcol_receiver_accepted_spans', ''), spanCount(expected));
    assert.equal(await gateway.metric('otelcol_receiver_accepted_log_records', ''), errorsOf(direct).length);
    await gateway.end('SIGKILL');
    fleet.studio.faults.clear();
    await sampler.start();
    await gateway.start();
    await until(
      'the traces',
      ARRIVAL,
      () => spanCount(tracesOf(fleet)) >= spanCount(expected),
      () => gateway.output,
    );
    await until(
      'the errors',
      ARRIVAL,
      () => errorsOf(fleet).length >= errorsOf(direct).length,
      () => gateway.output,
    );
    assert.deepEqual(tracesOf(fleet), expected);
    assert.deepEqual(errorsOf(fleet), errorsOf(direct));
    assert.equal(errorsOf(direct).length, 8);
  });

  it('decides early what is undecided at an orderly end of the sampler, and keeps what it cannot send', async () => {
    const [direct, fleet] = [await aws(), await aws()];
    const env = { ...facing(fleet), SAMPLING_WAIT: '600s', SAMPLING_PERCENTAGE: '100' };
    const sampler = await on.start('gateway-sampling.yaml', { ...env, COLLECTOR_STORAGE: on.folder() });
    const gateway = await on.start('gateway.yaml', {
      ...facing(fleet),
      COLLECTOR_STORAGE: on.folder(),
      SAMPLING_TIER: `[${sampler.grpc}]`,
    });
    const expected = await sendOrders(direct, gateway, 10);
    const accepted = async () => sampler.metric('otelcol_receiver_accepted_spans', '');
    await until('the spans', ARRIVAL, async () => (await accepted()) >= spanCount(expected));
    assert.equal(tracesOf(fleet).size, 0);
    await sampler.end('SIGTERM');
    await sampler.start();
    await until(
      'the traces',
      ARRIVAL,
      () => spanCount(tracesOf(fleet)) >= spanCount(expected),
      () => sampler.output,
    );
    assert.deepEqual(tracesOf(fleet), expected);
  });
});

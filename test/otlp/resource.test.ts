import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { SDK_INFO } from '@opentelemetry/core';
import { readConfiguration } from '../../src/config/read.js';
import { LossNotices } from '../../src/delivery/loss-notices.js';
import { openAwsAccess } from '../../src/delivery/worker/aws-access.js';
import { Destinations } from '../../src/delivery/worker/destinations.js';
import { nameDestinations } from '../../src/resource/destination-names.js';
import { createResourceAttributes, SCHEMA_URL } from '../../src/resource/resource.js';
import { withApplicationSignals } from '../../src/tracing/application-signals.js';
import { Ledger } from '../../src/wire/ledger.js';
import { readRequest, type Sent, type Signal } from './export-requests.js';
import { GrpcReceiver } from './grpc-receiver.js';
import { logRecord, SCOPE, scopeMetrics, span } from './telemetry.js';

const INSTANCE = '8e0d2d50-3f2b-4bf4-9d5a-6a5f1c2f7f10';
const ATTRIBUTES = createResourceAttributes({
  service: { name: 'shop', nameFrom: 'settings', version: '1.0.0', namespace: 'sales' },
  platform: { name: 'generic', attributes: {} },
  resourceAttributes: {},
  distro: { name: '@org/monitoring', version: '0.1.0' },
  sdk: SDK_INFO,
  instanceId: INSTANCE,
  hostName: 'host-1',
  pid: 7,
  nodeVersion: '24.0.0',
});
const OTLP = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_TRACES_EXPORTER: 'otlp', OTEL_LOGS_EXPORTER: 'otlp' };
/** Looked at by the AWS SDK. */
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_EC2_METADATA_DISABLED: 'true' };

describe('the resource on the wire, by the official definitions', () => {
  const received: { signal: Signal; body: Buffer }[] = [];
  let server: Server;
  let url: string;
  let receiver: GrpcReceiver;
  const before_ = { ...process.env };

  before(async () => {
    Object.assign(process.env, CREDENTIALS);
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const signal = /v1\/(\w+)$/.exec(request.url ?? '')?.[1] as Signal;
      received.push({ signal, body: request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body });
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    receiver = await GrpcReceiver.start();
  });
  beforeEach(() => {
    received.length = 0;
    receiver.received.length = 0;
  });
  after(() => {
    process.env = before_;
    server.close();
    server.closeAllConnections();
    receiver.close();
  });

  const open = async (env: Record<string, string>) => {
    const configuration = nameDestinations(readConfiguration(env).configuration, { name: 'shop' });
    const access = await openAwsAccess(configuration.aws, { region: 'us-west-2', source: 'a test' });
    const losses = new LossNotices(new Ledger('worker'), () => {});
    return new Destinations(configuration, ATTRIBUTES, access, withApplicationSignals, losses);
  };
  const deliverAll = async (destinations: Destinations) => {
    await destinations.deliver({ kind: 'spans', spans: [span()] });
    await destinations.deliver({ kind: 'metrics', scopeMetrics: scopeMetrics() });
    await destinations.deliverLogs([logRecord()]).handedOver;
    await destinations.flush(5000);
  };
  const sentByHttp = (signal: Signal) =>
    received.filter((each) => each.signal === signal).flatMap(({ body }) => readRequest(signal, body));

  function assertResource(sent: Sent[], what: string): void {
    const [first, ...more] = sent;
    assert.ok(first, what);
    assert.equal(more.length, 0, what);
    const { attributes, schemaUrl, scopes } = first;
    assert.deepEqual(
      Object.entries(attributes)
        .filter(([key]) => /^(telemetry|service)\./.test(key))
        .sort(),
      Object.entries({
        'service.name': 'shop',
        'service.namespace': 'sales',
        'service.version': '1.0.0',
        'service.instance.id': INSTANCE,
        'telemetry.sdk.name': 'opentelemetry',
        'telemetry.sdk.language': 'nodejs',
        'telemetry.sdk.version': SDK_INFO['telemetry.sdk.version'],
        'telemetry.distro.name': '@org/monitoring',
        'telemetry.distro.version': '0.1.0',
      }).sort(),
      what,
    );
    assert.equal(schemaUrl, SCHEMA_URL, what);
    assert.deepEqual(
      scopes.map(({ scope, schemaUrl: ofScope }) => [scope?.name, scope?.version, ofScope]),
      [[SCOPE.name, SCOPE.version, SCOPE.schemaUrl]],
      what,
    );
  }

  it('is whole in all three signals by HTTP', async () => {
    await deliverAll(await open({ ...OTLP, OTEL_EXPORTER_OTLP_ENDPOINT: url }));
    for (const signal of ['traces', 'metrics', 'logs'] as const) assertResource(sentByHttp(signal), signal);
  });

  it('is whole in all three signals by gRPC', async () => {
    await deliverAll(
      await open({ ...OTLP, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }),
    );
    for (const signal of ['traces', 'metrics', 'logs'] as const) assertResource(receiver.sent(signal), signal);
  });

  it('is whole in what X-Ray and CloudWatch are sent by OTLP', async () => {
    const env = { OTEL_METRICS_EXPORTER: 'cloudwatch_otlp', OTEL_LOGS_EXPORTER: 'none', AWS_ENDPOINT_URL: url };
    await deliverAll(await open(env));
    for (const signal of ['traces', 'metrics'] as const) assertResource(sentByHttp(signal), signal);
  });
});

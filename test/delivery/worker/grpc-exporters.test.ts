import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import { readConfiguration } from '../../../src/config/read.js';
import { LossNotices } from '../../../src/delivery/loss-notices.js';
import { Destinations } from '../../../src/delivery/worker/destinations.js';
import { nameDestinations } from '../../../src/resource/destination-names.js';
import { withApplicationSignals } from '../../../src/tracing/application-signals.js';
import { Ledger } from '../../../src/wire/ledger.js';
import { GrpcReceiver } from '../../otlp/grpc-receiver.js';
import { logRecord, scopeMetrics, span } from '../../otlp/telemetry.js';
import { CERTIFICATE, KEY } from '../../requests/localhost-certificate.js';
import { NO_ACCESS } from './no-access.js';

const ENVIRONMENT = {
  OTEL_METRICS_EXPORTER: 'otlp',
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_LOGS_EXPORTER: 'otlp',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
};

describe('OTLP over gRPC', () => {
  let receiver: GrpcReceiver | undefined;
  let other: Server | undefined;
  let folder: string;
  let lines: string[];
  let ledger: Ledger;

  const destinations = (env: Record<string, string>) => {
    const { configuration, problems } = readConfiguration({ ...ENVIRONMENT, ...env });
    assert.deepEqual(problems, []);
    return new Destinations(
      nameDestinations(configuration, { name: 'shop' }),
      { 'service.name': 'shop' },
      NO_ACCESS,
      withApplicationSignals,
      new LossNotices(ledger, () => {}),
    );
  };
  const started = async (tls?: Parameters<typeof GrpcReceiver.start>[0]) => {
    receiver = await GrpcReceiver.start(tls);
    return receiver;
  };
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'grpc-exporters-'));
    lines = [];
    ledger = new Ledger('worker');
    const line = (level: string) => (text: string) => lines.push(`${level} ${text}`);
    const logger: DiagLogger = {
      error: line('error'),
      warn: line('warn'),
      info: line('info'),
      debug: () => {},
      verbose: () => {},
    };
    diag.setLogger(logger, { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true });
  });
  afterEach(() => {
    diag.disable();
    receiver?.close();
    other?.close();
    rmSync(folder, { recursive: true, force: true });
    [receiver, other] = [undefined, undefined];
  });

  it('sends all three signals, each to its service', async () => {
    const { url, sent } = await started();
    const open = destinations({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
    await open.deliver({ kind: 'spans', spans: [span('GET /orders')] });
    await open.deliver({ kind: 'metrics', scopeMetrics: scopeMetrics('orders') });
    assert.equal(await open.deliverLogs([logRecord('out of stock')]).settled, 'done');
    const items = (['traces', 'metrics', 'logs'] as const).map((signal) => sent.call(receiver, signal)[0]?.items);
    assert.deepEqual(items, [['GET /orders'], ['orders'], ['out of stock']]);
    assert.deepEqual(lines, []);
  });

  it('sends headers as metadata', async () => {
    const { url, received } = await started();
    const open = destinations({
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_HEADERS: 'Api-Key=hunter2,x-tenant=a%20b',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-tenant=traces',
    });
    await open.deliver({ kind: 'spans', spans: [span()] });
    const { metadata } = received[0] ?? {};
    assert.equal(metadata?.['api-key'], 'hunter2');
    assert.equal(metadata?.['x-tenant'], 'traces');
    assert.match(String(metadata?.['user-agent']), /OTel-OTLP-Exporter-JavaScript/);
  });

  it('leaves out a header that gRPC does not take, and says its name only', async () => {
    const { url, received } = await started();
    const open = destinations({
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-name=Zo%C3%AB,x-ok=1',
    });
    await open.deliver({ kind: 'spans', spans: [span()] });
    assert.equal(received[0]?.metadata['x-ok'], '1');
    assert.deepEqual(
      lines.map((line) => [/x-name/.test(line), /Zo/.test(line)]),
      [[true, false]],
    );
  });

  for (const [compression, encoding, flag] of [
    ['gzip', 'gzip', 1],
    ['none', undefined, 0],
  ] as const) {
    it(`compresses by ${compression}`, async () => {
      const seen: unknown[] = [];
      const server = createHttp2Server().on('stream', (stream, headers) => {
        stream.once('data', (bytes: Buffer) => {
          seen.push(headers['grpc-encoding'], bytes[0]);
          stream.respond(
            { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '0' },
            { endStream: true },
          );
        });
      });
      other = server;
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as { port: number };
      const open = destinations({
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_EXPORTER_OTLP_COMPRESSION: compression,
        OTEL_EXPORTER_OTLP_TIMEOUT: '900',
      });
      await open.deliver({ kind: 'spans', spans: [span()] });
      assert.deepEqual(seen, [encoding, flag]);
    });
  }

  it('trusts the authority that OTEL_EXPORTER_OTLP_CERTIFICATE names', async () => {
    const { port, received } = await started({ tls: { key: KEY, certificate: CERTIFICATE } });
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `localhost:${port}`, OTEL_EXPORTER_OTLP_TIMEOUT: '900' };
    await destinations(env).deliver({ kind: 'spans', spans: [span()] });
    assert.equal(received.length, 0);
    assert.match(lines.join('\n'), /traces to otlp: 14 UNAVAILABLE.*self-signed certificate/);
    const trusted = { ...env, OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca.pem', CERTIFICATE) };
    await destinations(trusted).deliver({ kind: 'spans', spans: [span()] });
    assert.equal(received.length, 1);
  });

  it('shows the client certificate of mutual TLS', async () => {
    const tls = { key: KEY, certificate: CERTIFICATE, clientAuthority: CERTIFICATE };
    const { port, received } = await started({ tls });
    const open = destinations({
      OTEL_EXPORTER_OTLP_ENDPOINT: `https://localhost:${port}`,
      OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca.pem', CERTIFICATE),
      OTEL_EXPORTER_OTLP_CLIENT_KEY: file('key.pem', KEY),
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: file('certificate.pem', CERTIFICATE),
    });
    await open.deliver({ kind: 'spans', spans: [span()] });
    assert.equal(received.length, 1);
  });

  for (const [what, env, said] of [
    [
      'a file that is not there',
      { OTEL_EXPORTER_OTLP_CERTIFICATE: '/nowhere/ca.pem' },
      /nowhere\/ca\.pem can't be read/,
    ],
    ['a key without a certificate', { OTEL_EXPORTER_OTLP_CLIENT_KEY: 'key.pem' }, /mutual TLS takes a client key and/],
    [
      'files without PEM in them',
      { OTEL_EXPORTER_OTLP_CLIENT_KEY: 'no.pem', OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: 'no.pem' },
      /PEM files can't be used/,
    ],
  ] as const) {
    it(`goes on with one line about ${what}`, () => {
      file('key.pem', KEY);
      file('no.pem', 'nothing');
      const paths = Object.entries(env).map(([name, path]) => [name, path.startsWith('/') ? path : join(folder, path)]);
      destinations({
        OTEL_LOGS_EXPORTER: 'none',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'https://localhost:9',
        ...Object.fromEntries(paths),
      });
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(lines[0] ?? '', said);
    });
  }

  describe('says what is lost, and reports it as lost', () => {
    const lost = async (env: Record<string, string>, losses: Record<string, number> = { export_failed: 2 }) => {
      const open = destinations({ OTEL_EXPORTER_OTLP_TIMEOUT: '300', ...env });
      const outcome = await open.deliverLogs([logRecord(), logRecord()]).settled;
      const { made, delivered, lost } = ledger.entry('logs');
      assert.deepEqual(lost, losses);
      assert.equal(delivered, 2 - Object.values(losses).reduce((sum, count) => sum + count));
      assert.equal(made, 0, 'the application counts what it makes');
      return outcome;
    };

    it('when nothing listens', async () => {
      assert.equal(await lost({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }), 'lost');
      assert.match(lines.join('\n'), /^warn logs to otlp: 14 UNAVAILABLE.*ECONNREFUSED/);
    });

    it('when nobody answers in time', async () => {
      const silent = await started();
      silent.answer = () => 'none';
      assert.equal(await lost({ OTEL_EXPORTER_OTLP_ENDPOINT: silent.url }), 'lost');
      assert.match(lines.join('\n'), /^warn logs to otlp: 4 DEADLINE_EXCEEDED/);
    });

    it('when what listens does not speak HTTP/2', async () => {
      other = createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      const { port } = await new Promise<{ port: number }>((resolve) => {
        other?.listen(0, '127.0.0.1', () => resolve(other?.address() as { port: number }));
      });
      assert.equal(await lost({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` }), 'lost');
      assert.match(lines.join('\n'), /^warn logs to otlp: (14 UNAVAILABLE|13 INTERNAL|4 DEADLINE_EXCEEDED)/);
    });

    it('when it is refused, without another attempt', async () => {
      const refusing = await started();
      refusing.answer = () => ({ error: { code: status.PERMISSION_DENIED, details: 'no such tenant' } });
      assert.equal(
        await lost({ OTEL_EXPORTER_OTLP_ENDPOINT: refusing.url, OTEL_EXPORTER_OTLP_TIMEOUT: '10000' }),
        'lost',
      );
      assert.match(lines.join('\n'), /^warn logs to otlp: 7 PERMISSION_DENIED: no such tenant$/);
      assert.equal(refusing.received.length, 1);
    });

    it('when the receiver takes a part', async () => {
      const partial = await started();
      partial.answer = () => ({ response: { partialSuccess: { rejectedLogRecords: 1, errorMessage: 'too old' } } });
      assert.equal(await lost({ OTEL_EXPORTER_OTLP_ENDPOINT: partial.url }, { rejected: 1 }), 'done');
      assert.match(lines.join('\n'), /^warn .*Partial Success/);
    });
  });

  it('sends again what a receiver that starts anew has refused', async () => {
    const { url, received } = await started();
    assert.ok(receiver);
    receiver.answer = (_request, before) =>
      before === 0 ? { error: { code: status.UNAVAILABLE, details: 'shutting down' } } : { response: {} };
    const open = destinations({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
    assert.equal(await open.deliverLogs([logRecord()]).settled, 'done');
    assert.equal(received.length, 2);
    assert.deepEqual(lines, []);
  });
});

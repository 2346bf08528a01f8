import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { readConfiguration } from '../../../src/config/read.js';
import { createOtlpTraceExporter } from '../../../src/delivery/worker/otlp-exporters.js';
import { LoopbackProxy } from '../../exporters/aws/loopback-proxy.js';
import { CERTIFICATE, KEY } from '../../requests/localhost-certificate.js';

describe('OTLP over HTTP', () => {
  const environment = process.env;
  let server: Server;
  let proxy: LoopbackProxy;
  const hosts: (string | undefined)[] = [];

  async function open(isSecure: boolean): Promise<number> {
    server = isSecure ? createSecureServer({ key: KEY, cert: CERTIFICATE }) : createServer();
    server.on('request', ({ headers }, response) => {
      hosts.push(headers.host);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    proxy = await LoopbackProxy.start(`http://127.0.0.1:${port}`);
    return port;
  }

  /** Exports no spans, by the environment of this process. */
  async function send(env: Record<string, string>): Promise<ExportResult> {
    process.env = { ...environment, ...env };
    const { configuration, problems } = readConfiguration(env);
    assert.deepEqual(problems, []);
    const exporter = createOtlpTraceExporter(configuration.otlp.traces);
    const spans: ReadableSpan[] = [];
    const result = await new Promise<ExportResult>((resolve) => exporter.export(spans, resolve));
    await exporter.shutdown();
    return result;
  }

  afterEach(async () => {
    process.env = environment;
    hosts.length = 0;
    server.closeAllConnections();
    server.close();
    await proxy.close();
  });

  it('goes through HTTP_PROXY to a collector that is not on this host', async () => {
    await open(false);
    const { code, error } = await send({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.test:4318',
      HTTP_PROXY: `http://127.0.0.1:${proxy.port}`,
    });
    assert.deepEqual(
      [error, code, proxy.asked, hosts],
      [undefined, ExportResultCode.SUCCESS, ['collector.test:4318'], ['collector.test:4318']],
    );
  });

  it('tunnels through HTTPS_PROXY to a collector with TLS, by the PEM files of the settings', async () => {
    await open(true);
    proxy.opensTunnels = true;
    const folder = mkdtempSync(join(tmpdir(), 'otlp-exporters-'));
    const authority = join(folder, 'ca.pem');
    writeFileSync(authority, CERTIFICATE);
    const { error } = await send({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://localhost.test:4318',
      OTEL_EXPORTER_OTLP_CERTIFICATE: authority,
      HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
    });
    rmSync(folder, { recursive: true });
    assert.deepEqual(proxy.asked, ['CONNECT localhost.test:4318']);
    // The authority of the settings vouches for the certificate, which is for another name.
    assert.match(String(error?.message), /altnames/);
  });

  it('goes directly to a collector on this host, whatever proxy is set', async () => {
    const port = await open(false);
    const { code, error } = await send({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      HTTP_PROXY: `http://127.0.0.1:${proxy.port}`,
    });
    assert.deepEqual(
      [error, code, proxy.asked, hosts],
      [undefined, ExportResultCode.SUCCESS, [], [`127.0.0.1:${port}`]],
    );
  });
});

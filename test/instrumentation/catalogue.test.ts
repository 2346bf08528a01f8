import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOGUE, type RequestPath } from '../../src/instrumentation/catalogue.js';
import { MEASURED_CLIENTS } from '../../src/instrumentation/durations/measured-clients.js';

const INSTALLED = join(__dirname, '../../node_modules/@opentelemetry');

const surroundings = (requestPath: RequestPath) => ({
  requestPath,
  takesFetch: () => false,
  unsampledContext: () => undefined,
  isInstrumented: () => true,
});

describe('the catalogue', () => {
  it('holds every installed instrumentation, once', () => {
    const installed = readdirSync(INSTALLED).filter((name) => name.startsWith('instrumentation-'));
    assert.deepEqual(CATALOGUE.map((entry) => entry.package.slice('@opentelemetry/'.length)).sort(), installed.sort());
  });

  it('measures every client of a database, an RPC or a service over HTTP', () => {
    const clients = CATALOGUE.filter((entry) => isClient(sourceOf(entry.package))).map(({ name }) => name);
    assert.deepEqual(clients.sort(), Object.keys(MEASURED_CLIENTS).sort());
  });

  it('measures by spans no client whose instrumentation measures', () => {
    for (const { name, package: packageName } of CATALOGUE) {
      const client = MEASURED_CLIENTS[name];
      const measures = /METRIC_(DB_CLIENT_OPERATION|HTTP_CLIENT_REQUEST|RPC_CLIENT\w*)_DURATION\b/.test(
        sourceOf(packageName),
      );
      if (measures) assert.equal(client?.by, 'instrumentation', name);
    }
  });

  it('sends no log records', () => {
    for (const name of ['pino', 'winston', 'bunyan']) {
      const options = CATALOGUE.find((entry) => entry.name === name)?.options?.(surroundings('short'));
      assert.equal((options as { disableLogSending?: boolean }).disableLogSending, true);
    }
  });

  it('leaves incoming requests to the server layer unless they go the full way', () => {
    const http = CATALOGUE.find((entry) => entry.name === 'http');
    const disabled = (path: RequestPath): unknown =>
      Object.entries(http?.options?.(surroundings(path)) ?? {}).find(
        ([name]) => name === 'disableIncomingRequestInstrumentation',
      )?.[1];
    assert.deepEqual([disabled('short'), disabled('full')], [true, false]);
  });
});

/** The source of an installed instrumentation. */
function sourceOf(packageName: string): string {
  const folder = join(INSTALLED, packageName.slice('@opentelemetry/'.length), 'dist');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.mjs'));
  return files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
}

/** Whether it begins spans of a client with the attributes of a database, an RPC, HTTP or a model. */
function isClient(source: string): boolean {
  return /SpanKind\.CLIENT/.test(source) && /ATTR_(DB_SYSTEM|RPC_SYSTEM|HTTP_REQUEST_METHOD|GEN_AI)/.test(source);
}

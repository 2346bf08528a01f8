import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOGUE, type RequestPath } from '../../src/instrumentation/catalogue.js';

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

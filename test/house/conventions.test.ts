import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { EMITTED_NAMES } from '../../src/cli/emitted-metrics.js';

const ROOT = join(__dirname, '../..');
const FOLDERS = ['src', 'exporters'];
const CONVENTIONS = join(ROOT, 'node_modules/@opentelemetry/semantic-conventions');

/**
 * Metrics outside the conventions and outside our own namespace, and why.
 * `http.server.fault`, `.error` and `messaging.process.fault`: 0 or 1 for each request or message, whose Average is the rate in CloudWatch.
 * `container.*.utilization`: the part of the limit, which the conventions leave to the reader.
 */
const BESIDE_THE_CONVENTIONS: ReadonlySet<string> = new Set([
  'http.server.fault',
  'http.server.error',
  'messaging.process.fault',
  'container.cpu.utilization',
  'container.memory.utilization',
]);

/**
 * What reads the former names of attributes, which other libraries' spans and settings still have. `rpc.service`, which
 * we send, is among these names: the conventions have no other name for a called service alone.
 */
const READERS: ReadonlySet<string> = new Set([
  'exporters/cloudwatch-logs/event.ts',
  'exporters/cloudwatch-metrics/dimensions.ts',
  'exporters/cloudwatch-metrics/entity.ts',
  'src/cli/emitted-metrics.ts',
  'src/delivery/worker/telemetry-redaction.ts',
  'src/instrumentation/durations/call.ts',
  'src/instrumentation/durations/measured-clients.ts',
  'src/redaction/sql.ts',
  'src/resource/resource.ts',
  'src/studio/views/service-map.ts',
  'src/tracing/application-signals.ts',
  'src/tracing/remote-service.ts',
  'src/tracing/request-facts.ts',
]);

/** Names that the conventions' declarations mark as deprecated. */
function deprecatedNames(): Set<string> {
  const files = ['attributes', 'metrics', 'events'].flatMap((of) => [`stable_${of}`, `experimental_${of}`]);
  const declared = files.map((file) => readFileSync(join(CONVENTIONS, 'dist', `${file}.d.mts`), 'utf8')).join('\n');
  const documented = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*declare const (?:ATTR|METRIC|EVENT)_\w+: "([^"]+)"/g;
  const deprecated = [...declared.matchAll(documented)].filter(([, comment]) => comment?.includes('@deprecated'));
  return new Set(deprecated.flatMap(([, , name]) => name ?? []));
}

function sourceFiles(): string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => join(folder, file)),
  );
}

describe('names on the wire', () => {
  const metrics: ReadonlySet<unknown> = new Set(
    Object.entries(conventions).flatMap(([key, name]) => (key.startsWith('METRIC_') ? [name] : [])),
  );
  const deprecated = deprecatedNames();

  it('are checked against the semantic conventions 1.45', () => {
    const { version }: { version: string } = JSON.parse(readFileSync(join(CONVENTIONS, 'package.json'), 'utf8'));
    assert.match(version, /^1\.45\./);
    assert.ok(deprecated.has('v8js.memory.heap.limit') && deprecated.has('http.method'), [...deprecated].join(' '));
  });

  it('of metrics are those of the conventions, not deprecated, or in our namespace', () => {
    assert.deepEqual(
      EMITTED_NAMES.filter(
        (name) =>
          !(metrics.has(name) && !deprecated.has(name)) &&
          !name.startsWith('monitoring.') &&
          !BESIDE_THE_CONVENTIONS.has(name),
      ),
      [],
    );
  });

  it('are deprecated nowhere but in what reads the telemetry of others', () => {
    const found = sourceFiles().flatMap((file) => {
      if (READERS.has(file)) return [];
      const names = readFileSync(join(ROOT, file), 'utf8').matchAll(/['"`]([a-z0-9_]+(?:\.[a-z0-9_]+)+)['"`]/g);
      return [...names].flatMap(([, name]) => (name && deprecated.has(name) ? [`${file}: ${name}`] : []));
    });
    assert.deepEqual(found, []);
  });
});

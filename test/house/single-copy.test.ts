import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const dist = join(__dirname, '../../dist');

/** Bundles that one process may load together, by the thread that loads them. */
const LOADED_TOGETHER: Record<string, (bundle: string) => boolean> = {
  'the application thread': (bundle) =>
    /^(register|preload|otel|index|instrumentation|instrumentations\/.*)\.cjs$/.test(bundle),
  'the delivery worker': (bundle) => /^(worker|otel|otlp|grpc|aws-sdk)\.cjs$/.test(bundle),
};

function openTelemetryPackages(folders: string[]): Map<string, Set<string>> {
  const byName = new Map<string, Set<string>>();
  for (const folder of folders) {
    const name = /@opentelemetry\/[^/]+$/.exec(folder)?.[0];
    if (name) byName.set(name, (byName.get(name) ?? new Set()).add(folder));
  }
  return byName;
}

describe('built bundles', () => {
  let inputs: Record<string, string[]>;

  before(() => {
    const file = join(dist, 'inputs.json');
    assert.ok(existsSync(file), 'dist/ is missing: run `npm run build`');
    inputs = JSON.parse(readFileSync(file, 'utf8'));
  });

  it('take each OpenTelemetry package from one place', () => {
    const copies = openTelemetryPackages(Object.values(inputs).flat());
    assert.ok(copies.size > 30, 'the bundles contain OpenTelemetry');
    assert.deepEqual(
      [...copies].filter(([, folders]) => folders.size > 1),
      [],
    );
  });

  it('hold gRPC in one file, which only a worker that sends by it loads', () => {
    const holders = Object.entries(inputs).filter(([, folders]) => folders.some((folder) => folder.includes('@grpc/')));
    assert.deepEqual(
      holders.map(([bundle]) => bundle).filter((bundle) => bundle !== 'cli.cjs'),
      ['grpc.cjs'],
    );
  });

  it('hold each OpenTelemetry package once per thread, but for constants and what instrumentations have in common', () => {
    const repeated = new Set(
      ['semantic-conventions', 'redis-common', 'sql-common'].map((name) => `@opentelemetry/${name}`),
    );
    for (const [thread, loads] of Object.entries(LOADED_TOGETHER)) {
      const together = Object.entries(inputs).filter(([bundle]) => loads(bundle));
      for (const name of openTelemetryPackages(together.flatMap(([, folders]) => folders)).keys()) {
        const holders = together.filter(([, folders]) => folders.some((folder) => folder.endsWith(`/${name}`)));
        const bundles = holders.map(([bundle]) => bundle).join(', ');
        assert.ok(holders.length === 1 || repeated.has(name), `${thread}: ${name} is in ${bundles}`);
      }
    }
  });
});

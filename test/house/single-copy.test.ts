import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const dist = join(__dirname, '../../dist');

/** Bundles that one process may load together, by the thread that loads them. */
const LOADED_TOGETHER: Record<string, (bundle: string) => boolean> = {
  'the application thread': (bundle) =>
    /^(register|preload|otel|index|instrumentation|instrumentations\/.*)\.cjs$/.test(bundle),
  'the delivery worker': (bundle) => /^(worker|aws-sdk)\.cjs$/.test(bundle),
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

  it('hold the api, core and instrumentation packages once per thread', () => {
    for (const [thread, loads] of Object.entries(LOADED_TOGETHER)) {
      for (const name of ['api', 'core', 'instrumentation', 'sdk-trace', 'sdk-metrics', 'sdk-logs', 'resources']) {
        const holders = Object.entries(inputs)
          .filter(([bundle, folders]) => loads(bundle) && folders.some((f) => f.endsWith(`/@opentelemetry/${name}`)))
          .map(([bundle]) => bundle);
        assert.ok(holders.length <= 1, `${thread}: @opentelemetry/${name} is in ${holders.join(', ')}`);
      }
    }
  });
});

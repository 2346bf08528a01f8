import assert from 'node:assert/strict';
import { join } from 'node:path';
import { packageOfSpecifier } from '../../src/instrumentation/module-names.js';
import { bundlePreload } from './bundle.js';
import { type Finished, nodeBinaries, run } from './processes.js';
import { type Definition, type StubApplication, writeStubApplication } from './stub-packages.js';

interface Entry {
  name: string;
  modules: string[];
  definitions: Definition[];
}

const nodes = nodeBinaries();

describe('lazy loading', () => {
  let bundle: Awaited<ReturnType<typeof bundlePreload>>;
  let catalogue: Entry[];
  let application: StubApplication;

  before(async () => {
    bundle = await bundlePreload();
    const [node] = nodes;
    assert.ok(node);
    const { result } = await run(node, [bundle.definitions]);
    catalogue = result as unknown as Entry[];
    application = writeStubApplication(
      join(bundle.directory, 'application'),
      catalogue.flatMap(({ definitions }) => definitions),
    );
  });
  after(() => bundle.remove());

  it('watches for the packages that each instrumentation patches', () => {
    for (const { name, modules, definitions } of catalogue) {
      const patched = new Set(definitions.map((definition) => packageOfSpecifier(definition.name)));
      assert.deepEqual(patched, new Set(modules.map(packageOfSpecifier)), name);
    }
  });

  const load = (node: (typeof nodes)[number], file: string, more: object): Promise<Finished> => {
    const enabled = catalogue.map(({ name }) => name);
    const settings = { enabled, record: true, appPackageJson: application.packageJson, ...more };
    return run(node, ['--require', bundle.preload, file], { FIXTURE: JSON.stringify(settings) });
  };

  for (const node of nodes) {
    for (const modules of ['commonjs', 'esm'] as const) {
      it(`patches what eager loading patches, all of it (Node ${node.line}, ${modules})`, async () => {
        const [lazy, eager] = await Promise.all([
          load(node, application[modules], {}),
          load(node, application[modules], { eager: true }),
        ]);
        assert.deepEqual(lazy.result.patches, eager.result.patches);
        assert.deepEqual(withoutVersions(lazy.result.patches as string[]), application.expected);
        assert.deepEqual(lazy.result.problems, []);
        assert.equal(lazy.stderr, '');
      });
    }
  }
});

function withoutVersions(patches: string[]): string[] {
  return [...new Set(patches.map((patch) => patch.replace(/(.)@.*$/, '$1')))].sort();
}

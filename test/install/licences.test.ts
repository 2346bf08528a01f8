import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';

const satisfies: (expression: string, approved: string[]) => boolean = createRequire(__filename)('spdx-satisfies');

/** None of them asks anything of an application but to keep their texts. */
const APPROVED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

const root = join(__dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const manifestOf = (folder: string): { name: string; version: string; license: string } =>
  JSON.parse(read(`${folder}/package.json`));

interface Bom {
  components: { group?: string; name: string; version: string; purl: string; licenses: unknown[] }[];
}

describe('what is bundled', () => {
  const inputs: Record<string, string[]> = JSON.parse(read('dist/inputs.json'));
  const bundled = [...new Set(Object.values(inputs).flat())].map(manifestOf);
  const notices = read('dist/THIRD-PARTY-NOTICES.txt');
  const bom = read('dist/sbom.cdx.json');

  before(() => assert.ok(bundled.length > 80, 'the bundles were read'));

  it('has a licence that asks for nothing more than to be shown', () => {
    const refused = bundled.filter(({ license }) => !satisfies(license, APPROVED));
    assert.deepEqual(refused, []);
  });

  it('is in the notice, with its licence and the text of it', () => {
    const [list = '', ...texts] = notices.split(`\n${'-'.repeat(80)}\n`);
    const listed = list.split('\n');
    for (const { name, version, license } of bundled) {
      assert.ok(listed.includes(`${name} ${version}: ${license}`), `${name} is listed`);
      const text = texts.find((section) => section.split('\n').includes(`  ${name} ${version}`)) ?? '';
      assert.match(text, /Permission (is hereby granted|to use)|Apache License|Redistribution and use/, name);
    }
  });

  it('is in the bill of materials, with what is installed beside it, and nothing else', () => {
    const installed = Object.keys(JSON.parse(read('package.json')).dependencies).map((name) =>
      manifestOf(`node_modules/${name}`),
    );
    const named = (JSON.parse(bom) as Bom).components.map(
      ({ group, name, version }) => `${group ? `${group}/` : ''}${name} ${version}`,
    );
    assert.deepEqual(named.sort(), [...bundled, ...installed].map(({ name, version }) => `${name} ${version}`).sort());
    assert.ok((JSON.parse(bom) as Bom).components.every(({ licenses }) => licenses.length > 0));
  });

  it('has a bill of materials that CycloneDX accepts', async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    assert.equal(await validator.validate(bom), null);
    assert.notEqual(await validator.validate(bom.replace('"library"', '"libary"')), null);
  });
});

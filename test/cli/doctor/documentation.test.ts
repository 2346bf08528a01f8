import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AREAS, CHECKS } from '../../../src/cli/doctor/checks.js';
import { renderTroubleshooting } from '../../../src/cli/doctor/documentation.js';
import { SYMPTOMS } from '../../../src/cli/doctor/symptoms.js';

const file = readFileSync(join(__dirname, '../../../docs/troubleshooting.md'), 'utf8');

describe('docs/troubleshooting.md', () => {
  it('is what `npm run docs` writes', () => assert.equal(file, renderTroubleshooting(CHECKS)));

  for (const { id, title, about, troubles } of CHECKS) {
    it(`has a section for ${id} with a cause and a remedy`, () => {
      const start = file.indexOf(`\n### ${id}\n`);
      assert.ok(start > 0, 'there is a section');
      const section = file.slice(start, file.indexOf('\n#', start + 5));
      assert.ok(section.includes(title) && about.length > 20);
      assert.ok(troubles.length > 0 && troubles.every(({ cause, remedy }) => cause.length > 10 && remedy.length > 5));
    });
  }

  // The headings of the guide that this replaces.
  for (const symptom of [
    /No metrics in CloudWatch/,
    /Error logs do not appear/,
    /wrong values: CPU or memory/,
    /Dashboards can not be deployed/,
    /Connections time out/,
    /uses much CPU/,
  ]) {
    it(`has the symptom ${symptom.source}, each cause with a check or a command`, () => {
      const found = SYMPTOMS.find(({ seen }) => symptom.test(seen));
      assert.ok(found && found.causes.length > 2);
      for (const { foundBy } of found.causes) assert.ok(foundBy.length > 0);
    });
  }

  it('names only checks that exist', () => {
    const ids = new Set(CHECKS.map(({ id }) => id));
    const named = SYMPTOMS.flatMap(({ causes }) => causes.flatMap(({ foundBy }) => foundBy));
    assert.deepEqual(
      named.filter((name) => name.startsWith('MON-') && !ids.has(name)),
      [],
    );
  });
});

describe('the table of checks', () => {
  const ids = CHECKS.map(({ id }) => id);

  it('has each id once, of a known area', () => {
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) assert.ok(AREAS[/^MON-([A-Z]+)-\d{3}$/.exec(id)?.[1] ?? ''], id);
  });

  it('has no check that needs an unknown one, or itself', () => {
    const visit = (id: string, path: readonly string[]): void => {
      assert.ok(ids.includes(id), `${path.at(-1)} needs ${id}`);
      assert.ok(!path.includes(id), `${id} needs itself: ${path.join(' ')}`);
      for (const need of CHECKS.find((check) => check.id === id)?.needs ?? []) visit(need, [...path, id]);
    };
    for (const id of ids) visit(id, []);
  });

  it('keeps the areas together', () => {
    const areas = ids.map((id) => id.split('-')[1]);
    assert.equal(areas.filter((area, index) => area !== areas[index - 1]).length, new Set(areas).size);
  });

  it('says which actions of AWS are called, wherever any is', () => {
    assert.deepEqual(
      CHECKS.filter(({ reaches, calls, writes }) => reaches === 'aws' && !calls && !writes).map(({ id }) => id),
      [],
    );
  });
});

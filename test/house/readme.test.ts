import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

describe("README's sample of the demo", () => {
  const readme = readFileSync(join(__dirname, '../../README.md'), 'utf8');
  const [, sample = ''] =
    /<!-- written by `npm run pictures` -->([\s\S]*?)<!-- end of the sample -->/.exec(readme) ?? [];
  const rows = [...sample.matchAll(/^([A-Z]+) +(\S+) +(\d+) +(\d+) /gm)].map(([, method, route, count, faults]) => ({
    name: `${method} ${route}`,
    count: Number(count),
    faults: Number(faults),
  }));
  const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
  const countOf = (...names: string[]) =>
    sum(rows.filter(({ name }) => names.includes(name)).map(({ count }) => count));
  const figure = (pattern: RegExp): string | undefined => pattern.exec(sample)?.[1];

  it('has as many errors as faults', () => {
    assert.ok(rows.length > 8);
    assert.equal(figure(/^errors: (\d+)$/m), String(sum(rows.map(({ faults }) => faults))));
  });

  it('has as many calls on its map as requests', () => {
    const assignments = countOf('POST /assignments');
    const all = sum(rows.map(({ count }) => count));
    assert.equal(figure(/clients → experimentation-platform +(\d+)/), String(all - assignments));
    assert.equal(figure(/→ assignment-service +(\d+)/), String(assignments));
    assert.equal(assignments, countOf('POST /experiments/:id/assignments', 'POST /experiments/:id/conversions'));
  });

  it('tells of its picture what it tells itself', () => {
    const dollars = figure(/^cost: .*?(\$[\d.]+)/m);
    assert.ok(dollars);
    const all = sum(rows.map(({ count }) => count));
    const errors = figure(/^errors: (\d+)$/m);
    assert.equal(figure(/^!\[(.*?)\]/m), `The overview: ${all} requests, ${errors} errors, about ${dollars} a month`);
  });

  it('shows how to install the package and the flag before anything else', () => {
    const screen = readme.split('\n').slice(0, 12).join('\n');
    assert.match(screen, /npm install @org\/monitoring\n.*node --require @org\/monitoring\/register app\.js/);
  });
});

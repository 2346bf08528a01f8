import assert from 'node:assert/strict';
import type { Attributes } from '@opentelemetry/api';
import { MAX_SERIES, OVERFLOW, SeriesTable } from '../../src/metrics/series-table.js';

function counts(): SeriesTable<{ count: number }> {
  return new SeriesTable(() => ({ count: 0 }));
}

function found(table: SeriesTable<{ count: number }>): [Attributes, number][] {
  return table.all().map(({ attributes, accumulation }) => [attributes, accumulation.count]);
}

describe('SeriesTable', () => {
  it('finds one series for the same attributes, in whatever order', () => {
    const table = counts();
    for (let i = 0; i < 3; i++) {
      table.at({ a: 1, b: 'x' }).count += 1;
      table.at({ b: 'x', a: 1 }).count += 1;
    }
    assert.deepEqual(found(table), [[{ a: 1, b: 'x' }, 6]]);
  });

  it('keeps apart what differs in a name, a value, a type or a number of attributes', () => {
    const table = counts();
    const sets: Attributes[] = [
      {},
      { a: 1 },
      { a: '1' },
      { a: true },
      { b: 1 },
      { a: 1, b: 1 },
      { a: [1] },
      { a: [1, 2] },
    ];
    for (let i = 0; i < 3; i++) for (const set of sets) table.at({ ...set }).count += 1;
    assert.deepEqual(
      found(table),
      sets.map((set) => [set, 3]),
    );
  });

  it('finds each of more sets than it compares one by one', () => {
    const table = counts();
    for (let round = 0; round < 3; round++) for (let i = 0; i < 100; i++) table.at({ i, even: i % 2 === 0 }).count += 1;
    assert.equal(table.all().length, 100);
    assert.ok(table.all().every(({ accumulation }) => accumulation.count === 3));
  });

  it('is not misled by attributes that change after they were measured with', () => {
    const table = counts();
    const list = ['a'];
    const attributes = { list };
    table.at(attributes).count += 1;
    list.push('b');
    table.at(attributes).count += 10;
    assert.deepEqual(
      table.all().map(({ accumulation }) => accumulation.count),
      [1, 10],
    );
    const plain: Attributes = { a: 1 };
    table.at(plain);
    plain.a = 2;
    assert.deepEqual(table.all()[2]?.attributes, { a: 1 });
  });

  it('holds so many series, and counts the rest in one that is marked', () => {
    const table = counts();
    for (let i = 0; i < MAX_SERIES; i++) table.at({ i }).count += 1;
    assert.equal(table.all().length, MAX_SERIES);
    assert.ok(table.all().every(({ attributes }) => attributes !== OVERFLOW));
    for (let i = 0; i < 5; i++) table.at({ i: MAX_SERIES + i }).count += 1;
    table.at({ i: 0 }).count += 1;
    assert.equal(table.all().length, MAX_SERIES + 1);
    assert.deepEqual(found(table).at(-1), [OVERFLOW, 5]);
    assert.deepEqual(found(table)[0], [{ i: 0 }, 2]);
  });

  it('counts with the rest what no text can be made of', () => {
    const table = counts();
    const endless: unknown[] = [];
    endless.push(endless);
    table.at({ endless } as unknown as Attributes).count += 1;
    table.at({ big: 1n } as unknown as Attributes).count += 1;
    assert.deepEqual(found(table), [[OVERFLOW, 2]]);
  });

  it('begins anew when it is cleared', () => {
    const table = counts();
    table.at({ a: 1 }).count += 1;
    table.clear();
    assert.deepEqual(table.all(), []);
    table.at({ a: 1 }).count += 1;
    assert.deepEqual(found(table), [[{ a: 1 }, 1]]);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ListBytes, readLists } from '../../src/wire/list-bytes.js';

const text = fc.string({ unit: 'binary', maxLength: 200 });
const element = fc.oneof(
  text,
  fc.double({ noNaN: true }).filter((number) => !Object.is(number, -0)),
  fc.integer(),
  fc.constant(undefined),
  fc.array(text, { maxLength: 4 }),
  fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean()), { maxKeys: 4, noNullPrototype: true }),
);
const few = fc.constantFrom('GET', '', 0, 7, undefined, 'ü');
const lists = fc.array(fc.array(fc.oneof(element, few, few), { maxLength: 30 }), { maxLength: 8 });

const listOf = (...elements: unknown[]) => ['GET', ...elements];

describe('lists as bytes', () => {
  it('are read as they were written, round after round', () => {
    const bytes = new ListBytes();
    fc.assert(
      fc.property(lists, (given) => {
        for (const list of given) bytes.add(list);
        assert.equal(bytes.count, given.length);
        assert.deepEqual([...readLists(bytes.take())], given);
        assert.equal(bytes.count, 0);
      }),
      { numRuns: 300 },
    );
  });

  it('take no memory any more when all were read', function () {
    if (!('transfer' in ArrayBuffer.prototype)) this.skip();
    const bytes = new ListBytes();
    bytes.add(listOf('/x'));
    bytes.add(listOf('/y'));
    const taken = bytes.take();
    const read = readLists(taken);
    read.next();
    assert.ok(taken.byteLength > 0);
    for (const _list of read);
    assert.equal(taken.byteLength, 0);
  });

  it('are read where they lie in other memory', () => {
    const bytes = new ListBytes();
    bytes.add(listOf('/x'));
    const taken = bytes.take();
    const around = new Uint8Array(taken.length + 9);
    around.set(taken, 7);
    assert.deepEqual([...readLists(around.subarray(7, 7 + taken.length))], [listOf('/x')]);
  });

  it('do not take what has changed for what was before', () => {
    const bytes = new ListBytes();
    const attributes = { count: 1 };
    const given = [];
    for (const count of [1, 2]) {
      attributes.count = count;
      bytes.add(['a', attributes, 1]);
      given.push(structuredClone(['a', attributes, 1]));
    }
    assert.deepEqual([...readLists(bytes.take())], given);
  });

  it('take little room where they are alike', () => {
    const bytes = new ListBytes();
    const list = ['x'.repeat(100), 1_700_000_000_000, 'y'.repeat(100)];
    bytes.add(list);
    const one = bytes.take().length;
    for (let round = 0; round < 10; round += 1) bytes.add([...list]);
    assert.equal(bytes.take().length, one + 9 * (1 + list.length));
  });

  it('may have 255 elements each, or none', () => {
    const bytes = new ListBytes();
    const longest = Array.from({ length: 255 }, (_, index) => index);
    bytes.add(longest);
    bytes.add([]);
    assert.throws(() => bytes.add([...longest, 255]), RangeError);
    assert.deepEqual([...readLists(bytes.take())], [longest, []]);
  });

  it('may be larger than the buffer that is kept, and leave none of it behind', () => {
    const bytes = new ListBytes();
    const long = `/${'ü'.repeat(1_200_000)}`;
    bytes.add(listOf('/first'));
    bytes.add(listOf(long));
    const targets = [...readLists(bytes.take())].map(([, target]) => target);
    assert.deepEqual(targets, ['/first', long]);
    bytes.add(listOf('/next'));
    assert.deepEqual(
      [...readLists(bytes.take())].map(([, target]) => target),
      ['/next'],
    );
  });

  it('lose nothing of the others when one cannot be written', () => {
    const bytes = new ListBytes();
    bytes.add(listOf('/a'));
    assert.throws(() => bytes.add(listOf('/b', { count: 1n })), TypeError);
    bytes.add(listOf('/c'));
    assert.equal(bytes.count, 2);
    assert.deepEqual(
      [...readLists(bytes.take())].map(([, target]) => target),
      ['/a', '/c'],
    );
  });
});

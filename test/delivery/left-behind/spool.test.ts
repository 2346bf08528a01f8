import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLeftBehind } from '../../../src/delivery/left-behind/left-behind.js';
import { MAX_SPOOL_BYTES, Spool } from '../../../src/delivery/left-behind/spool.js';
import type { PlainLogRecord } from '../../../src/wire/messages.js';

const record = (body: string, attributes: PlainLogRecord['attributes'] = {}): PlainLogRecord => ({
  hrTime: [1, 2],
  hrTimeObserved: [3, 4],
  body,
  attributes,
  scope: { name: 'test' },
  droppedAttributesCount: 0,
});

describe('the spool', () => {
  let folder: string;
  let lines: string[];

  const open = (path: string | undefined = folder) =>
    new Spool({
      folder: path,
      run: () => ({ pid: 7, start: 1, pidNamespace: 2, boot: '0' }),
      origin: () => ({ service: 's', host: 'h', resource: { 'process.pid': 7 } }),
      onProblem: (text) => lines.push(text),
    });
  const files = () => readdirSync(join(folder, 'spool'));
  const bodies = (path: string | undefined) => {
    const content = readLeftBehind(readFileSync(String(path), 'utf8'));
    return content?.kind === 'errors' ? content.records.map(({ body }) => body) : [];
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'spool-'));
    lines = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('holds errors as they are, for the user alone', () => {
    const records = [record('one', { deep: { list: [1, 'x', null] } as never }), record('two')];
    const path = open().write(records);
    const content = readLeftBehind(readFileSync(String(path), 'utf8'));
    assert.deepEqual(content, { kind: 'errors', service: 's', host: 'h', resource: { 'process.pid': 7 }, records });
    assert.equal(statSync(String(path)).mode & 0o777, 0o600);
  });

  it('holds the latest in the place of what it held', () => {
    const spool = open();
    spool.write([record('one')]);
    const path = spool.write([record('one'), record('two')]);
    assert.equal(files().length, 1);
    assert.deepEqual(bodies(path), ['one', 'two']);
    spool.remove();
    assert.deepEqual(files(), []);
  });

  it('writes what JSON can not hold', () => {
    const path = open().write([record('x', { big: 5n as never, bytes: new Uint8Array(3) as never })]);
    assert.deepEqual([bodies(path), lines], [['x'], []]);
  });

  it('keeps the newest of more than fits', () => {
    const half = 'x'.repeat(MAX_SPOOL_BYTES / 2);
    assert.deepEqual(bodies(open().write([record(half), record('old'), record('new')])).slice(-2), ['old', 'new']);
    assert.deepEqual(bodies(open().write([record(half), record(half), record('new')])).at(-1), 'new');
    assert.ok(files().every((name) => statSync(join(folder, 'spool', name)).size <= MAX_SPOOL_BYTES));
  });

  it('says of one that fits nowhere', () => {
    assert.equal(open().write([record('x'.repeat(MAX_SPOOL_BYTES))]), undefined);
    assert.match(lines.join(), /can't be kept on disk: one error alone takes \d+ bytes/);
  });

  for (const [others, expected] of [
    [MAX_SPOOL_BYTES - 5000, 3],
    [MAX_SPOOL_BYTES, 2],
  ] as const) {
    it(`beside ${others} bytes of others ${expected === 3 ? 'takes its place' : 'takes that of the oldest'}`, () => {
      open().write([record('first')]);
      const spool = join(folder, 'spool');
      for (const name of files()) rmSync(join(spool, name));
      writeFileSync(join(spool, 'a.json'), 'x'.repeat(1000));
      utimesSync(join(spool, 'a.json'), 1, 1);
      writeFileSync(join(spool, 'b.json'), 'x'.repeat(others - 1000));
      open().write([record('last')]);
      assert.equal(files().length, expected);
      assert.equal(files().includes('a.json'), expected === 3);
      assert.equal(lines.length, expected === 3 ? 0 : 1);
    });
  }

  it('never throws: it says that there is no place', () => {
    writeFileSync(join(folder, 'file'), '');
    assert.equal(open(join(folder, 'file')).write([record('x')]), undefined);
    assert.match(lines.join(), /can't be kept on disk: .*file is no folder/);
  });

  it('writes nothing where none is wanted, or there is nothing', () => {
    assert.equal(open('').write([]), undefined);
    const none = new Spool({
      folder: undefined,
      run: () => assert.fail(),
      origin: () => assert.fail(),
      onProblem: () => {},
    });
    assert.equal(none.write([record('x')]), undefined);
    assert.deepEqual(readdirSync(folder), []);
  });
});

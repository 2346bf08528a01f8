import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LeftBehind, writeLeftBehind } from '../../../src/delivery/left-behind/left-behind.js';
import { type Found, MAX_AGE, Recovery, SILENCE } from '../../../src/delivery/left-behind/recovery.js';
import { formatRun, ownRun, type RunIdentity, type System } from '../../../src/delivery/left-behind/run-identity.js';
import { MAX_SPOOL_BYTES } from '../../../src/delivery/left-behind/spool.js';
import type { PlainLogRecord } from '../../../src/wire/messages.js';

const record = (body: string): PlainLogRecord => ({
  hrTime: [1_764_000_000, 5],
  hrTimeObserved: [1_764_000_000, 6],
  body,
  severityText: 'FATAL',
  attributes: { 'exception.type': 'Error' },
  scope: { name: 'test' },
  context: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 },
  droppedAttributesCount: 0,
});
const origin = { service: 'shop', host: 'h', resource: { 'process.pid': 1 } };
const errors = (service = 'shop'): LeftBehind => ({ kind: 'errors', ...origin, service, records: [record('down')] });
const marker = (): LeftBehind => ({ kind: 'run', ...origin, pid: 1, startedAt: 5 });

describe('what earlier runs left', () => {
  const own = ownRun(process.pid, performance.timeOrigin);
  /** This process's id was another's: it has ended for certain. */
  const dead: RunIdentity = { ...own, start: own.start - 1 };
  const elsewhere: RunIdentity = { ...own, pidNamespace: 1 };
  let folder: string;
  let spool: string;
  let found: Found[];
  let lines: string[];
  let now: number;
  let arrives: boolean;

  const recovery = (identity = own, system?: System) =>
    new Recovery({
      folder,
      own: identity,
      host: 'h',
      ...(system && { system }),
      service: 'shop',
      deliver: async (what) => {
        found.push(what);
        return arrives;
      },
      say: (_level, text) => lines.push(text),
      now: () => now,
    });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const put = (content: LeftBehind | string, run = dead, name = `${formatRun(run)}-1.json`) => {
    const path = join(
      content === 'run' || (typeof content !== 'string' && content.kind === 'run') ? folder : spool,
      name,
    );
    writeFileSync(path, typeof content === 'string' ? content : writeLeftBehind(content));
    return path;
  };
  const age = (path: string, milliseconds: number) =>
    utimesSync(path, (now - milliseconds) / 1000, (now - milliseconds) / 1000);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'recovery-'));
    spool = join(folder, 'spool');
    mkdirSync(spool, { mode: 0o700 });
    [found, lines, now, arrives] = [[], [], Date.now(), true];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is delivered as it was written, and removed', async () => {
    put(errors());
    recovery().look();
    await settled();
    assert.deepEqual(
      found.map(({ content }) => content),
      [errors()],
    );
    assert.deepEqual([readdirSync(spool), lines], [[], []]);
  });

  for (const [what, host, pids, delivered] of [
    ['at once, when a development process starts anew within a minute', 'h', [], 1],
    ['not at once, while somebody has the number of its process', 'h', [70_001], 0],
    ['not at once, when another machine wrote it', 'other', [], 0],
  ] as const) {
    it(`is delivered on macOS ${what}`, async () => {
      const none = () => {
        throw new Error('no /proc');
      };
      const files = { read: none, link: none };
      const processes = {
        platform: 'darwin' as const,
        exists: (pid: number) => (pids as readonly number[]).includes(pid),
      };
      const crashed = ownRun(70_001, now - 5000, files);
      put({ ...errors(), host }, crashed);
      recovery(ownRun(process.pid, now, files), { files, processes }).look();
      await settled();
      assert.equal(found.length, delivered);
    });
  }

  it('is delivered once, however many processes look', async () => {
    for (let index = 1; index <= 20; index++) age(put(errors(), dead, `${formatRun(dead)}-${index}.json`), SILENCE);
    const all = [0, 1, 2].map((more) => recovery({ ...own, pid: own.pid + more }));
    for (const one of all) one.look();
    await settled();
    assert.equal(found.length, 20);
  });

  it('stays until it has arrived, and is tried again', async () => {
    put(errors());
    arrives = false;
    const looking = recovery();
    looking.look();
    looking.look();
    await settled();
    assert.equal(found.length, 1, 'not while it is under way');
    assert.match(readdirSync(spool).join(), /\.claimed$/);
    arrives = true;
    looking.look();
    await settled();
    assert.equal(found.length, 2);
    assert.deepEqual(readdirSync(spool), []);
  });

  it('is taken over from a process that died delivering it, not from one that lives', async () => {
    const name = `${formatRun(dead)}-1.json`;
    put(errors(), dead, `${name}.${formatRun(own)}.claimed`);
    recovery({ ...own, pid: own.pid + 1 }).look();
    assert.equal(found.length, 0, 'this process lives');
    rmSync(spool, { recursive: true });
    mkdirSync(spool, { mode: 0o700 });
    put(errors(), dead, `${name}.${formatRun({ ...dead, start: dead.start - 1 })}.claimed`);
    recovery().look();
    await settled();
    assert.equal(found.length, 1);
  });

  it('is left to a process that still runs', () => {
    put(errors(), own);
    recovery().look();
    assert.equal(found.length, 0);
    assert.equal(readdirSync(spool).length, 1);
  });

  for (const [silence, count] of [
    [SILENCE - 1, 0],
    [SILENCE, 1],
  ] as const) {
    it(`of a run that can't be seen from here is ${count ? 'taken' : 'left'} after ${silence} ms of silence`, async () => {
      now = Math.ceil(now / 1000) * 1000;
      age(put(marker(), elsewhere, `run-${formatRun(elsewhere)}.json`), silence);
      recovery().look();
      await settled();
      assert.equal(found.length, count);
    });
  }

  it('tells when a run was last seen', async () => {
    now = Math.ceil(now / 1000) * 1000;
    age(put(marker(), dead, `run-${formatRun(dead)}.json`), 30_000);
    recovery().look();
    await settled();
    assert.deepEqual(found, [{ content: marker(), lastSeen: now - 30_000 }]);
    assert.deepEqual(readdirSync(folder), ['spool']);
  });

  it('of another service, and of a later version, is left alone', () => {
    put(errors('bank'));
    put(JSON.stringify({ version: 2, kind: 'news' }), dead, `${formatRun(dead)}-2.json`);
    recovery().look();
    assert.deepEqual([found.length, readdirSync(spool).length, lines], [0, 2, []]);
  });

  for (const [milliseconds, count] of [
    [MAX_AGE, 1],
    [MAX_AGE + 1, 0],
  ] as const) {
    it(`is ${count ? 'delivered' : 'removed with a line'} at an age of ${milliseconds} ms`, async () => {
      now = Math.ceil(now / 1000) * 1000;
      age(put(errors()), milliseconds);
      recovery().look();
      await settled();
      assert.equal(found.length, count);
      assert.deepEqual(readdirSync(spool), []);
      assert.equal(lines.filter((line) => /older than 48 hours: removed/.test(line)).length, 1 - count);
    });
  }

  it('half written stays until it is old', () => {
    const path = put('{"version":1,', dead, `${formatRun(dead)}-1.json.tmp`);
    recovery().look();
    assert.ok(existsSync(path));
    age(path, MAX_AGE + 1000);
    recovery().look();
    assert.ok(!existsSync(path));
  });

  const hostile: [string, string | ((path: string) => void), RegExp][] = [
    ['no JSON', '{"version":1,"kind":"errors"', /not JSON/],
    ['empty', '', /not JSON/],
    ['a list', '[]', /not JSON/],
    ['no version', '{}', /a number that is none/],
    ['no origin', '{"version":1,"kind":"errors"}', /of unknown origin/],
    ['an unknown kind', JSON.stringify({ version: 1, ...origin, kind: 'x' }), /of unknown kind/],
    ['no records', JSON.stringify({ version: 1, ...origin, kind: 'errors', records: {} }), /without a list/],
    ['a record that is none', JSON.stringify({ version: 1, ...origin, kind: 'errors', records: [5] }), /not an object/],
    [
      'a time that is none',
      JSON.stringify({ version: 1, ...origin, kind: 'errors', records: [{ ...record('x'), hrTime: ['now', 1] }] }),
      /a number that is none/,
    ],
    ['a folder', (path) => mkdirSync(join(path, 'in/it'), { recursive: true }), /not a file/],
    ['a link', (path) => symlinkSync('/etc/passwd', path), /ELOOP/],
    ['a pipe', (path) => execFileSync('mkfifo', [path]), /not a file/],
    ['a huge file', (path) => writeFileSync(path, 'x'.repeat(MAX_SPOOL_BYTES + 1)), /bytes are too many/],
  ];
  for (const [what, content, reason] of hostile) {
    it(`that is ${what} is removed with a line, and keeps nothing else from being delivered`, async () => {
      const name = `${formatRun({ ...dead, pid: 1 })}-1.json`;
      if (typeof content === 'string') put(content, dead, name);
      else content(join(spool, name));
      put(errors(), dead, `${formatRun(dead)}-9.json`);
      recovery().look();
      await settled();
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(String(lines[0]), reason);
      assert.match(String(lines[0]), /: removed$|\): removed$/);
      assert.equal(found.length, 1);
      assert.deepEqual(readdirSync(spool), []);
      assert.ok(existsSync('/etc/passwd'));
    });
  }

  it('leaves what is not ours in a folder that the user chose', () => {
    writeFileSync(join(spool, 'letter.txt'), 'x');
    writeFileSync(join(folder, 'run-me.json'), 'x');
    recovery().look();
    assert.deepEqual(
      [readdirSync(spool), readdirSync(folder).sort(), lines],
      [['letter.txt'], ['run-me.json', 'spool'], []],
    );
  });

  it('says in one line that the folder can not be used', () => {
    rmSync(folder, { recursive: true });
    writeFileSync(folder, '');
    recovery().look();
    assert.equal(lines.length, 1);
    assert.match(String(lines[0]), /is no folder/);
  });
});

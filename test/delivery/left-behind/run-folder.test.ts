import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfiguration } from '../../../src/config/read.js';
import {
  openRunFolder,
  unsafe,
  whyNot,
  whyUnsafe,
  writeDurably,
} from '../../../src/delivery/left-behind/run-folder.js';

const permissions = (path: string) => statSync(path).mode & 0o777;

describe('the folder of runs', () => {
  let parent: string;
  let path: string;

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'run-folder-'));
    path = join(parent, 'a/b');
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  it('is made for this user alone, with the folders that lead to it', () => {
    assert.equal(openRunFolder(path), path);
    assert.equal(openRunFolder(path, 'spool'), join(path, 'spool'));
    for (const made of [join(parent, 'a'), path, join(path, 'spool')]) assert.equal(permissions(made), 0o700);
  });

  it('is made again when it was cleaned up', () => {
    openRunFolder(path);
    rmSync(path, { recursive: true });
    openRunFolder(path, 'spool');
    assert.ok(existsSync(join(path, 'spool')));
  });

  for (const [mode, reason] of [
    [0o700, undefined],
    [0o755, undefined],
    [0o775, 'may be written by others'],
    [0o757, 'may be written by others'],
    [0o1777, 'may be written by others'],
  ] as const) {
    it(`with mode ${mode.toString(8)} is ${reason ? 'refused' : 'used'}`, () => {
      mkdirSync(path, { recursive: true });
      chmodSync(path, mode);
      assert.equal(whyUnsafe(path), reason);
      if (reason === undefined) assert.equal(openRunFolder(path), path);
      else assert.throws(() => openRunFolder(path), /a\/b may be written by others: .* set MONITORING_RUN_FOLDER/);
    });
  }

  it('is refused when it is a symbolic link, even to a folder of our own', () => {
    mkdirSync(join(parent, 'elsewhere'));
    symlinkSync(join(parent, 'elsewhere'), join(parent, 'link'));
    assert.throws(() => openRunFolder(join(parent, 'link')), /link is a symbolic link/);
    assert.deepEqual(readdirSync(join(parent, 'elsewhere')), []);
  });

  it('is refused when it is a dangling link or a file', () => {
    symlinkSync(join(parent, 'nowhere'), join(parent, 'link'));
    writeFileSync(join(parent, 'file'), '');
    assert.throws(() => openRunFolder(join(parent, 'link')), /link is a symbolic link/);
    assert.throws(() => openRunFolder(join(parent, 'file')), /file is no folder/);
    assert.ok(!existsSync(join(parent, 'nowhere')));
  });

  it('is refused when a folder in it is a link', () => {
    openRunFolder(path);
    symlinkSync(parent, join(path, 'spool'));
    assert.throws(() => openRunFolder(path, 'spool'), /spool is a symbolic link/);
  });

  it('is refused when it belongs to another user', () => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const stats = statSync(path);
    assert.equal(unsafe(stats, stats.uid), undefined);
    assert.match(String(unsafe(stats, stats.uid + 1)), /^belongs to user \d+, not to \d+$/);
  });

  it('that can not be made says why', () => {
    writeFileSync(join(parent, 'file'), '');
    assert.throws(() => openRunFolder(join(parent, 'file/in/it')), /file\/in\/it can't be made: ENOTDIR/);
  });

  it('holds files that are there whole or not at all, for the user alone', () => {
    const folder = openRunFolder(path);
    const file = join(folder, 'run-1.json');
    writeFileSync(`${file}.tmp`, 'of a process that died writing', { mode: 0o644 });
    writeDurably(file, 'one');
    writeDurably(file, 'two');
    assert.equal(readFileSync(file, 'utf8'), 'two');
    assert.equal(permissions(file), 0o600);
    assert.deepEqual(readdirSync(folder), ['run-1.json']);
  });

  it('leaves no half of a file behind when writing fails', () => {
    const folder = openRunFolder(path);
    mkdirSync(join(folder, 'taken/inside'), { recursive: true });
    assert.throws(() => writeDurably(join(folder, 'taken'), 'x'));
    assert.deepEqual(readdirSync(folder), ['taken']);
  });

  it('writes through no link that lies in the way', () => {
    const folder = openRunFolder(path);
    symlinkSync(join(parent, 'target'), join(folder, 'x.json.tmp'));
    writeDurably(join(folder, 'x.json'), 'x');
    assert.ok(!existsSync(join(parent, 'target')));
  });
});

describe('MONITORING_RUN_FOLDER', () => {
  const runFolder = (value?: string) =>
    readConfiguration(value === undefined ? {} : { MONITORING_RUN_FOLDER: value }).configuration.runFolder;

  it('is by default a folder of the user in the one for temporary files', () => {
    assert.equal(runFolder(), join(tmpdir(), `org-monitoring-${process.geteuid?.()}`));
  });

  it('takes an absolute path', () => assert.equal(runFolder('/var/lib/shop'), '/var/lib/shop'));

  it('takes none for none', () => assert.equal(runFolder('None'), undefined));

  it('refuses a relative path', () => {
    const { problems, configuration } = readConfiguration({ MONITORING_RUN_FOLDER: 'var/lib' });
    assert.deepEqual(
      problems.map(({ key, expected }) => `${key}: ${expected}`),
      ['MONITORING_RUN_FOLDER: an absolute path, or none'],
    );
    assert.equal(configuration.runFolder, runFolder());
  });
});

describe('a refusal to write', () => {
  const refusal = (code: string) => Object.assign(new Error(`${code}: system's words`), { code });
  const folder = 'set MONITORING_RUN_FOLDER to a folder';

  for (const [code, meaning, remedy] of [
    ['EROFS', 'the file system is read-only (EROFS)', `${folder} that this user can write to, or to none`],
    ['EACCES', 'this user may not write there (EACCES)', `${folder} that this user can write to, or to none`],
    ['ENOSPC', 'the disk is full (ENOSPC)', `free some of it, or ${folder} on another disk`],
    ['EFBIG', 'the process may write no file of that size (EFBIG)', 'raise the limit (ulimit -f)'],
    ['EMFILE', 'the process has no free descriptor (EMFILE)', 'close what leaks, or raise the limit (ulimit -n)'],
    ['EIO', "EIO: system's words", `${folder} that this user can write to, or to none`],
  ] as const) {
    it(`by ${code} is told with its consequence and its remedy`, () => {
      const line = `${meaning}: errors that can't be delivered before the process ends are lost; ${remedy}`;
      assert.equal(whyNot(refusal(code)), line);
    });
  }
});

import assert from 'node:assert/strict';
import {
  formatRun,
  isRunning,
  ownRun,
  parseRun,
  type SystemFiles,
} from '../../../src/delivery/left-behind/run-identity.js';

const BOOT = 'c765a250-c621-463c-a6d9-a91c14b75989\n';
const stat = (pid: number, ticks: number, state = 'S') =>
  `${pid} (a) b (c)) ${state} ${'1 '.repeat(18)}${ticks} ${'0 '.repeat(30)}`;

function files(processes: Record<string, string>, namespace = 'pid:[4026531836]'): SystemFiles {
  const all: Record<string, string> = { '/proc/sys/kernel/random/boot_id': BOOT };
  for (const [name, text] of Object.entries(processes)) all[`/proc/${name}/stat`] = text;
  const find = (path: string, value: string | undefined) => {
    if (value === undefined) throw new Error(`ENOENT ${path}`);
    return value;
  };
  return { read: (path) => find(path, all[path]), link: (path) => find(path, namespace || undefined) };
}

const nothing: SystemFiles = {
  read() {
    throw new Error('no /proc');
  },
  link() {
    throw new Error('no /proc');
  },
};

const on = (platform: NodeJS.Platform, pids: readonly number[]) => ({
  platform,
  exists: (pid: number) => pids.includes(pid),
});

describe('the identity of a run', () => {
  it('is known by the start of the process, its namespace and the boot of the machine', () => {
    const run = ownRun(7, 1000, files({ self: stat(7, 4711) }));
    assert.deepEqual(run, { pid: 7, start: 4711, pidNamespace: 4026531836, boot: 'c765a250' });
  });

  it('is known by the time of the start where there is no /proc, or that of another namespace', () => {
    assert.deepEqual(ownRun(7, 1000.4, nothing), { pid: 7, start: 1000, pidNamespace: 0, boot: '0' });
    assert.equal(ownRun(7, 1000, files({ self: stat(70_001, 4711) })).start, 1000);
  });

  it('is the same for each part of the process', () => {
    assert.deepEqual(ownRun(process.pid, performance.timeOrigin), ownRun(process.pid, performance.timeOrigin));
  });

  it('survives being a name', () => {
    const run = { pid: 4194304, start: 1_764_000_000_000, pidNamespace: 4026532177, boot: 'ffffffff' };
    assert.deepEqual(parseRun(formatRun(run)), run);
    for (const name of ['', 'x', '1-2-3', '1-2-3-4-5', '../1-2-3-4', '1-2-3-zz'])
      assert.equal(parseRun(name), undefined);
  });

  const own = { pid: 7, start: 100, pidNamespace: 4026531836, boot: 'c765a250' };
  const other = { ...own, pid: 8, start: 200 };

  for (const [what, run, processes, expected] of [
    ['runs while its process does', other, { 8: stat(8, 200) }, true],
    ['has ended when there is no such process', other, {}, false],
    ['has ended when its process id was given again', other, { 8: stat(8, 201) }, false],
    ['has ended when its process waits to be reaped', other, { 8: stat(8, 200, 'Z') }, false],
    ['is this one', own, {}, true],
    ['has ended when this process has its id', { ...own, start: 99 }, {}, false],
    [
      'of before the machine was started can not be seen',
      { ...other, boot: '00000000' },
      { 8: stat(8, 200) },
      undefined,
    ],
    ['in another container can not be seen', { ...other, pidNamespace: 1 }, { 8: stat(8, 200) }, undefined],
  ] as const) {
    it(what, () => {
      const system = { files: files({ self: stat(7, 100), ...processes }), processes: on('linux', []) };
      assert.equal(isRunning(run, own, true, system), expected);
    });
  }

  it('can not be seen through the /proc of another namespace', () => {
    const system = { files: files({ self: stat(70_001, 1), 8: stat(8, 200) }), processes: on('linux', []) };
    assert.equal(isRunning(other, own, true, system), undefined);
  });

  for (const [what, platform, pids, sameHost, expected] of [
    ['on macOS has ended when nobody has its number', 'darwin', [], true, false],
    ['on Windows has ended when nobody has its number', 'win32', [], true, false],
    ['on macOS may run when somebody has its number', 'darwin', [8], true, undefined],
    ['on another machine can not be seen', 'darwin', [], false, undefined],
    ['on a Linux without /proc may be in another container', 'linux', [], true, undefined],
  ] as const) {
    it(what, () => {
      const [here, there] = [ownRun(7, 1000, nothing), ownRun(8, 2000, nothing)];
      assert.equal(isRunning(there, here, sameHost, { files: nothing, processes: on(platform, pids) }), expected);
    });
  }
});

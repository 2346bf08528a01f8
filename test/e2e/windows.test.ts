import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './support/process.js';

describe('monitoring dev on a simulated Windows', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'monitoring-windows-'));
    writeFileSync(join(folder, 'npm.cmd'), '');
    // In place of cmd.exe: says what it is given, and ends as npm might.
    writeFileSync(join(folder, 'cmd'), '#!/bin/sh\nprintf "<%s>" "$@"\nexit 7\n');
    chmodSync(join(folder, 'cmd'), 0o755);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('runs npm, which is a script there, by the interpreter of commands, and ends with its exit code', async () => {
    const preload = join(__dirname, 'fixtures/on-windows.cjs');
    const args = ['--require', preload, join(ROOT, 'dist/cli.cjs'), 'dev', '--port', '0', '--', 'npm', 'start'];
    const env = { PATH: folder, PATHEXT: '.exe;.cmd', comspec: join(folder, 'cmd'), HOME: folder };
    const { code, stdout, stderr } = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, args, { env }, (error, out, err) =>
        resolve({ code: error?.code ?? 0, stdout: out, stderr: err }),
      );
    });
    assert.equal(code, 7, stderr);
    assert.match(stdout, /^<\/d><\/s><\/c><"npm \^"start\^"">$/);
  });
});

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askProcess } from '../../../src/cli/running.js';
import {
  type ProcessSnapshot,
  pidsWithSocket,
  SNAPSHOT_VERSION,
  type SocketSystem,
  serveStatus,
  statusAddress,
  statusSocketPath,
} from '../../../src/delivery/worker/status-socket.js';

describe('the status socket by platform', () => {
  let folder = '';
  let server: Server | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'monitoring-status-'));
  });
  afterEach(async () => {
    await new Promise<unknown>((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    rmSync(folder, { recursive: true });
  });

  const answer = async () => ({ snapshotVersion: SNAPSHOT_VERSION, pid: process.pid }) as ProcessSnapshot;
  // A pipe of Windows, whose place a socket takes here.
  const windows: SocketSystem = { platform: 'win32', pipe: (pid) => join(folder, `pipe-${pid}`) };

  it('is on Windows a pipe whose name is in a file that this user alone reads', async () => {
    server = await serveStatus(folder, process.pid, answer, windows);
    assert.deepEqual(pidsWithSocket(folder), [process.pid]);
    const file = statusSocketPath(folder, process.pid);
    assert.equal(readFileSync(file, 'utf8'), join(folder, `pipe-${process.pid}`));
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal((await askProcess(statusAddress(folder, process.pid, windows))).pid, process.pid);
  });

  it('is elsewhere the file itself', async () => {
    const macos = { ...windows, platform: 'darwin' as const };
    server = await serveStatus(folder, process.pid, answer, macos);
    assert.ok(statSync(statusSocketPath(folder, process.pid)).isSocket());
    assert.equal((await askProcess(statusAddress(folder, process.pid, macos))).pid, process.pid);
  });
});

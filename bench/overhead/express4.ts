import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Puts Express 4 beside its application under the name by which applications have it: instrumentations go by that, and what is installed
 * as `express4`, since Express 5 has the name, none of them touches.
 */
export function installExpress4(): void {
  const installed = dirname(createRequire(import.meta.url).resolve('express4/package.json'));
  const beside = new URL('./apps/express4/node_modules/express', import.meta.url);
  cpSync(installed, fileURLToPath(beside), { recursive: true });
}

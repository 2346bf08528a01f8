import { realpathSync } from 'node:fs';

/**
 * Whether the working directory is still there: in one that was removed no thread can start. `process.cwd()` does not
 * tell, since Node remembers its answer.
 */
export function hasWorkingDirectory(): boolean {
  try {
    realpathSync.native('.');
    return true;
  } catch {
    return false;
  }
}

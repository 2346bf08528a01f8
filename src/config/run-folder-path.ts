import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Where runs are kept without a setting: one folder for each user, in the system's folder for temporary files. */
export function defaultRunFolder(): string {
  return join(tmpdir(), `org-monitoring-${process.geteuid?.() ?? userInfo().username}`);
}

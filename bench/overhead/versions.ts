import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Subject } from './subjects.js';

/** The installed version of what each subject preloads, by the subject's name. */
export function installedVersions(subjects: readonly Subject[]): Record<string, string> {
  const versions = subjects.flatMap(({ name, flags, packageFile }) => {
    const file = packageFile?.() ?? flags().at(-1);
    const version = file && versionOf(file.startsWith('file:') ? fileURLToPath(file) : file);
    return version ? [[name, version] as const] : [];
  });
  return Object.fromEntries(versions);
}

/** Of the nearest package.json that has one. */
function versionOf(file: string): string | undefined {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (!existsSync(manifest)) continue;
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version?: string };
    if (version) return version;
  }
  return undefined;
}

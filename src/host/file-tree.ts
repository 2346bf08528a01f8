import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Reads of small files below a root, `/` in production and a folder of fixtures in tests. Paths are absolute below the root. */
export class FileTree {
  constructor(private readonly root = '/') {}

  /** Where `path` is on this machine's disk. */
  locate(path: string): string {
    return join(this.root, path);
  }

  /** The file's text; undefined when it is absent or may not be read, which to a reader of limits is the same: nothing is known. */
  text(path: string): string | undefined {
    try {
      return readFileSync(this.locate(path), 'latin1');
    } catch {
      return undefined;
    }
  }

  has(path: string): boolean {
    return existsSync(this.locate(path));
  }
}

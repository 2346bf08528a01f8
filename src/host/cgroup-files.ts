import { closeSync, openSync, readSync } from 'node:fs';

/** Larger than any control file read here; memory.stat has about 2 KB. */
const buffer = Buffer.allocUnsafeSlow(16_384);

/**
 * A control file kept open. Reading it again at offset 0 makes the kernel write its text anew, at a third of the cost
 * of opening it each time.
 */
export class KeptFile {
  private fd: number | undefined;

  /** @throws the system's error when the file can't be opened. */
  constructor(path: string) {
    this.fd = openSync(path, 'r');
  }

  /** @throws the system's error; `ENODEV` or `ENOENT` when the group is gone. */
  text(): string {
    if (this.fd === undefined) throw new Error('read after close');
    return buffer.toString('latin1', 0, readSync(this.fd, buffer, 0, buffer.length, 0));
  }

  close(): void {
    const { fd } = this;
    this.fd = undefined;
    try {
      if (fd !== undefined) closeSync(fd);
    } catch {
      // Somebody else closed it, as programs do that close all they did not open.
    }
  }
}

/** The number on the line `name value`; NaN when there is no such line. */
export function fieldOf(text: string, name: string): number {
  const start = text.startsWith(`${name} `) ? 0 : text.indexOf(`\n${name} `) + 1;
  if (start === 0 && !text.startsWith(`${name} `)) return Number.NaN;
  const from = start + name.length + 1;
  const end = text.indexOf('\n', from);
  return numberOf(text.slice(from, end === -1 ? undefined : end));
}

/** A whole number as control files write it; NaN for anything else. */
export function numberOf(text: string): number {
  const trimmed = text.trimEnd();
  return trimmed === '' ? Number.NaN : Number(trimmed);
}

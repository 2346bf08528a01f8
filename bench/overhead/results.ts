import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LoadResult } from './load/order.js';
import type { LoadSettings, MeasuredStart } from './measure.js';

/** One call of the command. */
export interface Run extends LoadSettings {
  readonly kind: 'run';
  /** When it began, ISO 8601. */
  readonly run: string;
  readonly cpu: string;
  readonly kernel: string;
  /** Installed version by subject. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What was measured in the same round, in one call of the command, may be compared. */
interface Place {
  readonly run: string;
  /** Version of Node, without `v`. */
  readonly node: string;
  readonly round: number;
  readonly subject: string;
}

export interface Load extends Place, LoadResult {
  readonly kind: 'load';
  readonly app: string;
  /** From 1; all of the same number were alive together. */
  readonly process: number;
}

export interface Start extends Place, MeasuredStart {
  readonly kind: 'start';
}

export type Result = Run | Load | Start;

/** A file of raw results, one JSON document a line, so that runs can be added to one another. */
export class Results {
  constructor(readonly file: string) {}

  clear(): void {
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(this.file, '');
  }

  add(result: Result): void {
    appendFileSync(this.file, `${JSON.stringify(result, rounded)}\n`);
  }

  read(): Result[] {
    if (!existsSync(this.file)) throw new Error(`no results in ${this.file}`);
    const lines = readFileSync(this.file, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Result);
  }
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}

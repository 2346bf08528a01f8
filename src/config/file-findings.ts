import { isSecretName, REDACTED, shown } from '../redaction/shown.js';
import type { Problem } from './configuration.js';
import type { Given } from './draft.js';
import { isAtOrBelow, type Paths, pathsTo } from './file-paths.js';
import type { SettingName } from './settings.js';

/** What a configuration file says, as text of settings, and what it says in vain. */
export class Findings {
  readonly given = new Map<SettingName, Given>();
  readonly problems: Problem[] = [];
  /** The paths of what was taken or refused, whole. */
  private readonly settled: string[] = [];
  /** The paths of keys that say something and may hold more. */
  private readonly heeded: string[] = [];

  constructor(
    private readonly from: string,
    readonly paths: Paths,
  ) {}

  give(name: SettingName, text: string, path: string): void {
    this.imply(name, text, path);
    this.settle(path);
  }

  /** As `give()`, of a key that holds more. The first value counts; a second that differs is reported. */
  imply(name: SettingName, text: string, path: string): void {
    this.heeded.push(path);
    const known = this.given.get(name);
    if (!known) this.given.set(name, { text, key: path, from: this.from });
    else if (known.text !== text)
      this.refuse(path, text, `the same as at ${known.key}`, describeValue(known.text, known.key));
  }

  /** Adds to a comma-separated setting; what comes last wins where names repeat. */
  add(name: SettingName, item: string, path: string, where: 'first' | 'last' = 'last'): void {
    this.heeded.push(path);
    const known = this.given.get(name);
    if (!known) this.given.set(name, { text: item, key: path, from: this.from });
    else known.text = where === 'first' ? `${item},${known.text}` : `${known.text},${item}`;
  }

  refuse(path: string, value: unknown, expected: string, used = 'nothing of it'): void {
    this.problems.push({ key: path, value: describeValue(value, path), from: this.from, expected, used });
    this.settle(path);
  }

  /** Notes that nothing more is to be said of the path and what is below it. */
  settle(path: string): void {
    this.settled.push(path);
  }

  isSettled(path: string): boolean {
    return this.settled.some((settled) => isAtOrBelow(path, settled));
  }

  /** Reports keys that have no meaning here, each by the topmost key that holds nothing else. */
  refuseTogether(paths: readonly string[]): void {
    const keys = new Set(paths.map((path) => this.topOf(path)));
    this.problems.push({
      key: 'OTEL_CONFIG_FILE',
      value: shown(this.from),
      from: 'environment',
      expected: `only keys that mean something here, unlike ${listed([...keys])}`,
      used: 'the rest of the file',
    });
  }

  private topOf(path: string): string {
    const heeded = [...this.settled, ...this.heeded];
    return pathsTo(path).find((top) => !heeded.some((other) => isAtOrBelow(other, top))) ?? path;
  }
}

const MAX_LISTED = 10;

function listed(keys: string[]): string {
  const more = keys.length - MAX_LISTED;
  return keys.slice(0, MAX_LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function describeValue(value: unknown, path: string): string {
  if (Array.isArray(value)) return '[…]';
  if (typeof value === 'object' && value !== null) return '{…}';
  return /header/i.test(path) || isSecretName(path) ? REDACTED : shown(String(value));
}

import { REDACTED, shown } from '../redaction/shown.js';
import type { Problem } from './configuration.js';
import type { Given } from './draft.js';
import type { SettingName } from './settings.js';

const NO_EQUIVALENT = 'a key that has an equivalent among the settings';

/** What a configuration file says, as text of settings, and what it says in vain. */
export class Findings {
  readonly given = new Map<SettingName, Given>();
  readonly problems: Problem[] = [];

  constructor(private readonly from: string) {}

  /** The first value counts; a second that differs is reported. */
  give(name: SettingName, text: string, path: string): void {
    const known = this.given.get(name);
    if (!known) this.given.set(name, { text, key: path, from: this.from });
    else if (known.text !== text) this.refuse(path, text, `the same as at ${known.key}`, known.text);
  }

  /** Adds to a comma-separated setting; what comes last wins where names repeat. */
  add(name: SettingName, item: string, path: string, where: 'first' | 'last' = 'last'): void {
    const known = this.given.get(name);
    if (!known) this.give(name, item, path);
    else known.text = where === 'first' ? `${item},${known.text}` : `${known.text},${item}`;
  }

  refuse(path: string, node: unknown, expected = NO_EQUIVALENT, used = 'nothing of it'): void {
    this.problems.push({ key: path, value: describeNode(node, path), from: this.from, expected, used });
  }
}

function describeNode(node: unknown, path: string): string {
  if (Array.isArray(node)) return '[…]';
  if (typeof node === 'object' && node !== null) return '{…}';
  return /header|key|token|secret|password|auth/i.test(path) ? REDACTED : shown(String(node));
}

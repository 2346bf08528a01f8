import type { Findings } from './file-findings.js';
import type { SettingName } from './settings.js';

/** The pieces that a mapping from the keys of a configuration file to settings is put together from. */

/** Takes one node of the file, whose path is `path`. */
export type Visit = (node: unknown, path: string, findings: Findings) => void;

/** A mapping; a key without a visit is reported unless it is empty. */
export function mapping(visits: Record<string, Visit>): Visit {
  return (node, path, findings) => {
    if (node === null || node === undefined) return;
    for (const [key, child] of entriesOf(node, path, findings)) {
      const visit = Object.hasOwn(visits, key) ? visits[key] : undefined;
      if (visit) visit(child, join(path, key), findings);
      else if (child !== null) findings.refuse(join(path, key), child);
    }
  };
}

/** A mapping whose key says what is meant, even with nothing behind it: `always_on:`. */
export function choice(visits: Record<string, Visit>): Visit {
  return (node, path, findings) => {
    for (const [key, child] of entriesOf(node, path, findings)) {
      const visit = Object.hasOwn(visits, key) ? visits[key] : undefined;
      if (visit) visit(child, join(path, key), findings);
      else findings.refuse(join(path, key), child, `one of ${Object.keys(visits).join(', ')}`);
    }
  };
}

export function entriesOf(node: unknown, path: string, findings: Findings): [string, unknown][] {
  if (typeof node === 'object' && node !== null && !Array.isArray(node)) return Object.entries(node);
  findings.refuse(path, node, 'a mapping');
  return [];
}

export function each(visit: Visit): Visit {
  return (node, path, findings) => {
    if (node === null || node === undefined) return;
    if (!Array.isArray(node)) return findings.refuse(path, node, 'a sequence');
    node.forEach((child: unknown, index) => {
      visit(child, `${path}[${index}]`, findings);
    });
  };
}

/** A scalar that is the text of the setting, or becomes it. Empty is not given. */
export function to(name: SettingName, translate: (text: string) => string = (text) => text): Visit {
  return (node, path, findings) => {
    const text = scalarText(node);
    if (text === undefined) findings.refuse(path, node, 'one value');
    else if (text !== '') findings.give(name, translate(text), path);
  };
}

/** What can't be set but need not be reported as long as it says what is so anyway. */
export function anyway(value: string): Visit {
  return (node, path, findings) => {
    const text = scalarText(node);
    if (text !== '' && text !== value) findings.refuse(path, node, `${value}, which can't be changed`, value);
  };
}

/** The text of a scalar, empty for none; undefined for a structure. */
function scalarText(node: unknown): string | undefined {
  if (node === null || node === undefined) return '';
  return typeof node === 'object' ? undefined : String(node);
}

export function say(name: SettingName, text: string): Visit {
  return (_node, path, findings) => findings.give(name, text, path);
}

export function both(...visits: Visit[]): Visit {
  return (node, path, findings) => {
    for (const visit of visits) visit(node, path, findings);
  };
}

export const ignored: Visit = () => {};

export function join(path: string, key: string): string {
  return path ? `${path}.${key}` : key;
}

/** `- name: …, value: …` as one `name=value` of the setting. */
export function namedPair(name: SettingName): Visit {
  return (node, path, findings) => {
    const pair = Object.fromEntries(entriesOf(node, path, findings));
    const { name: key, value } = pair;
    if (value === null || value === undefined) return;
    if (typeof key !== 'string' || typeof value === 'object')
      return findings.refuse(path, node, 'a name and one value');
    findings.add(name, `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`, path);
  };
}

/** A scalar that is, or becomes, items of a comma-separated setting. */
export function list(
  name: SettingName,
  where: 'first' | 'last',
  translate: (text: string) => string = (text) => text,
): Visit {
  return (node, path, findings) => {
    const text = scalarText(node);
    if (text === undefined) findings.refuse(path, node, 'one value');
    else if (text !== '') findings.add(name, translate(text), path, where);
  };
}

import type { Style } from '../terminal.js';

/** One difference between two documents. `before` undefined: it is new; `after` undefined: it is gone. */
export interface Change {
  /** As a person would name it: `widgets["Slowest routes"].properties.stat`. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * What differs in meaning: the order of keys does not, nor the order of things that have names of their own (a widget its title, a
 * variable its id, a dimension its name).
 */
export function differences(before: unknown, after: unknown, path = ''): Change[] {
  if (isObject(before) && isObject(after)) return betweenObjects(before, after, path);
  if (Array.isArray(before) && Array.isArray(after)) return betweenLists(before, after, path);
  return Object.is(before, after) ? [] : [{ path, before, after }];
}

function betweenObjects(before: Json, after: Json, path: string): Change[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => differences(before[key], after[key], path === '' ? key : `${path}.${key}`));
}

function betweenLists(before: readonly unknown[], after: readonly unknown[], path: string): Change[] {
  const [old, young] = [named(before), named(after)];
  return [...new Set([...old.keys(), ...young.keys()])].flatMap((name) =>
    differences(old.get(name), young.get(name), `${path}[${name}]`),
  );
}

/** By name where the item has one, by its place otherwise. */
function named(items: readonly unknown[]): Map<string, unknown> {
  const byName = new Map<string, unknown>();
  for (const [index, item] of items.entries()) {
    const name = nameOf(item);
    let label = name === undefined ? String(index) : JSON.stringify(name);
    for (let copy = 2; byName.has(label); copy++) label = `${JSON.stringify(name)} #${copy}`;
    byName.set(label, item);
  }
  return byName;
}

function nameOf(item: unknown): string | undefined {
  if (!isObject(item)) return undefined;
  const { title, markdown } = isObject(item.properties) ? item.properties : {};
  const heading = typeof markdown === 'string' ? markdown.trim().split('\n', 1)[0] : undefined;
  return [title, heading, item.id, item.Id, item.Name].find(
    (name): name is string => typeof name === 'string' && name !== '',
  );
}

/** Texts of more are shown as lines of their own. */
const SHORT = 60;

/** A change in lines; `paint` gives each its style. */
export function describeChange(
  { path, before, after }: Change,
  paint: (style: Style, text: string) => string,
): string[] {
  if (before === undefined) return [paint('good', `+ ${path}${brief(after)}`)];
  if (after === undefined) return [paint('bad', `- ${path}${brief(before)}`)];
  const [old, young] = [shown(before), shown(after)];
  if (old.length + young.length <= SHORT && !/\n/.test(old + young)) return [`~ ${path}: ${old} → ${young}`];
  return [
    `~ ${path}:`,
    ...old.split('\n').map((line) => paint('bad', `    - ${line}`)),
    ...young.split('\n').map((line) => paint('good', `    + ${line}`)),
  ];
}

/** A new or lost thing by its value, if that says more than its name and fits behind it. */
function brief(value: unknown): string {
  const text = isObject(value) ? '\n' : shown(value);
  return text.length <= SHORT && !text.includes('\n') ? `: ${text}` : '';
}

const shown = (value: unknown): string =>
  typeof value === 'string' && value.includes('\n') ? value : JSON.stringify(value);

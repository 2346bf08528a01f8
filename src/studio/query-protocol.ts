import { InputError } from '../cloudwatch/input.js';

/** The AWS Query protocol: parameters as a form, answers as XML. */

export type FormNode = string | { [key: string]: FormNode } | FormNode[];

const MAX_DEPTH = 12;
const MAX_INDEX = 100_000;

/**
 * `A.member.1.B=x` as `{ A: [{ B: 'x' }] }`. Elements keep the order of their numbers; gaps close up.
 *
 * @throws InputError when a name is used both as a value and as a structure, or nests too deeply.
 */
export function parseForm(form: URLSearchParams): Record<string, FormNode> {
  const root: Tree = new Map();
  for (const [name, value] of form) insert(root, name.split('.'), value);
  return Object.fromEntries([...root].map(([key, node]) => [key, settle(node)]));
}

type Tree = Map<string, Tree | string>;

function insert(root: Tree, path: string[], value: string): void {
  if (path.length > MAX_DEPTH) throw new InputError('A parameter nests too deeply.');
  let node = root;
  for (const key of path.slice(0, -1)) {
    const next: Tree | string = node.get(key) ?? new Map();
    if (typeof next === 'string') throw new InputError(`${path.join('.')} is both a value and a structure.`);
    node.set(key, next);
    node = next;
  }
  node.set(path.at(-1) ?? '', value);
}

function settle(node: Tree | string): FormNode {
  if (typeof node === 'string') return node;
  const members = node.size === 1 ? node.get('member') : undefined;
  if (members instanceof Map) return elements(members);
  return Object.fromEntries([...node].map(([key, child]) => [key, settle(child)]));
}

function elements(members: Tree): FormNode[] {
  const numbered = [...members].map(([index, child]): [number, FormNode] => [Number(index), settle(child)]);
  if (numbered.some(([index]) => !Number.isInteger(index) || index < 1 || index > MAX_INDEX)) {
    throw new InputError('A list has an element that is not numbered from 1.');
  }
  return numbered.sort(([a], [b]) => a - b).map(([, child]) => child);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text safe inside an XML element; what XML 1.0 cannot hold is replaced. */
export const escapeXml = (text: string): string =>
  text
    .replace(/\p{Surrogate}/gu, '\ufffd')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has no place for them
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);

type XmlValue = string | number | { readonly [name: string]: XmlValue } | readonly XmlValue[];

/** Structures as elements, lists as `<member>`s. */
export function toXml(value: XmlValue): string {
  if (typeof value === 'string' || typeof value === 'number') return escapeXml(String(value));
  if (isList(value)) return value.map((item) => `<member>${toXml(item)}</member>`).join('');
  return Object.entries(value)
    .map(([name, child]) => `<${name}>${toXml(child)}</${name}>`)
    .join('');
}

const isList = (value: XmlValue): value is readonly XmlValue[] => Array.isArray(value);

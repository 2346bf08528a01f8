import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Finding } from './finding.js';

/** A JSON text that was read, and where in it everything is. */
export interface JsonFile {
  readonly document: unknown;
  /** What is allowed in JSON, but not meant. */
  readonly warnings: readonly Finding[];
  /** The place of what a JSON pointer names; of the nearest thing around it, where there is no such thing. */
  locate(pointer: string): Place;
}

/** Counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The document, or the first thing in the text that is no JSON. */
export function readJson(given: string): JsonFile | Finding {
  const text = given.replace(/^\uFEFF/, '');
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true });
  const [first] = errors;
  if (root === undefined || first !== undefined) return syntaxFinding(text, first);
  const place = (node: Node): Place => placeAt(text, node.offset);
  return {
    document: JSON.parse(text),
    warnings: [...repeatedKeys(root, '', place)],
    locate: (pointer) => place(nodeAt(root, pointer.split('/').slice(1))),
  };
}

export const isFinding = (read: JsonFile | Finding): read is Finding => 'message' in read;

function syntaxFinding(text: string, error: ParseError | undefined): Finding {
  const offset = error?.offset ?? text.length;
  const finding = (message: string): Finding => ({ severity: 'error', path: '', message, ...placeAt(text, offset) });
  if (error === undefined || /\S/.test(text.slice(offset)) === false)
    return finding('not JSON: it ends before it is complete');
  const found = /^(?:[\w.+-]+|.)/su.exec(text.slice(offset))?.[0] ?? '';
  const code = printParseErrorCode(error.error);
  if (/String|Character|Unicode/.test(code))
    return finding('not JSON: a text is not closed, or holds what must be escaped');
  return finding(`not JSON: ${JSON.stringify(found)} is not expected here`);
}

function placeAt(text: string, offset: number): Place {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

/** A member's node has its name and its value for children. */
function* repeatedKeys(node: Node, path: string, place: (node: Node) => Place): Generator<Finding> {
  const keys = new Set<string>();
  for (const [index, child] of (node.children ?? []).entries()) {
    const [name, value] = child.type === 'property' ? (child.children ?? []) : [];
    if (name === undefined) {
      yield* repeatedKeys(child, `${path}/${index}`, place);
      continue;
    }
    const key = String(name.value);
    if (keys.has(key)) {
      const message = `${JSON.stringify(key)} is there twice: the last one counts`;
      yield { severity: 'warning', path: `${path}/${key}`, message, ...place(child) };
    }
    keys.add(key);
    if (value !== undefined) yield* repeatedKeys(value, `${path}/${key}`, place);
  }
}

function nodeAt(root: Node, steps: readonly string[]): Node {
  let node = root;
  for (const step of steps) {
    const next = findNodeAtLocation(node, [node.type === 'array' ? Number(step) : step]);
    if (next === undefined) return node;
    node = next;
  }
  return node.parent?.type === 'property' ? node.parent : node;
}

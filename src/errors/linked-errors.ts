/** The errors an error carries: its `cause` chain and the members of an AggregateError, as a bounded list. */

import { asArray, isErrorLike, isObject, readProperty } from '../redaction/safe-read.js';

/** Levels below the error itself. */
export const MAX_DEPTH = 5;
/** Members of one AggregateError. */
export const MAX_WIDTH = 5;
/** Linked errors of one event: with five fields each, the event stays below the 100 fields that are indexed of it. */
export const MAX_LINKED = 10;

export interface LinkedError {
  /** How one gets there from the error: `cause`, `errors[0].cause`. */
  path: string;
  error: unknown;
}

export interface LinkedErrors {
  linked: LinkedError[];
  /** Whether there was more than the bounds let through. */
  truncated: boolean;
}

/** Breadth first, each object once, however the errors refer to each other. */
export function linkedErrors(root: unknown): LinkedErrors {
  const seen = new Set<unknown>([root]);
  const linked: LinkedError[] = [];
  let level: LinkedError[] = [{ path: '', error: root }];
  let truncated = false;
  for (let depth = 0; level.length > 0; depth++) {
    const next: LinkedError[] = [];
    for (const parent of level) {
      const { children, more } = childrenOf(parent);
      const fresh = children.filter((child) => !(isObject(child.error) && seen.has(child.error)));
      if (more || (fresh.length > 0 && depth >= MAX_DEPTH)) truncated = true;
      if (depth >= MAX_DEPTH) continue;
      for (const child of fresh) seen.add(child.error);
      next.push(...fresh);
    }
    linked.push(...next);
    level = next;
  }
  return { linked: linked.slice(0, MAX_LINKED), truncated: truncated || linked.length > MAX_LINKED };
}

/** The error's `cause`, that one's `cause` and so on, by identity; the error itself first. */
export function causeChain(error: object): object[] {
  const chain = [error];
  let cause = readProperty(error, 'cause');
  while (isObject(cause) && chain.length <= MAX_DEPTH && !chain.includes(cause)) {
    chain.push(cause);
    cause = readProperty(cause, 'cause');
  }
  return chain;
}

function childrenOf(parent: LinkedError): { children: LinkedError[]; more: boolean } {
  if (!isErrorLike(parent.error)) return { children: [], more: false };
  const prefix = parent.path === '' ? '' : `${parent.path}.`;
  const children: LinkedError[] = [];
  const cause = readProperty(parent.error, 'cause');
  if (cause !== undefined && cause !== null) children.push({ path: `${prefix}cause`, error: cause });
  const members = asArray(readProperty(parent.error, 'errors'));
  if (members === undefined) return { children, more: false };
  // Index by index: an array's own slice could be the application's.
  const length = Number(readProperty(members, 'length'));
  for (let index = 0; index < Math.min(length, MAX_WIDTH); index++) {
    children.push({ path: `${prefix}errors[${index}]`, error: readProperty(members, index) });
  }
  return { children, more: length > MAX_WIDTH };
}

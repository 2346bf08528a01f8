import { randomBytes } from 'node:crypto';
import { METHODS } from 'node:http';

export interface Request {
  readonly method: string;
  readonly path: string;
}

/** Those that make of a connection something else, or that have no answer of their own. */
const LEFT_OUT = new Set(['CONNECT', 'M-SEARCH']);
const ALL_METHODS = METHODS.filter((method) => !LEFT_OUT.has(method));

const made = (bytes = 8): string => randomBytes(bytes).toString('hex');
const any = <T>(items: readonly T[]): T | undefined => items[Math.floor(Math.random() * items.length)];

/** What a healthy client asks for. */
const ORDINARY: readonly (() => Request)[] = [
  () => ({ method: 'GET', path: `/experiments/${made()}` }),
  () => ({ method: 'GET', path: '/visits?visitor=registered' }),
  () => ({ method: 'GET', path: '/call' }),
];

/** What makes a series, a map's entry or a name of each request, if anything does. */
const HOSTILE: readonly (() => Request)[] = [
  () => ({ method: 'GET', path: `/${made()}/${made()}.php?${made()}=${made()}` }),
  () => ({ method: any(ALL_METHODS) ?? 'GET', path: `/experiments/${made()}` }),
  () => ({ method: any(ALL_METHODS) ?? 'GET', path: `/${made()}` }),
  () => ({ method: 'GET', path: `/visits?visitor=${made()}` }),
  () => ({ method: 'GET', path: `/call?hostname=${made()}.example.com` }),
  () => ({ method: 'GET', path: `/fail?name=${made(4)}Error&message=${made(64)}` }),
];

/** One in two is hostile. */
export function nextRequest(): Request {
  const make = any(Math.random() < 0.5 ? HOSTILE : ORDINARY);
  if (!make) throw new Error('nothing to ask for');
  return make();
}

/** Whatever the client says that it asks for. */
export function madeUpHost(): string {
  return `${made()}.example.com`;
}

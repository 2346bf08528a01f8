import { fileURLToPath } from 'node:url';

export interface App {
  readonly name: string;
  readonly title: string;
  readonly path: string;
}

/** What is put under load. */
export const APPS: readonly App[] = [
  { name: 'hello', title: '`node:http`, 6 bytes', path: '/' },
  { name: 'express4', title: 'Express 4, 2 KB JSON', path: '/experiments/42' },
  { name: 'express5', title: 'Express 5, 2 KB JSON', path: '/experiments/42' },
  { name: 'fastify', title: 'Fastify, 2 KB JSON', path: '/experiments/42' },
  { name: 'koa', title: 'Koa, 2 KB JSON', path: '/experiments/42' },
  { name: 'outgoing-http', title: 'a call by `node:http`', path: '/' },
  { name: 'outgoing-fetch', title: 'a call by `fetch`', path: '/' },
  { name: 'postgres', title: 'a query by `pg`', path: '/' },
];

/** Applications that have modules of their own. */
const FILES: Readonly<Record<string, string>> = { express4: 'express4/application.cjs' };

export function appFile(name: string): string {
  return fileURLToPath(new URL(`./apps/${FILES[name] ?? `${name}.cjs`}`, import.meta.url));
}

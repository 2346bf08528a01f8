import type { IncomingMessage } from 'node:http';
import type { FrameworkHooks } from '../framework-hooks.js';
import { readProperty } from '../observe.js';

export type ReportError = (req: unknown, error: unknown) => void;

/**
 * Passes handler errors of one framework on. Frameworks hand the same error to each error handler in turn: it is passed
 * on once for a request. An error that says it is the client's (a status of 4xx) is not passed on.
 */
export function reportErrors(hooks: FrameworkHooks, framework: string): ReportError {
  const last = new WeakMap<object, unknown>();
  return (req, error) => {
    if (typeof req !== 'object' || req === null || isClientFault(error)) return;
    if (last.has(req) && last.get(req) === error) return;
    last.set(req, error);
    hooks.error(req as IncomingMessage, error, framework);
  };
}

/**
 * Whether `error` carries a status of 4xx: `status` (http-errors, Nest), `statusCode` (Fastify) or `output` (Boom).
 * One that cannot be read is none.
 */
export function isClientFault(error: unknown): boolean {
  const boom = readProperty(readProperty(error, 'output'), 'statusCode');
  const statuses = [readProperty(error, 'status'), readProperty(error, 'statusCode'), boom];
  const code = statuses.find((value) => typeof value === 'number');
  return code !== undefined && code >= 400 && code < 500;
}

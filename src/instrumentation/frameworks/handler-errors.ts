import type { IncomingMessage } from 'node:http';
import type { FrameworkHooks } from '../framework-hooks.js';

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

/** Whether `error` carries a status of 4xx: `status` (http-errors, Nest), `statusCode` (Fastify) or `output` (Boom). */
export function isClientFault(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { status, statusCode, output } = error as { status?: unknown; statusCode?: unknown; output?: unknown };
  const boom =
    typeof output === 'object' && output !== null ? (output as { statusCode?: unknown }).statusCode : undefined;
  const code = [status, statusCode, boom].find((value) => typeof value === 'number');
  return code !== undefined && code >= 400 && code < 500;
}

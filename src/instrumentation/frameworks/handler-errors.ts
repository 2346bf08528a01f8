import type { IncomingMessage } from 'node:http';
import type { FrameworkHooks } from '../framework-hooks.js';

export type ReportError = (req: unknown, error: unknown) => void;

/**
 * Passes handler errors of one framework on. Frameworks hand the same error to each error handler in turn: the error is passed on once
 * for a request. Whether the error is a failure is the answer's to decide.
 */
export function reportErrors(hooks: FrameworkHooks, framework: string): ReportError {
  const last = new WeakMap<object, unknown>();
  return (req, error) => {
    if (typeof req !== 'object' || req === null) return;
    if (last.has(req) && last.get(req) === error) return;
    last.set(req, error);
    hooks.error(req as IncomingMessage, error, framework);
  };
}

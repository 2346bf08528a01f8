/** Errors on their way from a worker thread of the application to the main thread, which alone reports. */

import { boundedCopy } from '../redaction/bounded-copy.js';
import { isErrorLike, isObject } from '../redaction/safe-read.js';
import { describe, Occurrence } from './describe.js';
import { linkedErrors } from './linked-errors.js';

/** The key of the environment data by which worker threads learn that, and by what channel, errors are taken. */
export const ERRORS_CHANNEL = '@org/monitoring/errors';

/** What an error is in another thread: a clone would keep neither its class nor its code. */
interface PlainError {
  type: string;
  message: string;
  stack: string | undefined;
  code: string | undefined;
}

/** Survives structured cloning. Secrets are taken out by the receiver. */
export interface ThreadError {
  /** The error itself first, then those that it carries; of something else than an error its type and text. */
  errors: { path: string; error: PlainError }[];
  isError: boolean;
  context: Record<string, unknown>;
}

/** Whatever the data is, what can be cloned of it. */
const VERBATIM = { text: (value: string) => value, sensitive: { has: () => false }, replacement: '' };

export function toThreadError(error: unknown, context: Record<string, unknown>): ThreadError {
  const { linked } = linkedErrors(error);
  return {
    errors: [{ path: '', error }, ...linked].map((each) => ({ path: each.path, error: plain(each.error) })),
    isError: isErrorLike(error),
    context: Object.fromEntries(Object.entries(context).map(([key, value]) => [key, boundedCopy(value, VERBATIM)])),
  };
}

function plain(error: unknown): PlainError {
  const { type, message, stack, code } = describe(error, (value) => {
    const copy = boundedCopy(value, VERBATIM);
    return typeof copy === 'string' ? copy : (JSON.stringify(copy) ?? String(copy));
  });
  return { type, message, stack, code };
}

/** An error as the sources of this thread have it: with its causes and members where they were. */
export function fromThreadError({ errors, isError }: ThreadError): unknown {
  const [first, ...rest] = errors;
  if (first === undefined) return undefined;
  if (!isError) return new Occurrence(first.error.type, first.error.message, first.error.stack);
  const root = revived(first.error);
  const known = new Map<string, Record<string, unknown>>([['', root]]);
  for (const { path, error } of rest) {
    const [, parentPath = '', link = '', index] = /^(?:(.*)\.)?(cause|errors)(?:\[(\d+)\])?$/.exec(path) ?? [];
    const parent = known.get(parentPath);
    if (parent === undefined) continue;
    const child = revived(error);
    known.set(path, child);
    if (index === undefined) parent[link] = child;
    else {
      const members = Array.isArray(parent[link]) ? parent[link] : [];
      members.push(child);
      parent[link] = members;
    }
  }
  return root;
}

/** The header stands for a stack that is not there: what has none is not taken for an error. */
function revived({ type, message, stack, code }: PlainError): Record<string, unknown> {
  return { name: type, message, stack: stack ?? `${type}: ${message}`, ...(code !== undefined && { code }) };
}

/** Whether it came through the channel from code of ours. */
export function isThreadError(value: unknown): value is ThreadError {
  return (
    isObject(value) && 'errors' in value && Array.isArray(value.errors) && 'isError' in value && 'context' in value
  );
}

/** What was thrown, whatever it was, as type, message, stack and code. */

import { types } from 'node:util';
import { isErrorLike, isInstance, isObject, readProperty, readString } from '../redaction/safe-read.js';

export interface Description {
  type: string;
  message: string;
  /** Of an error read when it is asked for: V8 writes the text of a stack only then, which costs more than all else. */
  readonly stack: string | undefined;
  code: string | undefined;
  /** What groups it in place of its message. */
  kind?: string | undefined;
}

/**
 * Something that went wrong without anything having been thrown: a 5xx answer, a log line, a warning.
 *
 * @param kind what groups it in place of its message
 */
export class Occurrence {
  declare readonly kind?: string;

  constructor(
    readonly type: string,
    readonly message: string,
    readonly stack?: string,
    kind?: string,
  ) {
    if (kind !== undefined) this.kind = kind;
  }
}

export function isOccurrence(value: unknown): value is Occurrence {
  return isObject(value) && isInstance(value, Occurrence);
}

/**
 * Describes anything that can be thrown; runs getters of errors, guarded, and of nothing else.
 *
 * @param render text for values without a message of their own; must not throw and must bound its output
 * @param cleanStack what of an error's stack is told
 */
export function describe(
  value: unknown,
  render: (value: unknown) => string,
  cleanStack: (stack: string) => string = asItIs,
): Description {
  if (isOccurrence(value)) {
    const { type, message, stack, kind } = value;
    return { type, message, stack, code: undefined, ...(kind !== undefined && { kind }) };
  }
  if (isErrorLike(value)) return describeError(value, render, cleanStack);
  if (!isObject(value))
    return { type: primitiveType(value), message: String(value), stack: undefined, code: undefined };
  return describeObject(value, render);
}

function asItIs(text: string): string {
  return text;
}

function describeError(
  error: object,
  render: (value: unknown) => string,
  cleanStack: (stack: string) => string,
): Description {
  const message = readProperty(error, 'message');
  return new DescribedError(
    error,
    errorType(error),
    typeof message === 'string' ? message : message === undefined ? '' : render(message),
    errorCode(error),
    cleanStack,
  );
}

/** A class: to define a getter for each single error would cost more than to read it. */
class DescribedError implements Description {
  readonly #error: object;
  readonly #cleanStack: (stack: string) => string;

  constructor(
    error: object,
    readonly type: string,
    readonly message: string,
    readonly code: string | undefined,
    cleanStack: (stack: string) => string,
  ) {
    this.#error = error;
    this.#cleanStack = cleanStack;
  }

  get stack(): string | undefined {
    const stack = readString(this.#error, 'stack');
    return stack && this.#cleanStack(stack);
  }
}

function describeObject(value: object, render: (value: unknown) => string): Description {
  if (types.isProxy(value)) return { type: 'Proxy', message: render(value), stack: undefined, code: undefined };
  return {
    type: classNameOf(value) ?? (typeof value === 'function' ? 'Function' : 'Object'),
    message: readString(value, 'message') ?? render(value),
    stack: readString(value, 'stack'),
    code: errorCode(value),
  };
}

/** The name an error gives itself; its class when it left the name at `Error`. */
function errorType(error: object): string {
  const name = readString(error, 'name') || readString(error, 'type') || 'Error';
  if (name !== 'Error') return name;
  const className = classNameOf(error);
  // Node's own errors share an internal class that some releases call NodeError.
  return className === undefined || className === 'Object' || className === 'NodeError' ? name : className;
}

function classNameOf(value: object): string | undefined {
  const type = readProperty(value, 'constructor');
  return typeof type === 'function' ? readString(type, 'name') || undefined : undefined;
}

function errorCode(error: object): string | undefined {
  const code = readProperty(error, 'code');
  return typeof code === 'string' || typeof code === 'number' ? String(code) : undefined;
}

function primitiveType(value: unknown): string {
  return value === null ? 'null' : typeof value;
}

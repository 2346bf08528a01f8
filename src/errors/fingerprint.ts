/**
 * Which errors count as one kind: type, code, message without its variable parts, and the top frames of the
 * application without line and column. So a kind survives edits elsewhere in a file and new deployments; two throws of
 * one message in one function are one kind.
 */

import { createHash } from 'node:crypto';
import type { Description } from './describe.js';
import { type Frame, framesStart, parseStack } from './stack.js';

const TOP_FRAMES = 3;
const MAX_MESSAGE = 256;
const MAX_NAME = 128;
const MAX_CACHED_STACKS = 512;
/** UTF-16 units of the frames that identify a stack in the cache. */
const MAX_CACHED_LENGTH = 2048;

const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
const WORD_WITH_DIGIT = /\b\w*\d\w*\b/g;
const QUOTED = /"[^"]*"|'[^']*'|`[^`]*`/g;
/** The engine quotes names of the program in these, not data. */
const QUOTES_NAMES = new Set(['TypeError', 'ReferenceError']);

/** A message with ids, numbers and quoted data replaced by `?`; of its first 256 UTF-16 units. */
export function normaliseMessage(type: string, message: string): string {
  const head = message.length > MAX_MESSAGE ? message.slice(0, MAX_MESSAGE) : message;
  const unquoted = QUOTES_NAMES.has(type) ? head : head.replace(QUOTED, '?');
  return unquoted.replace(UUID, '?').replace(WORD_WITH_DIGIT, '?');
}

/** The top frames as `file function`, one a line: the application's own, or any when there are none. */
export function topFrames(frames: readonly Frame[], root: string): string {
  const own = frames.filter((frame) => frame.inApp);
  return (own.length > 0 ? own : frames)
    .slice(0, TOP_FRAMES)
    .map((frame) => `${relativeFile(frame.file, root)} ${frame.function ?? '<anonymous>'}`)
    .join('\n');
}

function relativeFile(file: string | undefined, root: string): string {
  if (file === undefined) return '<native>';
  const dependency = file.lastIndexOf('/node_modules/');
  if (dependency >= 0) return file.slice(dependency + '/node_modules/'.length);
  return root !== '' && file.startsWith(`${root}/`) ? file.slice(root.length + 1) : file;
}

/** 16 hex digits for a grouping key. */
export function fingerprintOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

/** Makes grouping keys; remembers what it found out about the stacks it saw last. */
export class Grouping {
  readonly #root: string;
  readonly #byFrames = new Map<string, string>();

  /** @param root directory of the application; files below it are named from there, so that hosts agree */
  constructor(root: string) {
    this.#root = root.replace(/\/+$/, '');
  }

  /** Equal for errors of one kind. */
  keyOf(error: Description): string {
    const message = normaliseMessage(error.type, error.message);
    const type = error.type.slice(0, MAX_NAME);
    const code = error.code?.slice(0, MAX_NAME) ?? '';
    return `${type}\n${code}\n${message}\n${this.#frames(error)}`;
  }

  #frames(error: Description): string {
    const { stack, message } = error;
    if (stack === undefined) return '';
    const start = framesStart(stack, message);
    if (start < 0) return '';
    const text = stack.slice(start, start + MAX_CACHED_LENGTH);
    const known = this.#byFrames.get(text);
    if (known !== undefined) return known;
    const top = topFrames(parseStack(text), this.#root);
    this.#remember(text, top);
    return top;
  }

  #remember(text: string, top: string): void {
    const oldest = this.#byFrames.size >= MAX_CACHED_STACKS ? this.#byFrames.keys().next().value : undefined;
    if (oldest !== undefined) this.#byFrames.delete(oldest);
    // A slice would keep the whole stack alive, with a message that may be megabytes long.
    this.#byFrames.set(Buffer.from(text).toString(), top);
  }
}

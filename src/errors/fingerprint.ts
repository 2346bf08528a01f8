/**
 * Which errors count as one kind: type, code, message without its variable parts, and the top frames of the
 * application without line and column. So a kind survives edits elsewhere in a file and new deployments; two throws of
 * one message in one function are one kind.
 */

import type { Description } from './describe.js';
import { headOfMessage, normalisesTo, quotesNames } from './normal-form.js';
import { type Frame, framesStart, parseStack } from './stack.js';

const TOP_FRAMES = 3;
const MAX_NAME = 128;
const MAX_CACHED_STACKS = 512;
/** Types with a code and a message whose last kind is remembered. */
const MAX_HEADS = 512;
const MAX_LATEST = 4;
/** So many errors of one type, code and message in a row came from one place: the next are taken to come from there. */
const SAME_PLACE = 100;
/** Of those, every so manieth is looked at all the same; */
const CHECKED = 16;
/** once so many in a row came from there, fewer of them. */
const SAME_PLACE_LONG = 2000;
const CHECKED_LONG = 64;
/** UTF-16 units of the frames that identify a stack in the cache. */
const MAX_CACHED_LENGTH = 2048;

const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;
const WORD_WITH_DIGIT = /\b\w*\d\w*\b/g;
const QUOTED = /"[^"]*"|'[^']*'|`[^`]*`/g;

/** A message with ids, numbers and quoted data replaced by `?`; of its first 256 UTF-16 units. */
export function normaliseMessage(type: string, message: string): string {
  const head = headOfMessage(message);
  const unquoted = quotesNames(type) ? head : head.replace(QUOTED, '?');
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

/** A path of Windows: with a drive, or of a share. */
const WINDOWS_PATH = /^(?:[a-z]:[\\/]|\\\\)/i;

/** One spelling of a path of any system, so that a laptop with Windows and a server agree on files below their roots. */
function portablePath(path: string): string {
  if (!WINDOWS_PATH.test(path)) return path;
  return path.replaceAll('\\', '/').replace(/^[A-Z]:/, (drive) => drive.toLowerCase());
}

function relativeFile(given: string | undefined, root: string): string {
  if (given === undefined) return '<native>';
  const file = portablePath(given);
  const dependency = file.lastIndexOf('/node_modules/');
  if (dependency >= 0) return file.slice(dependency + '/node_modules/'.length);
  return root !== '' && file.startsWith(`${root}/`) ? file.slice(root.length + 1) : file;
}

/** Loaded with the first error: it takes milliseconds that no start has to pay. */
let createHash: typeof import('node:crypto').createHash | undefined;

/** 16 hex digits for a grouping key. */
export function fingerprintOf(key: string): string {
  createHash ??= process.getBuiltinModule('node:crypto').createHash;
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

/** What is compared of an error before its stack is read. */
type Head = Pick<Description, 'type' | 'code' | 'message'>;

/** Errors of one type, code and normalised message. */
interface Lookalikes extends Head {
  /** Where the last one came from: its grouping key. */
  key: string;
  /** How many in a row came from there. */
  streak: number;
}

function headOf({ type, code, message }: Lookalikes): string {
  return `${type.slice(0, MAX_NAME)}\n${code?.slice(0, MAX_NAME) ?? ''}\n${message}`;
}

function isTakenAsRead(streak: number): boolean {
  return streak > SAME_PLACE && streak % (streak > SAME_PLACE_LONG ? CHECKED_LONG : CHECKED) !== 0;
}

/** Makes grouping keys; remembers what it found out about the stacks it saw last. */
export class Grouping {
  readonly #root: string;
  readonly #byFrames = new Map<string, string>();
  readonly #lately = new Map<string, Lookalikes>();
  /** Some of them, looked through before anything is made of an error: in a storm they are those that recur. */
  readonly #latest: Lookalikes[] = [];
  #nextLatest = 0;

  /** @param root directory of the application; files below it are named from there, so that hosts agree */
  constructor(root: string) {
    this.#root = portablePath(root).replace(/\/+$/, '');
  }

  /**
   * Equal for errors of one kind. In a storm, of whose errors nothing is told but their number, most stacks are not read: an
   * error that differs from a hundred before it by its place alone may be counted with them.
   *
   * @param isRefused whether no event of a kind may go out now
   * @param byPlace whether the message does not count where there are frames
   */
  keyOf(error: Description, isRefused: (key: string) => boolean = () => false, byPlace = false): string {
    const { type, code, kind = error.message } = error;
    const key = byPlace ? this.#keyWith(error, { type, code, message: '' }, isRefused, true) : undefined;
    return key ?? this.#keyWith(error, { type, code, message: kind }, isRefused, false) ?? '';
  }

  /** Undefined: there are no frames although they are needed. */
  #keyWith(
    error: Description,
    head: Head,
    isRefused: (key: string) => boolean,
    needsFrames: boolean,
  ): string | undefined {
    const lately = this.#among(head) ?? this.#lookUp(head);
    lately.streak += 1;
    if (isTakenAsRead(lately.streak) && isRefused(lately.key)) return lately.key;
    const frames = this.#frames(error);
    if (frames === '' && needsFrames) return undefined;
    const key = `${headOf(lately)}\n${frames}`;
    if (key !== lately.key) {
      lately.key = key;
      lately.streak = 0;
    }
    return key;
  }

  #among({ type, code, message }: Head): Lookalikes | undefined {
    for (const known of this.#latest) {
      if (known.type === type && known.code === code && normalisesTo(known.message, type, message)) return known;
    }
    return undefined;
  }

  #lookUp({ type, code, message }: Head): Lookalikes {
    const fresh = { type, code, message: normaliseMessage(type, message), key: '', streak: 0 };
    const head = headOf(fresh);
    const found = this.#lately.get(head) ?? fresh;
    if (found === fresh) this.#remember(head, fresh);
    this.#latest[this.#nextLatest] = found;
    this.#nextLatest = (this.#nextLatest + 1) % MAX_LATEST;
    return found;
  }

  #remember(head: string, lookalikes: Lookalikes): void {
    const oldest = this.#lately.size >= MAX_HEADS ? this.#lately.keys().next().value : undefined;
    if (oldest !== undefined) this.#lately.delete(oldest);
    this.#lately.set(head, lookalikes);
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
    this.#rememberFrames(text, top);
    return top;
  }

  #rememberFrames(text: string, top: string): void {
    const oldest = this.#byFrames.size >= MAX_CACHED_STACKS ? this.#byFrames.keys().next().value : undefined;
    if (oldest !== undefined) this.#byFrames.delete(oldest);
    // A slice would keep the whole stack alive, with a message that may be megabytes long.
    this.#byFrames.set(Buffer.from(text).toString(), top);
  }
}

/** Which errors were captured before, so that one that is rethrown, logged and handled makes one event. */

import { isInstance, isObject, readProperty, readString } from '../redaction/safe-read.js';
import type { FailedRequest } from './captured.js';
import type { Untold } from './limit.js';
import { causeChain } from './linked-errors.js';

/** Milliseconds within which the same value seen elsewhere is the same failure, when nothing else ties them. */
const WINDOW = 100;
/** Milliseconds within which a wrapper outside of requests, or a serialised copy, belongs to the error in it. */
const WRAPPER_WINDOW = 1000;
const MAX_VALUES = 100;
const MAX_VALUE_LENGTH = 1024;
/** Errors whose stacks a serialised copy is compared with. */
const MAX_RECENT = 32;

type After = (ms: number, callback: () => void) => void;

export interface Sighting {
  request: FailedRequest | undefined;
  mechanism: string;
  /** Epoch milliseconds. */
  at: number;
  /** The grouping key; undefined while the error waits for an answer, and where that answer made no failure of it. */
  key: string | undefined;
  /** The count it is in; undefined: an event went out, if there is a key. */
  suppressedIn: Untold | undefined;
  /** The answer made no failure of it. */
  isDropped: boolean;
  /** Reported whatever the answer is. */
  always: boolean;
}

/**
 * Errors are known by identity and never marked. An error whose `cause` was captured is a wrapper of the same failure
 * when both belong to one request, or to none within a second. Primitives have no identity: a value counts as the same
 * failure within one request, and outside of requests when another source sees it within a tenth of a second; from
 * the same source it is a new one.
 */
export class Sightings {
  readonly #objects = new WeakMap<object, Sighting>();
  readonly #valuesOf = new WeakMap<FailedRequest, Map<unknown, Sighting>>();
  readonly #values = new Map<unknown, Sighting>();
  /** A ring. Their stacks are read when there is something to compare them with. */
  readonly #recent: { error: object; sighting: Sighting }[] = [];
  #nextRecent = 0;
  #added = 0;
  readonly #after: After | undefined;
  #isLettingGo = false;

  /** @param after calls back after so many ms; then errors that nothing can be compared with any more are let go of */
  constructor(after?: After) {
    this.#after = after;
  }

  /** Whether this very error was captured before. */
  findSame(error: unknown, request: FailedRequest | undefined, mechanism: string, now: number): Sighting | undefined {
    return isObject(error) ? this.#objects.get(error) : this.#findValue(error, request, mechanism, now);
  }

  /** Whether it, or an error that it wraps or copies, was. */
  find(error: unknown, request: FailedRequest | undefined, mechanism: string, now: number): Sighting | undefined {
    const same = this.findSame(error, request, mechanism, now);
    if (same !== undefined || !isObject(error)) return same;
    return this.#findCause(error, request, now) ?? this.#findCopy(error, mechanism, now);
  }

  /** Takes note of the error and of those it was made from. */
  add(error: unknown, sighting: Sighting): void {
    if (!isObject(error)) {
      this.#addValue(error, sighting);
      return;
    }
    this.#objects.set(error, sighting);
    if (isObject(readProperty(error, 'cause'))) for (const part of causeChain(error)) this.#objects.set(part, sighting);
    this.#recent[this.#nextRecent] = { error, sighting };
    this.#nextRecent = (this.#nextRecent + 1) % MAX_RECENT;
    this.#added += 1;
    this.#letGoLater(this.#added);
  }

  /** Errors can hold much. A storm replaces them; of what remains after one, nothing is kept for longer than two windows. */
  #letGoLater(added: number): void {
    if (this.#isLettingGo || this.#after === undefined) return;
    this.#isLettingGo = true;
    this.#after(WRAPPER_WINDOW, () => {
      this.#isLettingGo = false;
      if (this.#added === added) this.#recent.length = this.#nextRecent = 0;
      else this.#letGoLater(this.#added);
    });
  }

  #findCause(error: object, request: FailedRequest | undefined, now: number): Sighting | undefined {
    if (!isObject(readProperty(error, 'cause'))) return undefined;
    for (const part of causeChain(error)) {
      const sighting = this.#objects.get(part);
      if (sighting === undefined || sighting.request !== request) continue;
      if (request !== undefined || now - sighting.at < WRAPPER_WINDOW) return sighting;
    }
    return undefined;
  }

  /** A logger's serialised error, or one that comes from another thread, has another identity and the same stack. */
  #findCopy(error: object, mechanism: string, now: number): Sighting | undefined {
    if (isInstance(error, Error) && mechanism !== 'worker_thread') return undefined;
    const stack = readString(error, 'stack');
    if (stack === undefined) return undefined;
    return this.#recent.find(
      ({ error: seen, sighting }) => now - sighting.at < WRAPPER_WINDOW && readString(seen, 'stack') === stack,
    )?.sighting;
  }

  #findValue(value: unknown, request: FailedRequest | undefined, mechanism: string, now: number): Sighting | undefined {
    if (request !== undefined) return this.#valuesOf.get(request)?.get(value);
    const known = this.#values.get(value);
    return known !== undefined && known.mechanism !== mechanism && now - known.at < WINDOW ? known : undefined;
  }

  #addValue(value: unknown, sighting: Sighting): void {
    if (typeof value === 'string' && value.length > MAX_VALUE_LENGTH) return;
    const values = sighting.request === undefined ? this.#values : this.#valuesWithin(sighting.request);
    if (values.size >= MAX_VALUES) values.clear();
    values.set(value, sighting);
  }

  #valuesWithin(request: FailedRequest): Map<unknown, Sighting> {
    const known = this.#valuesOf.get(request);
    if (known !== undefined) return known;
    const values = new Map<unknown, Sighting>();
    this.#valuesOf.set(request, values);
    return values;
  }
}

/** An error's own texts as they may leave the process. */

import { type Redactor, truncate } from '../redaction/redactor.js';
import { type Description, describe } from './describe.js';
import { framesRemover, framesStart } from './stack.js';

const MAX_TYPE = 128;
const MAX_CODE = 128;
const MAX_MESSAGE = 4096;
const MAX_STACK = 16_384;
const MAX_RENDERED = 1024;
const MAX_CACHED_FRAMES = 64;

/** Describes and redacts errors; remembers the frames it redacted last, for errors come in storms. */
export class ErrorTexts {
  readonly #redactor: Redactor;
  readonly #frames = new Map<string, string>();
  readonly #render = (value: unknown): string => {
    const copy = this.#redactor.copy(value);
    return truncate(typeof copy === 'string' ? copy : (JSON.stringify(copy) ?? String(copy)), MAX_RENDERED);
  };

  readonly #cleanStack: ((stack: string) => string) | undefined;

  /** @param ownFolder where our own code is, whose frames are not told */
  constructor(redactor: Redactor, ownFolder?: string) {
    this.#redactor = redactor;
    this.#cleanStack = ownFolder === undefined ? undefined : framesRemover(ownFolder);
  }

  /** As it was thrown; only what was not text before is redacted. */
  describe(error: unknown): Description {
    return describe(error, this.#render, this.#cleanStack);
  }

  redact(raw: Description): Description {
    // A getter of the application's may answer differently the next time.
    const { stack } = raw;
    return {
      type: this.#redactor.text(raw.type, MAX_TYPE),
      message: this.#redactor.text(raw.message, MAX_MESSAGE),
      stack: stack === undefined ? undefined : this.#redactStack(stack, raw.message),
      code: raw.code === undefined ? undefined : this.#redactor.text(raw.code, MAX_CODE),
    };
  }

  /** Header and frames apart: of a kind of error the header differs and the frames do not. */
  #redactStack(stack: string, message: string): string {
    const start = message !== '' && stack.includes(message) ? framesStart(stack, message) : -1;
    if (start < 0) return this.#redactor.text(stack, MAX_STACK);
    const header = this.#redactor.text(stack.slice(0, start), MAX_MESSAGE + MAX_TYPE);
    return truncate(header + this.#redactFrames(stack.slice(start)), MAX_STACK);
  }

  #redactFrames(frames: string): string {
    const known = this.#frames.get(frames);
    if (known !== undefined) return known;
    const redacted = this.#redactor.text(frames, MAX_STACK);
    if (frames.length > MAX_STACK) return redacted;
    const oldest = this.#frames.size >= MAX_CACHED_FRAMES ? this.#frames.keys().next().value : undefined;
    if (oldest !== undefined) this.#frames.delete(oldest);
    // A slice would keep the whole stack alive.
    this.#frames.set(Buffer.from(frames).toString(), redacted);
    return redacted;
  }
}

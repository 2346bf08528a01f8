const TRACE_DIGITS = 32;
const TRACE_WORDS = 4;
const SPAN_DIGITS = 16;
const SPAN_WORDS = 2;
const SECOND = 1000;

/** Ids made at a time: few enough for making them not to be felt, and for their digits not to matter among what survives collections. */
const IDS = 16;

/**
 * Ids of X-Ray's form, cut from digits made in advance.
 *
 * Every request needs a trace id and a span id, sampled or not. Cut, the two cost 0.16 µs; each made on its own, 0.40 µs (Node 24).
 */
export class IdPool {
  readonly #traceWords = new Uint32Array(IDS * TRACE_WORDS);
  readonly #spanWords = new Uint32Array(IDS * SPAN_WORDS);
  #traceDigits = '';
  #spanDigits = '';
  #tracesUsed = IDS;
  #spansUsed = IDS;
  #second = 0;

  /** 32 hexadecimal digits: the epoch second, then 96 random bits. */
  drawTraceId(): string {
    const second = Math.floor(Date.now() / SECOND);
    if (second !== this.#second || this.#tracesUsed === IDS) this.#makeTraceIds(second);
    const start = this.#tracesUsed * TRACE_DIGITS;
    this.#tracesUsed += 1;
    return this.#traceDigits.slice(start, start + TRACE_DIGITS);
  }

  /** 16 hexadecimal digits. */
  drawSpanId(): string {
    if (this.#spansUsed === IDS) this.#makeSpanIds();
    const start = this.#spansUsed * SPAN_DIGITS;
    this.#spansUsed += 1;
    return this.#spanDigits.slice(start, start + SPAN_DIGITS);
  }

  #makeTraceIds(second: number): void {
    fillRandomly(this.#traceWords);
    const bytes = Buffer.from(this.#traceWords.buffer);
    for (let offset = 0; offset < bytes.length; offset += TRACE_DIGITS / 2) bytes.writeUInt32BE(second, offset);
    this.#traceDigits = bytes.toString('hex');
    this.#tracesUsed = 0;
    this.#second = second;
  }

  #makeSpanIds(): void {
    fillRandomly(this.#spanWords);
    this.#spanDigits = Buffer.from(this.#spanWords.buffer).toString('hex');
    this.#spansUsed = 0;
  }
}

/** Node's: an application may put a predictable one in its place, which ids must neither repeat nor use up. */
const { random } = Math;

function fillRandomly(words: Uint32Array): void {
  for (let i = 0; i < words.length; i++) words[i] = random() * 2 ** 32;
}

/**
 * A stream that the application and an instrumentation read together. The instrumentation sees each event before the
 * application; what the instrumentation throws ends its own reading only.
 */
export class SharedStream<T> {
  readonly forInstrumentation: AsyncIterable<T> = {
    [Symbol.asyncIterator]: () => ({ next: () => this.#readSource() }),
  };
  readonly #source: AsyncIterable<T>;
  #iterator: AsyncIterator<T> | undefined;
  /** The last result of the source that the application has not yet received. */
  #last: IteratorResult<T> | undefined;
  #hasFailed = false;

  constructor(source: AsyncIterable<T>) {
    this.#source = source;
  }

  /** Iterates over the stream for the application, through `instrumented` on the first call only. */
  iterate(instrumented: AsyncGenerator<T>): AsyncIterator<T> {
    if (this.#iterator) return this.#source[Symbol.asyncIterator]();
    this.#iterator = this.#source[Symbol.asyncIterator]();
    return this.#readBoth(instrumented);
  }

  async *#readBoth(instrumented: AsyncGenerator<T>): AsyncGenerator<T> {
    let isObserved = true;
    let isLeft = true;
    const next = async (): Promise<IteratorResult<T>> => {
      this.#last = undefined;
      if (!isObserved) return this.#readSource();
      try {
        return await instrumented.next();
      } catch (error) {
        isLeft = !this.#hasFailed;
        if (this.#hasFailed) throw error;
        isObserved = false;
        return this.#last ?? this.#readSource();
      }
    };
    try {
      for (let result = await next(); !result.done; result = await next()) yield result.value;
      isLeft = false;
    } finally {
      if (isLeft) await Promise.allSettled([instrumented.return(undefined)]);
      if (isLeft) await this.#iterator?.return?.();
    }
  }

  async #readSource(): Promise<IteratorResult<T>> {
    this.#iterator ??= this.#source[Symbol.asyncIterator]();
    try {
      this.#last = await this.#iterator.next();
      return this.#last;
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }
}

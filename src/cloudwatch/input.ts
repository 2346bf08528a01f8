type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const NON_FINITE: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};

/** The text is not JSON, or a member has another type than the API's; AWS answers with the error of that code. */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly code = 'SerializationException';
}

/** A JSON structure from outside, read member by member; null is absence. Every method throws InputError for a wrong type. */
export class Input {
  private constructor(private readonly json: Json) {}

  /** An empty body is an empty structure, as in AWS JSON. */
  static parse(text: string): Input {
    if (text.trim() === '') return new Input({});
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new InputError('The request body is not valid JSON.');
    }
    return Input.of(value);
  }

  static of(value: unknown): Input {
    if (!isObject(value)) throw new InputError('Start of structure or map found where not expected.');
    return new Input(value);
  }

  has(name: string): boolean {
    return this.#member(name) !== undefined;
  }

  string(name: string): string | undefined {
    const value = this.#member(name);
    if (value === undefined || typeof value === 'string') return value;
    throw new InputError(`${name} can not be converted to a String`);
  }

  /** AWS JSON writes `"NaN"`, `"Infinity"` and `"-Infinity"` as strings; they come back as such numbers. */
  number(name: string): number | undefined {
    const value = this.#member(name);
    return value === undefined ? undefined : toNumber(value, name);
  }

  boolean(name: string): boolean | undefined {
    const value = this.#member(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw new InputError(`${name} can not be converted to a Boolean`);
  }

  /** Epoch seconds on the wire; epoch milliseconds here. */
  time(name: string): number | undefined {
    const seconds = this.number(name);
    return seconds === undefined ? undefined : Math.round(seconds * 1000);
  }

  list(name: string): readonly unknown[] | undefined {
    const value = this.#member(name);
    if (value === undefined || Array.isArray(value)) return value;
    throw new InputError(`${name}: expected a list`);
  }

  inputs(name: string): Input[] | undefined {
    return this.list(name)?.map((item) => Input.of(item));
  }

  strings(name: string): string[] | undefined {
    return this.list(name)?.map((item) => {
      if (typeof item !== 'string') throw new InputError(`${name}: an element can not be converted to a String`);
      return item;
    });
  }

  numbers(name: string): number[] | undefined {
    return this.list(name)?.map((item) => toNumber(item, name));
  }

  input(name: string): Input | undefined {
    const value = this.#member(name);
    return value === undefined ? undefined : Input.of(value);
  }

  stringMap(name: string): Record<string, string> | undefined {
    const map = this.input(name);
    if (map === undefined) return undefined;
    return Object.fromEntries(Object.keys(map.json).map((key) => [key, map.string(key) ?? '']));
  }

  /** The structure as it came. */
  raw(): Readonly<Record<string, unknown>> {
    return this.json;
  }

  #member(name: string): unknown {
    return Object.hasOwn(this.json, name) ? (this.json[name] ?? undefined) : undefined;
  }
}

function toNumber(value: unknown, name: string): number {
  if (typeof value === 'number') return value;
  const special = typeof value === 'string' ? NON_FINITE[value] : undefined;
  if (special !== undefined) return special;
  throw new InputError(`${name} can not be converted to a Double`);
}

/** Names under which secrets are kept: headers, settings, fields, query parameters. */

/** Anywhere in a name, once case and separators are gone. */
const FRAGMENTS = [
  'password',
  'passwd',
  'passphrase',
  'passcode',
  'secret',
  'token',
  'apikey',
  'accesskey',
  'privatekey',
  'encryptionkey',
  'signingkey',
  'accountkey',
  'authkey',
  'sharedkey',
  'masterkey',
  'authorization',
  'cookie',
  'credential',
  'sessionid',
  'cardnumber',
  'creditcard',
  'connectionstring',
  'signature',
  'clientassertion',
  'csrf',
  'xsrf',
];
/** As the last word of a name: too short to be looked for inside. */
const LAST_WORDS = new Set(['pwd', 'pass', 'auth', 'pin', 'otp', 'cvv', 'cvc', 'ssn', 'sid', 'pan', 'jwt', 'bearer']);
/** Sensitive in a URL's query, harmless elsewhere: OAuth codes, API keys, signatures. */
const QUERY_KEYS = new Set(['key', 'code', 'sig']);
/** Names whose value is the rest of the line. */
const LINE_VALUES = /(?:authorization|cookie)$/;
/** `max_tokens: 100` tells no secret. */
const COUNTS = /tokens$|token(?:count|usage|limit)$/;
/** `gen_ai.token.type` classifies tokens; after `InvalidTokenException:` comes a message. */
const KINDS = /(?:type|error|exception)$/;
const WORDS = /[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])/g;
const MAX_KEY = 256;
const MAX_KNOWN = 1000;

type Kind = 'harmless' | 'secret' | 'secret-or-count';

function bare(key: string): string {
  return key
    .slice(-MAX_KEY)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
}

/** Decides by name, always in the same way. */
export class SensitiveKeys {
  readonly #extra: ReadonlySet<string>;
  /** Names of fields and attributes come again and again, and looking at one takes 1.5 µs. */
  readonly #known = new Map<string, Kind>();

  /** @param extra further names; case and separators do not matter */
  constructor(extra: readonly string[] = []) {
    this.#extra = new Set(extra.map(bare).filter((key) => key !== ''));
  }

  /** @param value what the key holds, as far as it is known: a count of tokens is no token */
  has(key: string, value?: string | number): boolean {
    const kind = this.#known.get(key) ?? this.#learn(key);
    return kind === 'secret' || (kind === 'secret-or-count' && !isNumber(value));
  }

  hasInQuery(key: string): boolean {
    return QUERY_KEYS.has(key.toLowerCase()) || this.has(key);
  }

  #learn(key: string): Kind {
    const kind = this.#kindOf(key);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    if (key.length <= MAX_KEY) this.#known.set(key, kind);
    return kind;
  }

  #kindOf(key: string): Kind {
    const name = bare(key);
    if (name === '') return 'harmless';
    if (this.#extra.has(name)) return 'secret';
    if (KINDS.test(name)) return 'harmless';
    if (FRAGMENTS.some((fragment) => name.includes(fragment))) return COUNTS.test(name) ? 'secret-or-count' : 'secret';
    const lastWord = key.slice(-MAX_KEY).match(WORDS)?.at(-1)?.toLowerCase();
    const isSecret = lastWord !== undefined && (LAST_WORDS.has(lastWord) || this.#extra.has(lastWord));
    return isSecret ? 'secret' : 'harmless';
  }

  /** Whether the value goes on to the end of the line, as a header's does. */
  takesLine(key: string): boolean {
    return LINE_VALUES.test(bare(key));
  }
}

function isNumber(value: string | number | undefined): boolean {
  return typeof value === 'number' || (value !== undefined && /^\d{1,12}$/.test(value));
}

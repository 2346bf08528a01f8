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

function bare(key: string): string {
  return key
    .slice(-MAX_KEY)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
}

/** Decides by name; immutable. */
export class SensitiveKeys {
  readonly #extra: ReadonlySet<string>;

  /** @param extra further names; case and separators do not matter */
  constructor(extra: readonly string[] = []) {
    this.#extra = new Set(extra.map(bare).filter((key) => key !== ''));
  }

  /** @param value what the key holds, as far as it is known: a count of tokens is no token */
  has(key: string, value?: string | number): boolean {
    const name = bare(key);
    if (name === '') return false;
    if (this.#extra.has(name)) return true;
    if (KINDS.test(name)) return false;
    if (FRAGMENTS.some((fragment) => name.includes(fragment))) return !(COUNTS.test(name) && isNumber(value));
    const lastWord = key.slice(-MAX_KEY).match(WORDS)?.at(-1)?.toLowerCase();
    return lastWord !== undefined && (LAST_WORDS.has(lastWord) || this.#extra.has(lastWord));
  }

  hasInQuery(key: string): boolean {
    return QUERY_KEYS.has(key.toLowerCase()) || this.has(key);
  }

  /** Whether the value goes on to the end of the line, as a header's does. */
  takesLine(key: string): boolean {
    return LINE_VALUES.test(bare(key));
  }
}

function isNumber(value: string | number | undefined): boolean {
  return typeof value === 'number' || (value !== undefined && /^\d{1,12}$/.test(value));
}

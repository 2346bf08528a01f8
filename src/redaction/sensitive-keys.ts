/**
 * Names under which secrets are kept: headers, settings, fields, query parameters. A name is read as words, whatever
 * separates them: `apiKey`, `api-key` and `API key` are the same two words.
 */

/** Words that make a name secret wherever they stand in the name. */
const CORE_WORDS = new Set(
  (
    'password passwords passwd passphrase passcode secret secrets token tokens apikey accesskey privatekey authorization ' +
    'cookie cookies signature csrf xsrf sessionid sessid phpsessid jsessionid aspsessionid creditcard cardnumber ' +
    'connectionstring samlresponse samlrequest requirepass'
  ).split(' '),
);
/** Words that make a name secret only as the last word: too short or too common elsewhere. */
const LAST_WORDS = new Set('pwd pass pw auth pin otp cvv cvc ssn sid pan jwt bearer creds'.split(' '));
/** Words that are written together and name no secret. */
const NAMES_OF_THINGS = new Set(['jsonwebtoken', 'webtoken']);
/** Pairs of words that make a name secret: the first words of the keys and numbers that are secrets. */
const PAIRS = new Map<string, ReadonlySet<string>>([
  [
    'key',
    new Set(
      (
        'api access private encryption signing account auth shared master secret session subscription storage ' +
        'webhook deploy'
      ).split(' '),
    ),
  ],
  ['id', new Set(['session', 'sess'])],
  ['card', new Set(['credit'])],
  ['number', new Set(['card'])],
  ['string', new Set(['connection'])],
  ['assertion', new Set(['client'])],
  ['verifier', new Set(['code'])],
  ['response', new Set(['saml'])],
  ['request', new Set(['saml'])],
]);
/** Last words that hold a secret in a query, a form or a cookie, and only there or beside an opaque value. */
const WEAK_WORDS = new Set('session sess ticket credential credentials'.split(' '));
/** Whole names that hold a secret in a query or a form, and are harmless elsewhere. */
const QUERY_NAMES = new Set('key code sig hmac appid assertion usercode devicecode xamzcredential'.split(' '));
/** Words after a secret one that say that the name tells something about the secret, and not the secret. */
const ABOUT = new Set(
  (
    'length len size min max count counts limit usage used policy arn name names type types kind error errors exception ' +
    'manager version url uri endpoint file path dir expiry expires expired expiration ttl age at in timeout required ' +
    'enabled disabled valid invalid verified hint reset strength rule rules algorithm alg method mode status state index ' +
    'field fields column header headers prefix suffix format parser domain provider providers store source audience ' +
    'issuer scope scopes ref refresh rotation match mismatch does is has was must should reader regex pattern schema ' +
    'title label placeholder message description event handler service server host port region bucket table selector ' +
    'alias level budget ratio price cost per id ids date time jar middleware separator accepted'
  ).split(' '),
);
/** Words before `token`, `pin` and `signature` that make them another thing: pages, grammars, hardware, functions. */
const OTHER_THINGS = new Map<string, ReadonlySet<string>>([
  [
    'token',
    new Set(
      (
        'next continuation page nextpage unexpected expected illegal unrecognized unsupported idempotency request ' +
        'cancel cancellation public lookahead bos eos unk pad syntax'
      ).split(' '),
    ),
  ],
  ['tokens', new Set('max min total input output prompt completion num'.split(' '))],
  ['pin', new Set('gpio led input output data clock reset tx rx'.split(' '))],
  ['signature', new Set('function method type call file'.split(' '))],
  [
    'key',
    new Set('sort partition primary foreign cache public routing object idempotency host index map unique'.split(' ')),
  ],
  ['pass', new Set(['first', 'second', 'render', 'next'])],
]);
/** `dbpassword`, `passwordhash`: words that are written together. What follows must be known, or it is `secretary`. */
const TOGETHER =
  /^([a-z]*?)(password|passwd|passphrase|passcode|secret|token|apikey|accesskey|privatekey|authorization|signature|sessionid|connectionstring|cookie|sessid)(s?)([a-z]*)$/;
const SHORT_TOGETHER =
  /^(db|user|admin|root|my|mysql|sql|pg|ftp|smtp|mail|redis|mongo|login|app|client|old|new)(pass|pwd|pw|auth|pin)$/;
const FOLLOWING = new Set('key value hash string confirm confirmation again text data code'.split(' '));
/** Names whose value is the rest of the line. */
const LINE_VALUES = /(?:authorization|cookie|connection[ _.-]?string|[a-z]-signature(?:-\d+)?)$/i;
const COUNTED = /tokens$|secrets$|cookies$|token(?:count|usage|limit)$|^pass$/;
const WORDS = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g;
const MAX_KEY = 256;
const MAX_KNOWN = 1000;

type Kind = 'harmless' | 'in query' | 'code' | 'weak' | 'secret' | 'secret-or-count';

function bare(key: string): string {
  return key
    .slice(-MAX_KEY)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
}

/** The words of a name, lower case, those that are written together apart. */
export function wordsOf(name: string): string[] {
  const words = name.slice(-MAX_KEY).match(WORDS) ?? [];
  return words.flatMap((word) => apart(word.toLowerCase()));
}

function apart(word: string): string[] {
  if (NAMES_OF_THINGS.has(word)) return [word];
  const short = SHORT_TOGETHER.exec(word);
  if (short !== null) return [short[1] ?? '', short[2] ?? ''];
  if (CORE_WORDS.has(word)) return [word];
  const [, before = '', core = '', plural = '', after = ''] = TOGETHER.exec(word) ?? [];
  if (core === '' || (after !== '' && !FOLLOWING.has(after) && !ABOUT.has(after))) return [word];
  return [before, core + plural, after].filter((part) => part !== '');
}

/** A part of every name that is built in. A text without any of them has no such name, and most texts are such. */
const PARTS =
  /pass|pwd|pw|secret|token|key|auth|cookie|cred|sess|sid|pin|otp|cvv|cvc|ssn|pan|jwt|bearer|sig|card|connection|saml|csrf|xsrf|verifier|assertion|ticket|code|hmac|appid|x-amz-|%[2-7][0-9a-f]|-u|--user|row contains|redis-cli|mysql|mariadb|openssl|zip|ldap|7z/i;

/** Decides by name, always in the same way. */
export class SensitiveKeys {
  readonly #extra: ReadonlySet<string>;
  /** Names of fields and attributes come again and again, and reading one takes some microseconds. */
  readonly #known = new Map<string, Kind>();

  /** @param extra further names; case and separators do not matter */
  constructor(extra: readonly string[] = []) {
    this.#extra = new Set(extra.map(bare).filter((key) => key !== ''));
  }

  /** Whether the text may have a name of a secret in it. */
  mayBeIn(text: string): boolean {
    return this.#extra.size > 0 || PARTS.test(text);
  }

  /** @param value what the key holds, as far as it is known: a count of tokens is no token */
  has(key: string, value?: string | number): boolean {
    const kind = this.#kind(key);
    return kind === 'secret' || (kind === 'secret-or-count' && !isCount(value));
  }

  /** Whether the name is secret in a query or a form; `value` may show that it is none. */
  hasInQuery(key: string, value = ''): boolean {
    switch (this.#kind(key)) {
      case 'harmless':
        return false;
      case 'secret-or-count':
        return !isCount(value);
      case 'weak':
        return !isIssueKey(value);
      case 'code':
        // An authorization code is never this short; a status is.
        return !/^\d{0,3}$/.test(value);
      default:
        return true;
    }
  }

  /** Whether an opaque value under this name is a secret. */
  isWeak(key: string): boolean {
    return this.#kind(key) === 'weak';
  }

  /**
   * Whether words that a person wrote end in a name of a secret: `the secret key`.
   *
   * @param words at most the last three
   */
  endsPhrase(words: string): boolean {
    const list = wordsOf(words);
    const last = list.length - 1;
    if (last < 1 || isOtherThing(list, last)) return false;
    return isPair(list, last);
  }

  /** Whether the word before the name makes it another thing: `GPIO pin`, `Unexpected token`. */
  isOtherThing(phrase: string): boolean {
    const list = wordsOf(phrase);
    return list.length > 1 && isOtherThing(list, list.length - 1);
  }

  /** Whether the value goes on to the end of the line, as a header's does. */
  takesLine(key: string): boolean {
    return LINE_VALUES.test(key);
  }

  #kind(key: string): Kind {
    return this.#known.get(key) ?? this.#learn(key);
  }

  #learn(key: string): Kind {
    const kind = this.#kindOf(key);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    // A slice of a long text would keep all of it.
    if (key.length <= MAX_KEY) this.#known.set(Buffer.from(key).toString(), kind);
    return kind;
  }

  #kindOf(key: string): Kind {
    const name = bare(key);
    if (name === '') return 'harmless';
    if (this.#extra.has(name)) return 'secret';
    const words = wordsOf(key);
    const last = words.at(-1) ?? '';
    if (this.#extra.has(last)) return 'secret';
    const at = words.findLastIndex((word, index) => isCore(words, index, word));
    if (at < 0) {
      if (WEAK_WORDS.has(last) || isVariableOfKey(key, words)) return 'weak';
      if (name === 'code') return 'code';
      return QUERY_NAMES.has(name) ? 'in query' : 'harmless';
    }
    if (isOtherThing(words, at)) return 'harmless';
    // The id of an access key is half of the credentials, and OpenTelemetry's list has it.
    const after = words.slice(at + 1).filter((word) => !(word === 'id' && words[at - 1] === 'access'));
    if (after.some((word) => ABOUT.has(word))) return COUNTED.test(name) ? 'secret-or-count' : 'harmless';
    return COUNTED.test(name) ? 'secret-or-count' : 'secret';
  }
}

function isCore(words: readonly string[], at: number, word: string): boolean {
  return CORE_WORDS.has(word) || isPair(words, at) || (at === words.length - 1 && LAST_WORDS.has(word));
}

function isPair(words: readonly string[], at: number): boolean {
  return PAIRS.get(words[at] ?? '')?.has(words[at - 1] ?? '') ?? false;
}

function isOtherThing(words: readonly string[], at: number): boolean {
  return OTHER_THINGS.get(words[at] ?? '')?.has(words[at - 1] ?? '') ?? false;
}

/** `STRIPE_KEY`, as environment variables name the keys of services. */
function isVariableOfKey(key: string, words: readonly string[]): boolean {
  return /^[A-Z][A-Z0-9_]*_KEY$/.test(key) && !isOtherThing(words, words.length - 1);
}

function isCount(value: string | number | undefined): boolean {
  return typeof value === 'number' || (value !== undefined && /^\d{1,12}$/.test(value));
}

/** `SHOP-17`, as trackers name their tickets. */
function isIssueKey(value: string): boolean {
  return /^[A-Z]{2,10}-\d{1,6}$/.test(value);
}

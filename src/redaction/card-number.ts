/**
 * Payment card numbers in text: digits, alone or in groups, that satisfy Luhn's check (ISO/IEC 7812) and have the prefix
 * and the length of an issuer, unless the word before says that they number something else. Beside a word for a card,
 * Luhn's check is enough.
 */

const MIN_DIGITS = 13;
const MAX_DIGITS = 19;
/** Digits that tell an issuer. */
const PREFIX_DIGITS = 4;
/** Digits with single spaces or dashes between; at least as long as a number. */
const DIGIT_RUN = /(?<!\d)(?<!\d\.)\d(?:[ -]?\d){12,}/g;
/** UTF-16 units before a number in which a word may say what is numbered. */
const CONTEXT = 32;
const CARD_WORD = /card|\bpan\b|visa|amex|credit|debit|payment|cc\b/i;
const OTHER_WORD =
  /order|\bean\b|gtin|isbn|imei|imsi|iccid|phone|\btel\b|mobile|\bcall\b|\bfax\b|tracking|invoice|shipment|parcel|barcode|\bsku\b|serial|\bid\b|_id\b|epoch|timestamp|snowflake|\+\d*$/i;
const OTHER_NAME = /[a-z]Id\b/;
/** Prefixes and lengths of issuers: Visa, Mastercard, American Express, Discover, Diners Club, JCB, UnionPay, Maestro, Mir. */
const ISSUERS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/, [16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|64[4-9]|65)/, [16, 17, 18, 19]],
  [/^(?:30[0-5]|3[689])/, [14]],
  [/^35(?:2[89]|[3-8])/, [16]],
  [/^62/, [16, 17, 18, 19]],
  [/^(?:5018|5020|5038|5893|6304|6759|676[1-3])/, [16, 17, 18, 19]],
  [/^220[0-4]/, [16]],
];

/** `text` with every card number replaced. */
export function replaceCardNumbers(text: string, replacement: string): string {
  return text.replace(DIGIT_RUN, (run, at: number) => {
    const before = text.slice(Math.max(0, at - CONTEXT), at);
    const context = before.slice(before.lastIndexOf('\n') + 1);
    const isNamedCard = CARD_WORD.test(context);
    if (!isNamedCard && (OTHER_WORD.test(context) || OTHER_NAME.test(context))) return run;
    return replaceInRun(run, replacement, isNamedCard);
  });
}

function replaceInRun(run: string, replacement: string, isNamedCard: boolean): string {
  let result = '';
  let at = 0;
  while (at < run.length) {
    const length = isGroupStart(run, at) ? cardLength(run, at, isNamedCard) : 0;
    if (length > 0) result += replacement;
    else result += run.charAt(at);
    at += Math.max(1, length);
  }
  return result;
}

function isGroupStart(run: string, at: number): boolean {
  return isDigit(run, at) && !isDigit(run, at - 1);
}

/** Length of the longest card number that begins at `start` and ends with its group; 0: none. */
function cardLength(run: string, start: number, isNamedCard: boolean): number {
  const issued = isNamedCard ? undefined : issuedLengths(run.slice(start, start + 2 * PREFIX_DIGITS));
  if (issued?.length === 0) return 0;
  const sums = new LuhnSums();
  let count = 0;
  let longest = 0;
  for (let at = start; at < run.length && count < MAX_DIGITS; at++) {
    if (!isDigit(run, at)) continue;
    sums.add(run.charCodeAt(at) - 48);
    count++;
    if (count < MIN_DIGITS || isDigit(run, at + 1) || !sums.isSatisfied()) continue;
    if (issued === undefined || issued.includes(count)) longest = at + 1 - start;
  }
  return longest;
}

function issuedLengths(beginning: string): readonly number[] {
  const prefix = beginning.replace(/[ -]/g, '');
  return ISSUERS.flatMap(([pattern, lengths]) => (pattern.test(prefix) ? lengths : []));
}

/** Luhn's check after each further digit: which digits are doubled depends on how many there are. */
class LuhnSums {
  #sum = 0;
  /** The sum if the other digits were doubled. */
  #other = 0;

  add(digit: number): void {
    const doubled = digit > 4 ? digit * 2 - 9 : digit * 2;
    [this.#sum, this.#other] = [this.#other + digit, this.#sum + doubled];
  }

  isSatisfied(): boolean {
    return this.#sum % 10 === 0;
  }
}

export function satisfiesLuhn(digits: readonly number[]): boolean {
  const sums = new LuhnSums();
  for (const digit of digits) sums.add(digit);
  return sums.isSatisfied();
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

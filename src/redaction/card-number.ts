/**
 * Payment card numbers in text: digits, alone or in groups, that satisfy Luhn's check (ISO/IEC 7812) and have the prefix
 * and the length of an issuer, unless the word before says that they number something else. Beside a word for a card,
 * Luhn's check is enough.
 */

const MIN_DIGITS = 13;
const MAX_DIGITS = 19;
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
  const digits: number[] = [];
  let longest = 0;
  for (let at = start; at < run.length && digits.length < MAX_DIGITS; at++) {
    if (!isDigit(run, at)) continue;
    digits.push(Number(run.charAt(at)));
    if (digits.length < MIN_DIGITS || isDigit(run, at + 1) || !satisfiesLuhn(digits)) continue;
    if (isNamedCard || isIssued(digits)) longest = at + 1 - start;
  }
  return longest;
}

function isIssued(digits: readonly number[]): boolean {
  const text = digits.join('');
  return ISSUERS.some(([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(text));
}

export function satisfiesLuhn(digits: readonly number[]): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = digits[digits.length - 1 - index] ?? 0;
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

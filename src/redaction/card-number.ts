/** Payment card numbers in text: 13 to 19 digits, alone or in groups, that satisfy Luhn's check (ISO/IEC 7812). */

const MIN_DIGITS = 13;
const MAX_DIGITS = 19;
/** Digits with single spaces or dashes between; at least as long as a number. */
const DIGIT_RUN = /(?<!\d)(?<!\d\.)\d(?:[ -]?\d){12,}/g;

/** `text` with every card number replaced. */
export function replaceCardNumbers(text: string, replacement: string): string {
  return text.replace(DIGIT_RUN, (run) => replaceInRun(run, replacement));
}

function replaceInRun(run: string, replacement: string): string {
  let result = '';
  let at = 0;
  while (at < run.length) {
    const length = isGroupStart(run, at) ? cardLength(run, at) : 0;
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
function cardLength(run: string, start: number): number {
  // The major industry identifiers of payment cards (2 to 6) keep times and most ids out.
  if (!/[2-6]/.test(run.charAt(start))) return 0;
  const digits: number[] = [];
  let longest = 0;
  for (let at = start; at < run.length && digits.length < MAX_DIGITS; at++) {
    if (!isDigit(run, at)) continue;
    digits.push(Number(run.charAt(at)));
    if (digits.length >= MIN_DIGITS && !isDigit(run, at + 1) && satisfiesLuhn(digits)) longest = at + 1 - start;
  }
  return longest;
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

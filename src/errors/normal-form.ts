/** Whether a message is, but for its variable parts, one that is known: without making anything of it. */

/** UTF-16 units of a message that count. */
const MAX_MESSAGE = 256;
/** The engine quotes names of the program in these, not data. */
const QUOTES_NAMES = new Set(['TypeError', 'ReferenceError']);
const UUID_LENGTH = 36;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Classes of the first 128 code units; of all others none. */
const [LETTER, DIGIT, QUOTE] = [1, 2, 3];
const CLASSES = Uint8Array.from({ length: 128 }, (_none, unit) => classOf(String.fromCharCode(unit)));
const DASH = 45;
const QUESTION_MARK = 63;

export function headOfMessage(message: string): string {
  return message.length > MAX_MESSAGE ? message.slice(0, MAX_MESSAGE) : message;
}

export function quotesNames(type: string): boolean {
  return QUOTES_NAMES.has(type);
}

/** What `normaliseMessage(type, message) === normal` says, in one pass over both that allocates nothing. */
export function normalisesTo(normal: string, type: string, message: string): boolean {
  const head = headOfMessage(message);
  const skipsQuoted = !quotesNames(type);
  let at = 0;
  let reached = 0;
  while (at < head.length) {
    const unit = head.charCodeAt(at);
    let end = at + 1;
    let isVariable = false;
    if (isWord(unit)) {
      isVariable = isDigit(unit);
      for (; end < head.length && isWord(head.charCodeAt(end)); end++) isVariable ||= isDigit(head.charCodeAt(end));
      if (isUuid(head, at, end)) {
        isVariable = true;
        end = at + UUID_LENGTH;
      }
    } else if (skipsQuoted && isQuote(unit)) {
      const closing = head.indexOf(head.charAt(at), end);
      isVariable = closing >= 0;
      if (isVariable) end = closing + 1;
    }
    if (isVariable) {
      if (normal.charCodeAt(reached) !== QUESTION_MARK) return false;
      reached += 1;
    } else {
      for (; at < end; at++, reached++) if (normal.charCodeAt(reached) !== head.charCodeAt(at)) return false;
    }
    at = end;
  }
  return reached === normal.length;
}

function classOf(character: string): number {
  if (/\d/.test(character)) return DIGIT;
  if (/\w/.test(character)) return LETTER;
  return /["'`]/.test(character) ? QUOTE : 0;
}

function isDigit(unit: number): boolean {
  return CLASSES[unit] === DIGIT;
}

/** As `\w` takes it. */
function isWord(unit: number): boolean {
  const kind = CLASSES[unit];
  return kind === LETTER || kind === DIGIT;
}

function isQuote(unit: number): boolean {
  return CLASSES[unit] === QUOTE;
}

/** Whether a UUID, and no longer word, begins where the word from `start` to `end` does. */
function isUuid(text: string, start: number, end: number): boolean {
  if (end - start !== 8 || text.charCodeAt(end) !== DASH || isWord(text.charCodeAt(start + UUID_LENGTH))) return false;
  return UUID.test(text.slice(start, start + UUID_LENGTH));
}

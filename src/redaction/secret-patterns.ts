/**
 * Secrets that show by their form, wherever they stand. Every pattern begins only where a run of its own characters
 * begins, or is bounded, so that matching is linear in the text.
 */

import { replaceCardNumbers } from './card-number.js';

const PRIVATE_KEY =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g;
const URL_USERINFO = /(:\/\/)[^\s/?#"'<>]+@/g;
const BEARER = /\b(Bearer|Digest|Negotiate)([ \t]{1,4})([\w.~+/=-]{6,})/gi;
const BASIC = /\b(Basic)([ \t]{1,4})([A-Za-z0-9+/_=-]{4,})/gi;
const SIGV4 = /\b(AWS4-HMAC-SHA256)[ \t]+Credential=[^\r\n]*/g;
const JWT = /(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*){0,3}/g;
const AWS_KEY_ID = /(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])/g;
/** 40 base64 characters; whether they are random enough is looked at afterwards. */
const AWS_SECRET = /(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g;
/** Bits a character: of 40 random base64 characters about 4.9, of paths and words below 4.3. */
const RANDOM_ENTROPY = 4.4;
/** Formats that their issuers document: GitHub, GitLab, Slack, Stripe, Google, npm, OpenAI and Anthropic, SendGrid. */
const ISSUED_TOKEN =
  /(?<![\w-])(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|(?:sk|rk|pk|whsec)_(?:live_|test_)?\w{16,}|AIza[\w-]{30,}|npm_\w{30,}|sk-[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,})/g;

export function redactForms(text: string, replacement: string): string {
  const redacted = text
    .replace(PRIVATE_KEY, replacement)
    .replace(URL_USERINFO, `$1${replacement}@`)
    .replace(SIGV4, `$1 ${replacement}`)
    .replace(BEARER, (whole, scheme: string, space: string, token: string) =>
      isToken(token) ? `${scheme}${space}${replacement}` : whole,
    )
    .replace(BASIC, (whole, scheme: string, space: string, token: string) =>
      isBasicCredentials(token) ? `${scheme}${space}${replacement}` : whole,
    )
    .replace(ISSUED_TOKEN, replacement)
    .replace(JWT, replacement)
    .replace(AWS_KEY_ID, replacement)
    .replace(AWS_SECRET, (candidate) => (isRandom(candidate) ? replacement : candidate));
  return replaceCardNumbers(redacted, replacement);
}

/** "Bearer authentication failed" is prose. */
function isToken(text: string): boolean {
  return text.length >= 20 || /[\d+/=_~]/.test(text) || /[a-z][A-Z]/.test(text);
}

function isBasicCredentials(text: string): boolean {
  return /^[ -~]*:[ -~]*$/.test(Buffer.from(text, 'base64').toString('latin1'));
}

function isRandom(text: string): boolean {
  return /[A-Z]/.test(text) && /[a-z]/.test(text) && /\d/.test(text) && entropy(text) > RANDOM_ENTROPY;
}

/** Shannon entropy in bits a character. */
function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let sum = 0;
  for (const count of counts.values()) sum -= (count / text.length) * Math.log2(count / text.length);
  return sum;
}

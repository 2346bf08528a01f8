/** What a person may see of a value that somebody gave: no credentials, however they came there, and one short line. */

export const REDACTED = '[redacted]';
const MAX_SHOWN = 120;

/** `key=value` and `key: value` whose key promises a secret, unless it is the name of an error (`CredentialsProviderError: …`, AWS's `ExpiredToken: …`). */
const NAMED_SECRET =
  /((?:password|passwd|pwd|secret|token(?!(?<=\b(?:Expired|MissingAuthentication)token):\s|(?<=\bInvalidClienttoken)Id:\s)|api[-_.]?key|access[-_.]?key|authorization|credentials?)[\w.-]*(?<!error|exception)\s*[=:]\s*)[^,;&\s]+/gi;
/** The header, with whatever scheme: what follows the scheme is the secret. */
const AUTHORIZATION_HEADER = /(authorization\s*[=:]\s*[^,;&\s]+\s+)[^,;&\s]+/gi;
const AUTHORIZATION_SCHEME = /\b(Bearer|Basic)\s+\S+/gi;
const URL_USER_INFO = /\/\/\S*@/g;
/** Of a request: good for minutes, and nobody's to see. */
const AWS_SIGNATURE = /\bSignature=[0-9a-f]{16,}/gi;
const AWS_ACCESS_KEY_ID = /\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g;
/** As long as the shortest of the usual keys, with digits and letters of both cases: a key, not a name. */
const OPAQUE = /[A-Za-z0-9+=_-]{32,}/g;

/** The text without what is recognisably a credential. */
export function masked(text: string): string {
  return text
    .replace(AUTHORIZATION_HEADER, `$1${REDACTED}`)
    .replace(AUTHORIZATION_SCHEME, `$1 ${REDACTED}`)
    .replace(NAMED_SECRET, `$1${REDACTED}`)
    .replace(URL_USER_INFO, `//${REDACTED}@`)
    .replace(AWS_SIGNATURE, `Signature=${REDACTED}`)
    .replace(AWS_ACCESS_KEY_ID, REDACTED);
}

/** As `masked`, for a value that was refused and so may be anything, a key pasted into the wrong variable too. */
export function shown(text: string): string {
  const safe = masked(text).replace(OPAQUE, (run) => (looksLikeKey(run) ? REDACTED : run));
  return safe.length > MAX_SHOWN ? `${safe.slice(0, MAX_SHOWN)}…` : safe;
}

function looksLikeKey(run: string): boolean {
  return /\d/.test(run) && /[a-z]/.test(run) && /[A-Z]/.test(run);
}

/** What a person may see of a value that somebody gave: no secret, and one short line. */

import { createRedactor, REDACTED, type Redactor } from './redactor.js';

export { REDACTED };

const MAX_SHOWN = 120;
/** As long as the shortest of the usual keys, with digits and letters of both cases: a key, not a name. */
const OPAQUE = /[A-Za-z0-9+=_-]{32,}/g;

let builtIn: Redactor | undefined;

/** The text without secrets, by the built-in names and forms. */
export function masked(text: string): string {
  builtIn ??= createRedactor();
  return builtIn.text(text);
}

/** Whether what has this name is a secret, by the built-in names. */
export function isSecretName(name: string): boolean {
  builtIn ??= createRedactor();
  return builtIn.isSecret(name);
}

/** As `masked`, for a value that was refused and so may be anything, a key pasted into the wrong variable too. */
export function shown(text: string): string {
  const safe = masked(text).replace(OPAQUE, (run) => (looksLikeKey(run) ? REDACTED : run));
  return safe.length > MAX_SHOWN ? `${safe.slice(0, MAX_SHOWN)}…` : safe;
}

function looksLikeKey(run: string): boolean {
  return /\d/.test(run) && /[a-z]/.test(run) && /[A-Z]/.test(run);
}

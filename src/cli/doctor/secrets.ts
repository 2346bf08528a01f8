import type { Environment } from '../../config/environment.js';
import { masked, REDACTED } from '../../redaction/shown.js';

/** Variables whose values are nobody's to see. */
const SECRET_NAME = /key|secret|token|passw|pwd|auth|credential|headers|cookie|dsn|private|signature/i;
/** Names that the pattern catches although their values are no secrets. */
const NO_SECRET =
  /_FILE$|_URI$|_URL$|^AWS_(?:PROFILE|WEB_IDENTITY)|^OTEL_(?:PROPAGATORS|.*KEY)$|^SSH_AUTH_SOCK$|^XAUTHORITY$|^(?:OLD)?PWD$/;
/** Shorter values are words, which would be blotted out everywhere. */
const MIN_LENGTH = 6;

/** Values that must not be printed, and the text without them. */
export class Secrets {
  private readonly values = new Set<string>();

  /** With every value of the environment that is named like a secret. */
  constructor(env: Environment) {
    for (const [name, value] of Object.entries(env)) {
      if (SECRET_NAME.test(name) && !NO_SECRET.test(name)) this.add(value);
      if (/HEADERS$/.test(name))
        for (const pair of value?.split(',') ?? []) this.add(pair.slice(pair.indexOf('=') + 1));
    }
  }

  add(value: string | undefined): void {
    const secret = value?.trim();
    if (secret !== undefined && secret.length >= MIN_LENGTH) this.values.add(secret);
  }

  /** The text without them, as they are, URL-encoded and in JSON, and without what else is recognisably a credential. */
  scrub(text: string): string {
    let clean = text;
    for (const secret of this.values) {
      for (const form of new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])) {
        clean = clean.replaceAll(form, REDACTED);
      }
    }
    return masked(clean);
  }
}

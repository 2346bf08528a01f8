import type { Environment } from '../../config/environment.js';
import { redactionList } from '../../config/redaction-list.js';
import { createRedactor, MAX_INPUT, REDACTED, type Redactor } from '../../redaction/redactor.js';

/** Variables whose values are nobody's to see although their names are of no secret elsewhere. */
const SECRET_VARIABLE = /(?:_|^)(?:HEADERS|DSN|KEY|CREDENTIALS?|AUTH)$/;
/** Paths of keys, `OTEL_EXPORTER_OTLP_CLIENT_KEY`, and of folders. */
const NO_SECRET = /^OTEL_.*KEY$|^(?:OLD)?PWD$/;
const REDACT_SETTING = 'MONITORING_REDACT';
/** Shorter values are words, which would be blotted out everywhere. */
const MIN_LENGTH = 6;

/** Values that must not be printed, and the text without them. */
export class Secrets {
  private readonly values = new Set<string>();
  private readonly redactor: Redactor;

  /** With every value of the environment that is named like a secret. */
  constructor(env: Environment) {
    this.redactor = createRedactor(redactionList().parse(env[REDACT_SETTING] ?? '').value);
    for (const [name, value] of Object.entries(env)) {
      const isSecret = SECRET_VARIABLE.test(name) || this.redactor.isSecret(name);
      if (isSecret && !NO_SECRET.test(name)) this.add(value);
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
    return this.redactor.text(clean, MAX_INPUT);
  }
}

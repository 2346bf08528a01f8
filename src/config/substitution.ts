import type { Environment } from './environment.js';

/** A reference in a configuration file that is none to an environment variable. */
export class BadReference extends Error {}

const REFERENCE = /\$\{([^}]*)\}/g;
const ENV_REFERENCE = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^\n]*))?$/;

/**
 * Replaces `${NAME}`, `${env:NAME}` and `${NAME:-default}` in one scalar of a configuration file; `$$` is a `$`. What is put in is not
 * looked at again. An unset or empty variable without a default is nothing.
 * @throws BadReference for a reference that is none of these
 * https://opentelemetry.io/docs/specs/otel/configuration/data-model/#environment-variable-substitution
 */
export function substitute(text: string, env: Environment, onReference: (name: string) => void = () => {}): string {
  return text
    .split('$$')
    .map((piece) => piece.replace(REFERENCE, (reference, inner: string) => resolve(reference, inner, env, onReference)))
    .join('$');
}

function resolve(reference: string, inner: string, env: Environment, onReference: (name: string) => void): string {
  const [, name, fallback = ''] = ENV_REFERENCE.exec(inner) ?? [];
  if (name === undefined) throw new BadReference(`${reference} refers to no environment variable`);
  onReference(name);
  return env[name] || fallback;
}

/**
 * The value of an option that an exporter can't do without.
 * @param example a value that a message may show
 * @throws TypeError that names the exporter, the option and what was given
 */
export function requiredText(exporter: string, options: unknown, option: string, example: string): string {
  const value: unknown = (options as Record<string, unknown> | null | undefined)?.[option];
  if (typeof value === 'string') return value;
  const fault = value === undefined ? `\`${option}\` is missing` : `\`${option}\` is of type ${typeOf(value)}`;
  throw new TypeError(`${exporter}: option ${fault}, expected a string, for example '${example}'`);
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}

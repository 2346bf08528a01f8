/** Variables of a printed command in one line of a POSIX shell. */
const PER_LINE = 4;

/**
 * A command with variables in its environment, as a person pastes it: for PowerShell on Windows, where variables stay set in the session,
 * else for a POSIX shell. Values need no quotes but PowerShell's.
 */
export function commandLines(
  variables: readonly (readonly [name: string, value: string])[],
  command: string,
  platform: NodeJS.Platform = process.platform,
): string[] {
  if (platform === 'win32') return [...variables.map(([name, value]) => `  $env:${name} = '${value}'`), `  ${command}`];
  const words = variables.map(([name, value]) => `${name}=${value}`);
  const first = words.slice(0, PER_LINE).join(' ');
  const rest = [...words.slice(PER_LINE), command].join(' ');
  return [`  ${first} \\`, `  ${rest}`];
}

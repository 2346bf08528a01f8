/** The first release of each line whose `module.registerHooks` takes what import-in-the-middle returns to it. */
const FIRST: Record<number, readonly [minor: number, patch: number]> = { 22: [22, 3], 24: [11, 1], 25: [1, 0] };
const ALWAYS_FROM = 26;

/** Whether Node `version` (`22.22.3`) can hook ES modules in the thread that runs them (nodejs/node#59929). */
export function supportsSyncHooks(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  if (major >= ALWAYS_FROM) return true;
  const first = FIRST[major];
  return first !== undefined && (minor > first[0] || (minor === first[0] && patch >= first[1]));
}

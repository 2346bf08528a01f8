/** CreateLogGroup API reference. */
export const MAX_GROUP_NAME = 512;

/**
 * A name that CreateLogGroup accepts: 1 to 512 of `.-_/#A-Za-z0-9`, not beginning with `aws/`.
 * @throws TypeError for an empty name
 */
export function validGroupName(name: string): string {
  const valid = name
    .trim()
    .replace(/[^.\-_/#A-Za-z0-9]/g, '-')
    .replace(/^aws\//, 'aws-')
    .slice(0, MAX_GROUP_NAME);
  if (valid === '') throw new TypeError('logGroupName is empty');
  return valid;
}

/** Linux makes a new random UUID for each read. */
const RANDOM_UUID = '/proc/sys/kernel/random/uuid';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * A random UUID for `service.instance.id`, as the semantic conventions ask for. The kernel's file takes 0.1 ms; Node's crypto, which
 * is asked elsewhere, takes 4 ms to load.
 *
 * @param readFile the text of a file; throws when the file can't be read
 */
export function createInstanceId(readFile: (path: string) => string): string {
  try {
    const id = readFile(RANDOM_UUID).trim();
    if (UUID.test(id)) return id;
  } catch {
    // Not Linux, or a sandbox without this file.
  }
  return process.getBuiltinModule('node:crypto').randomUUID();
}

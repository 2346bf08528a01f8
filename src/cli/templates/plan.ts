import type { Change } from './differences.js';
import type { Json, Kind, Remote } from './kind.js';
import type { Prepared } from './prepare.js';

/**
 * - `new`: nothing is deployed under that name
 * - `changed`: what is deployed is ours and differs
 * - `unchanged`: it is the same in meaning
 * - `foreign`: something that is not ours has the name
 */
export type State = 'new' | 'changed' | 'unchanged' | 'foreign';

export interface Step {
  readonly prepared: Prepared;
  readonly name: string;
  readonly state: State;
  /** As it is to be deployed. */
  readonly document: Json;
  readonly changes: readonly Change[];
}

/** What a deployment would do, one step for each document. Throws what the service throws. */
export async function plan(kind: Kind, remote: Remote, prepared: readonly Prepared[], options: Json): Promise<Step[]> {
  const deployed = await remote.get(prepared.map(({ name }) => name));
  return prepared.flatMap((one): Step[] => {
    const { name, document } = one;
    if (document === undefined) return [];
    const there = deployed.get(name);
    if (there === undefined) return [{ prepared: one, name, state: 'new', document, changes: [] }];
    const adopted = kind.adopt(document, there, options);
    const changes = kind.compare(there, adopted);
    const state = kind.isOurs(there) ? (changes.length > 0 ? 'changed' : 'unchanged') : 'foreign';
    return [{ prepared: one, name, state, document: adopted, changes }];
  });
}

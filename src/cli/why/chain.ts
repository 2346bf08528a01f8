/** Following one thing along its way: links are looked at in order, and the first that holds it up is the answer. */

/**
 * - `goes on`: this link does not hold it up.
 * - `found`: it is there; the chain ends.
 * - `cause`: it ends here, with the evidence; the chain ends.
 * - `unknown`: this link can't be looked at; the chain goes on without it.
 */
export interface Link {
  readonly state: 'goes on' | 'found' | 'cause' | 'unknown';
  /** What was looked at. */
  readonly link: string;
  readonly says: string;
  readonly evidence?: readonly string[];
  readonly remedy?: string;
}

export type Step = () => Promise<Link> | Link;

export interface Chain {
  readonly links: readonly Link[];
  /** The link that it ended at; absent when nothing was found and no cause was proven. */
  readonly end?: Link;
}

/** Never asks behind the first cause. */
export async function follow(steps: readonly Step[]): Promise<Chain> {
  const links: Link[] = [];
  for (const step of steps) {
    const link = await step();
    links.push(link);
    if (link.state === 'found' || link.state === 'cause') return { links, end: link };
  }
  return { links };
}

export const goesOn = (link: string, says: string, evidence?: readonly string[]): Link => ({
  state: 'goes on',
  link,
  says,
  ...(evidence && { evidence }),
});
export const found = (link: string, says: string, evidence?: readonly string[]): Link => ({
  state: 'found',
  link,
  says,
  ...(evidence && { evidence }),
});
export const unknown = (link: string, says: string): Link => ({ state: 'unknown', link, says });
export const cause = (link: string, says: string, remedy: string, evidence?: readonly string[]): Link => ({
  state: 'cause',
  link,
  says,
  remedy,
  ...(evidence && { evidence }),
});

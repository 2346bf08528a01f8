import { type Cost, costOf, medianCost, sleep } from './measure.js';
import { type Subject, startSubjects } from './subjects.js';

export interface CollectionCost extends Cost {
  readonly name: string;
  readonly points: number;
}

const WARM_UP = 200;
const ROUNDS = 40;
/** Milliseconds; the network figures of `host-metrics` are read anew after 500, the loop's delay needs a few timers. */
const PAUSE = 600;

/**
 * Collections of each, some time after the one before as an export's are: back to back, both peers leave out work. They take
 * turns at being first after the pause.
 */
export async function measureCollections(): Promise<CollectionCost[]> {
  const subjects = startSubjects();
  for (const subject of subjects) for (let index = 0; index < WARM_UP; index += 1) await subject.collect();
  const costs = new Map<Subject, Cost[]>(subjects.map((subject) => [subject, []]));
  const points = new Map<Subject, number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    await sleep(PAUSE);
    for (const subject of rotated(subjects, round)) {
      const cost = await costOf(async () => points.set(subject, await subject.collect()));
      costs.get(subject)?.push(cost);
    }
  }
  for (const subject of subjects) subject.stop();
  return subjects.map((subject) => ({
    name: subject.name,
    points: points.get(subject) ?? Number.NaN,
    ...medianCost(costs.get(subject) ?? []),
  }));
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

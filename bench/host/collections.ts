import { type Cost, costOf, median, medianCost, sleep } from './measure.js';
import { type Subject, startSubjects } from './subjects.js';

export interface CollectionCost extends Cost {
  readonly name: string;
  readonly points: number;
  /** Microseconds by the clock, right after another. */
  readonly again: number;
}

const BATCHES = 40;
const BATCH = 10;
const ROUNDS = 14;
/** Milliseconds; the network figures of `host-metrics` are read anew after 500, the loop's delay needs a few timers. */
const PAUSE = 520;

/** First back to back, which also warms up; then each after a pause, as an export's are. */
export async function measureCollections(): Promise<CollectionCost[]> {
  const subjects = startSubjects();
  const again = new Map<Subject, number>();
  for (const subject of subjects) again.set(subject, await backToBack(subject));
  const costs = new Map<Subject, Cost[]>(subjects.map((subject) => [subject, []]));
  const points = new Map<Subject, number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const subject of subjects) {
      await sleep(PAUSE);
      const cost = await costOf(async () => points.set(subject, await subject.collect()));
      costs.get(subject)?.push(cost);
    }
  }
  for (const subject of subjects) subject.stop();
  return subjects.map((subject) => ({
    name: subject.name,
    points: points.get(subject) ?? Number.NaN,
    again: again.get(subject) ?? Number.NaN,
    ...medianCost(costs.get(subject) ?? []),
  }));
}

async function backToBack(subject: Subject): Promise<number> {
  const means: number[] = [];
  for (let batch = 0; batch < BATCHES; batch += 1) {
    await sleep(1);
    const { wall } = await costOf(async () => {
      for (let index = 0; index < BATCH; index += 1) await subject.collect();
    });
    means.push(wall / BATCH);
  }
  return median(means.slice(BATCHES / 2));
}

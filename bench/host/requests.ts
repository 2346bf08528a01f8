import { randomBytes } from 'node:crypto';
import { startHostMetrics } from '../../src/host/host-metrics.js';
import type { RequestReadings } from '../../src/host/request-readings.js';
import { medianOfBatches } from './measure.js';
import { exportedMeter } from './subjects.js';

export interface RequestCost {
  readonly name: string;
  readonly wall: number;
}

const RATIO = 0.1;
const IDS = 10_000;
const ROUTES = Array.from({ length: 20 }, (_, index) => ({ route: `/route-${index}/:id`, method: 'GET' }));

/** Goes round and round. */
function cycle<T>(items: readonly T[]): () => T {
  let next = 0;
  return () => {
    const item = items[next];
    next = (next + 1) % items.length;
    if (item === undefined) throw new Error('nothing to go round');
    return item;
  };
}

/** What a request pays for its readings at a ratio of 0.1, by whether it is one of them. The peers read nothing by request. */
export async function measureRequests(): Promise<RequestCost[]> {
  const { provider, drop } = exportedMeter();
  const host = startHostMetrics({
    meter: provider.getMeter('host'),
    sampleRatio: RATIO,
    ttl: 1000,
    inFlight: () => 1,
  });
  const { readings } = host;
  const ids = Array.from({ length: IDS }, () => randomBytes(16).toString('hex'));
  const sampledIds = cycle(ids.filter((id) => readings.begin(id) !== undefined));
  const unsampledIds = cycle(ids.filter((id) => readings.begin(id) === undefined));
  const route = cycle(ROUTES);
  const request = (id: string): void => passThrough(readings, id, route());

  const measured = async (name: string, batches: number, size: number, call: () => unknown): Promise<RequestCost> => {
    await medianOfBatches(batches, size, call);
    await drop();
    return { name, wall: await medianOfBatches(batches, size, call) };
  };
  const costs = [
    await measured('sampled', 300, 200, () => request(sampledIds())),
    await measured('unsampled', 300, 20_000, () => request(unsampledIds())),
    await measured('without readings', 300, 20_000, () => nothing(unsampledIds(), route())),
  ];
  host.stop();
  return costs;
}

function passThrough(readings: RequestReadings, id: string, request: { route: string; method: string }): void {
  const reading = readings.begin(id);
  if (reading !== undefined) readings.end(reading, request);
}

/** The loop around the readings alone. */
function nothing(id: string, request: { route: string }): number {
  return id.length + request.route.length;
}

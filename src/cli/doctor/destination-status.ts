import type { QueueStatus } from '../../../exporters/aws/delivery-queue.js';
import type { CounterReading } from '../../../exporters/aws/self-counters.js';
import type { RunningProcess } from '../running.js';

/** What a destination of the running process says of itself, as far as it says it: other exporters say nothing. */
export interface DestinationStatus {
  readonly name: string;
  readonly queue?: QueueStatus;
  readonly counters: readonly CounterReading[];
  /** Why what it writes to could not be made. */
  readonly trouble?: string;
  readonly clockOffset?: number;
  readonly series?: { readonly active: number; readonly max: number; readonly overflowed: number };
  readonly cost?: { readonly series: number; readonly dollars: number; readonly requestsPerMonth: number };
  readonly namespace?: string;
  readonly logGroup?: string;
  readonly logStream?: string;
}

export type Signal = 'metrics' | 'traces' | 'logs';

export function statusOf({ snapshot }: RunningProcess, signal: Signal): DestinationStatus[] {
  return snapshot.delivery.destinations
    .filter((destination) => destination.signal === signal)
    .map((destination) => readStatus(destination, signal));
}

/** What a destination says of itself and of one signal. */
export function readStatus({ name, status }: { name: string; status: unknown }, signal: Signal): DestinationStatus {
  const known = typeof status === 'object' && status !== null ? (status as Partial<DestinationStatus>) : {};
  const counters = (known.counters ?? []).filter((counter) => counter.signal === signal);
  return { ...known, name, counters };
}

/** `sent 120, dropped 3 (too_old), failed 2 (denied)`. */
export function describeCounters(counters: readonly CounterReading[]): string {
  const parts = counters.map(({ name, reason, value }) => `${name} ${value}${reason ? ` (${reason})` : ''}`);
  return parts.join(', ') || 'nothing yet';
}

export function totalOf(counters: readonly CounterReading[], name: CounterReading['name']): number {
  return counters.filter((counter) => counter.name === name).reduce((sum, { value }) => sum + value, 0);
}

/** What waits without trouble is on its way. An attempt or two may fail. */
const NOTABLE_FAILURES = 3;

/** Whether nothing gets through to the destination. */
export function isStuck({ queue, trouble }: DestinationStatus): boolean {
  return trouble !== undefined || (queue?.trouble !== undefined && queue.failures >= NOTABLE_FAILURES);
}

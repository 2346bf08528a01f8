import { rate } from './cpu.js';
import { meanBetween, quantileBetween } from './delay-histogram.js';
import type { Snapshot } from './history.js';
import type { Resource } from './pressure.js';

/** What a collection reports; what can't be known is absent, never 0. Bytes, seconds, and ratios of 1. */
export interface HostReading {
  /** CPUs in use. */
  readonly containerCpuUsage?: number | undefined;
  readonly containerCpuUtilization?: number | undefined;
  readonly workingSet?: number | undefined;
  readonly availableMemory?: number | undefined;
  readonly memoryUtilization?: number | undefined;
  readonly processCpuUtilization?: number | undefined;
  readonly processMemory?: number | undefined;
  readonly heapUsed?: number | undefined;
  readonly heapLimit?: number | undefined;
  readonly delayMean?: number | undefined;
  readonly delayP99?: number | undefined;
  readonly delayMax?: number | undefined;
  readonly loopUtilization?: number | undefined;
  readonly cpuPressure?: number | undefined;
  readonly memoryPressure?: number | undefined;
  readonly ioPressure?: number | undefined;
}

/** CPUs that the container used between the two; undefined where the counters are not the same. */
export function containerCpuBetween(from: Snapshot | undefined, to: Snapshot): number | undefined {
  if (from?.cpu === undefined || to.cpu === undefined) return undefined;
  return rate({ time: from.time, value: from.cpu.value }, { time: to.time, value: to.cpu.value });
}

/** CPUs that the process used between the two. */
export function processCpuBetween(from: Snapshot, to: Snapshot): number | undefined {
  return rate({ time: from.time, value: from.processCpu }, { time: to.time, value: to.processCpu });
}

/** `longest`: the longest delay between the two, in milliseconds, which the histogram's classes only approach. */
export function loopBetween(from: Snapshot, to: Snapshot, longest: number): HostReading {
  const active = to.loopActive - from.loopActive;
  const alive = active + to.loopIdle - from.loopIdle;
  const loopUtilization = alive > 0 ? active / alive : undefined;
  const mean = meanBetween(from.delays, to.delays);
  const p99 = quantileBetween(from.delays, to.delays, 0.99);
  if (mean === undefined || p99 === undefined) return { loopUtilization };
  return { loopUtilization, delayMean: mean / 1000, delayP99: Math.min(p99, longest) / 1000, delayMax: longest / 1000 };
}

export function pressureBetween(from: Snapshot, to: Snapshot): HostReading {
  const stalled = (resource: Resource): number | undefined => {
    const [before, after] = [from.stalls[resource], to.stalls[resource]];
    if (before === undefined || after === undefined) return undefined;
    return rate({ time: from.time, value: before }, { time: to.time, value: after });
  };
  return { cpuPressure: stalled('cpu'), memoryPressure: stalled('memory'), ioPressure: stalled('io') };
}

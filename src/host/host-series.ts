import type { HostReading } from './host-reading.js';

/** One metric of the host. */
export interface Series {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly of: keyof HostReading;
}

/** Whether the semantic conventions make it an up-down counter of integers: they do so for memory, and make the rest gauges. */
export function isUpDownCounter({ unit }: Series): boolean {
  return unit === 'By';
}

/**
 * What every process reports, by the semantic conventions 1.45. They have no name for the two parts of a container's limit
 * (`.utilization`) and none for the heap's limit as a whole: `v8js.memory.heap.space.size` is one of each space's present size.
 */
export const SERIES: readonly Series[] = [
  { name: 'container.cpu.usage', unit: '{cpu}', of: 'containerCpuUsage', description: 'CPUs in use' },
  {
    name: 'container.cpu.utilization',
    unit: '1',
    of: 'containerCpuUtilization',
    description: 'CPUs in use, as a part of the limit; above 1 in a burst',
  },
  {
    name: 'container.memory.working_set',
    unit: 'By',
    of: 'workingSet',
    description: 'Memory in use, without the page cache that can be dropped at once',
  },
  {
    name: 'container.memory.available',
    unit: 'By',
    of: 'availableMemory',
    description: 'Limit less working set; absent without a limit',
  },
  {
    name: 'container.memory.utilization',
    unit: '1',
    of: 'memoryUtilization',
    description: 'Working set, as a part of the limit',
  },
  {
    name: 'process.cpu.utilization',
    unit: '1',
    of: 'processCpuUtilization',
    description: 'CPU time of the process by elapsed time and CPUs available to it',
  },
  { name: 'process.memory.usage', unit: 'By', of: 'processMemory', description: 'Resident memory of the process' },
  { name: 'v8js.memory.heap.used', unit: 'By', of: 'heapUsed', description: 'Heap in use, all spaces' },
  { name: 'monitoring.heap.limit', unit: 'By', of: 'heapLimit', description: 'Heap size at which V8 gives up' },
  { name: 'nodejs.eventloop.delay.mean', unit: 's', of: 'delayMean', description: 'Mean delay of the event loop' },
  { name: 'nodejs.eventloop.delay.p99', unit: 's', of: 'delayP99', description: '99th percentile of its delay' },
  { name: 'nodejs.eventloop.delay.max', unit: 's', of: 'delayMax', description: 'Longest delay of the event loop' },
  {
    name: 'nodejs.eventloop.utilization',
    unit: '1',
    of: 'loopUtilization',
    description: 'Part of the time in which the event loop was active',
  },
];

/** The names of what every process reports. */
export const HOST_METRICS: readonly string[] = SERIES.map(({ name }) => name);

export const PRESSURE_SERIES: readonly Series[] = [
  {
    name: 'monitoring.pressure.cpu',
    unit: '1',
    of: 'cpuPressure',
    description: 'Part of the time some task waited for CPU',
  },
  {
    name: 'monitoring.pressure.memory',
    unit: '1',
    of: 'memoryPressure',
    description: 'Part of the time some task waited for memory',
  },
  {
    name: 'monitoring.pressure.io',
    unit: '1',
    of: 'ioPressure',
    description: 'Part of the time some task waited for I/O',
  },
];

import type { BatchObservableResult, Meter, ObservableGauge } from '@opentelemetry/api';
import { recordGarbageCollections } from './gc.js';
import type { HostReading } from './host-reading.js';
import type { LimitClaim, Limits } from './limits.js';
import { type RequestReadings, SampledRequests } from './request-readings.js';
import { HostSampler, type SamplerOptions } from './sampler.js';
import { reasonOf, Warnings } from './warnings.js';

export interface HostMetricsOptions extends Omit<SamplerOptions, 'environment' | 'window'> {
  meter: Meter;
  /** Fraction, 0..1, of the requests that are read. */
  sampleRatio: number;
  /** Milliseconds between exports, which rates, means and percentiles cover; 60 s when absent. */
  interval?: number | undefined;
  environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Requests in flight, one that is just beginning included. */
  inFlight?: (() => number) | undefined;
  /** Also records `v8js.gc.duration`. */
  gc?: boolean | undefined;
}

export interface HostMetrics {
  readonly readings: RequestReadings;
  limits(): Limits;
  /** What is read for the container's memory and CPU: a control group with its path, or `process`. */
  sources(): { readonly memory: string | undefined; readonly cpu: string | undefined };
  /**
   * Takes the limits that the ECS metadata endpoint states, each source's once; undefined says that there are none to be
   * had. Where the environment names that endpoint, nothing is compared with a limit until this is called, for 30 s.
   */
  useTaskLimits(claim: LimitClaim | undefined): void;
  stop(): void;
}

interface Series {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly of: keyof HostReading;
}

/**
 * All are gauges, also those that the semantic conventions make up-down counters. The SDK repeats an up-down counter's
 * last value for ever once it is no longer observed, and a reader with delta temporality gets its differences; a gauge
 * that could not be read is absent, and its level is a level for every reader.
 */
const SERIES: readonly Series[] = [
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
  { name: 'v8js.memory.heap.limit', unit: 'By', of: 'heapLimit', description: 'Heap size at which V8 gives up' },
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

const PRESSURE_SERIES: readonly Series[] = [
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

const DEFAULT_INTERVAL = 60_000;

/**
 * Host metrics that are true in a container, read by one synchronous callback, and the resource readings of a ratio of
 * the requests. Reads no environment of its own and opens no socket; never throws into the application nor keeps it alive.
 */
export function startHostMetrics(options: HostMetricsOptions): HostMetrics {
  const { meter, sampleRatio, interval: window = DEFAULT_INTERVAL, environment = {}, inFlight, ...rest } = options;
  const sampler = new HostSampler({ ...rest, window, environment });
  const stopObserving = observe(meter, sampler, options.pressure ? [...SERIES, ...PRESSURE_SERIES] : SERIES);
  const stopRecording = options.gc ? recordGarbageCollections(meter) : undefined;
  return {
    readings: new SampledRequests(meter, sampler, sampleRatio, inFlight),
    limits: () => sampler.limits(),
    sources: () => sampler.sources(),
    useTaskLimits: (claim) => sampler.useClaim(claim),
    stop: () => {
      stopObserving();
      stopRecording?.();
      sampler.stop();
    },
  };
}

function observe(meter: Meter, sampler: HostSampler, series: readonly Series[]): () => void {
  const gauges = series.map(({ name, unit, description, of }): [ObservableGauge, keyof HostReading] => [
    meter.createObservableGauge(name, { unit, description }),
    of,
  ]);
  const warnings = new Warnings(Date.now);
  const callback = (result: BatchObservableResult): void => {
    try {
      const reading = sampler.collect();
      for (const [gauge, of] of gauges) {
        const value = reading[of];
        if (value !== undefined && Number.isFinite(value)) result.observe(gauge, value);
      }
    } catch (error) {
      warnings.warn('collection', `not read: ${reasonOf(error)}`);
    }
  };
  const instruments = gauges.map(([gauge]) => gauge);
  meter.addBatchObservableCallback(callback, instruments);
  return () => meter.removeBatchObservableCallback(callback, instruments);
}

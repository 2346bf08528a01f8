import { type BatchObservableResult, type Meter, type Observable, ValueType } from '@opentelemetry/api';
import { recordGarbageCollections } from './gc.js';
import { isUpDownCounter, PRESSURE_SERIES, SERIES, type Series } from './host-series.js';
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
   * had. Where the environment names that endpoint, nothing is compared with the machine until this is called, and nothing
   * with a control group's limit for 30 s.
   */
  useTaskLimits(claim: LimitClaim | undefined): void;
  /**
   * Whether the last collection could not read the metric of this name. The SDK repeats the last value of an up-down counter
   * for ever once it is no longer observed.
   */
  isStale(metric: string): boolean;
  stop(): void;
}

const DEFAULT_INTERVAL = 60_000;

/**
 * Host metrics that are true in a container, read by one synchronous callback, and the resource readings of a ratio of
 * the requests. Reads no environment of its own and opens no socket; never throws into the application nor keeps it alive.
 */
export function startHostMetrics(options: HostMetricsOptions): HostMetrics {
  const { meter, sampleRatio, interval: window = DEFAULT_INTERVAL, environment = {}, inFlight, ...rest } = options;
  const sampler = new HostSampler({ ...rest, window, environment });
  const observing = observe(meter, sampler, options.pressure ? [...SERIES, ...PRESSURE_SERIES] : SERIES);
  const stopRecording = options.gc ? recordGarbageCollections(meter) : undefined;
  return {
    readings: new SampledRequests(meter, sampler, sampleRatio, inFlight),
    limits: () => sampler.limits(),
    sources: () => sampler.sources(),
    useTaskLimits: (claim) => sampler.useClaim(claim),
    isStale: observing.isStale,
    stop: () => {
      observing.stop();
      stopRecording?.();
      sampler.stop();
    },
  };
}

function observe(meter: Meter, sampler: HostSampler, series: readonly Series[]): Pick<HostMetrics, 'isStale' | 'stop'> {
  const observables = series.map((each) => ({ ...each, instrument: instrumentOf(meter, each) }));
  const stale = new Set<string>();
  const warnings = new Warnings(Date.now);
  const callback = (result: BatchObservableResult): void => {
    try {
      const reading = sampler.collect();
      for (const { name, of, instrument } of observables) {
        const value = reading[of];
        if (value !== undefined && Number.isFinite(value)) {
          result.observe(instrument, value);
          stale.delete(name);
        } else {
          stale.add(name);
        }
      }
    } catch (error) {
      for (const { name } of observables) stale.add(name);
      warnings.warn('collection', `not read: ${reasonOf(error)}`);
    }
  };
  const instruments = observables.map(({ instrument }) => instrument);
  meter.addBatchObservableCallback(callback, instruments);
  return {
    isStale: (metric) => stale.has(metric),
    stop: () => {
      meter.removeBatchObservableCallback(callback, instruments);
      for (const { name } of observables) stale.add(name);
    },
  };
}

function instrumentOf(meter: Meter, series: Series): Observable {
  const { name, unit, description } = series;
  if (!isUpDownCounter(series)) return meter.createObservableGauge(name, { unit, description });
  return meter.createObservableUpDownCounter(name, { unit, description, valueType: ValueType.INT });
}

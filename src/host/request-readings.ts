import type { Attributes, Histogram, Meter } from '@opentelemetry/api';
import { TokenBucket } from '../limits/token-bucket.js';
import type { LoopMark } from './event-loop.js';
import { type HeapReading, heapGrowth } from './heap.js';
import type { HostSampler } from './sampler.js';
import { traceRatio } from './trace-ratio.js';

/**
 * Resource readings of a ratio of the requests. Differences are those of the whole process WHILE the request was in
 * flight, and named so: with twenty requests in flight each sees the work of all twenty. Only an exclusive one, alone in
 * flight the whole time, is the request's own.
 */
export interface RequestReadings {
  /**
   * To be called once for every request at its arrival, when it counts as in flight, since exclusiveness is told from
   * the arrivals. Undefined when it is not one of the ratio, which costs one comparison, or when there were as many in this
   * second as there may be.
   */
  begin(traceId: string | undefined): Reading | undefined;
  /**
   * To be called at the response's end. Records the histograms and returns the same as attributes for the request's span,
   * with the container's states; nothing the second time.
   */
  end(reading: Reading, request: { readonly route: string; readonly method: string }): Attributes;
}

/** What was read at a request's arrival. */
export interface Reading {
  readonly cpu: number;
  readonly heap: HeapReading;
  readonly loop: LoopMark;
  readonly arrivals: number;
  readonly inFlight: number | undefined;
  ended: boolean;
}

/**
 * Requests a second of which readings are taken at most, unless all are asked for. Two readings and their four histograms cost 20 µs
 * (Node 24): at 10 000 requests a second, 2 µs for each of them. 3000 readings a minute tell the same percentiles.
 */
export const MAX_READINGS_PER_SECOND = 50;
/** Readings that may follow each other at once. */
const BURST = 5;

const NAMES = {
  cpu: 'monitoring.request.process_cpu.time',
  heap: 'monitoring.request.heap.growth',
  delay: 'monitoring.request.eventloop.delay',
  inFlight: 'monitoring.request.in_flight',
  exclusive: 'monitoring.request.exclusive',
} as const;

const SECONDS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BYTES = Array.from({ length: 12 }, (_, index) => 1024 * 4 ** index);
const REQUESTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

export class SampledRequests implements RequestReadings {
  private readonly isChosen: (traceId: string | undefined) => boolean;
  private readonly cpuTime: Histogram;
  private readonly growth: Histogram;
  private readonly delay: Histogram;
  private readonly flight: Histogram;
  /** Undefined: all are taken. */
  private readonly bucket: TokenBucket | undefined;
  private arrivals = 0;

  /** `inFlight`: how many requests are in flight, the one that is beginning included; without it neither count nor exclusiveness is told. */
  constructor(
    meter: Meter,
    private readonly sampler: HostSampler,
    ratio: number,
    private readonly inFlight: (() => number) | undefined,
  ) {
    this.isChosen = traceRatio(ratio);
    this.bucket = ratio < 1 ? new TokenBucket(MAX_READINGS_PER_SECOND, BURST) : undefined;
    this.cpuTime = meter.createHistogram(NAMES.cpu, {
      unit: 's',
      description: 'CPU time that the process used while the request was in flight',
      advice: { explicitBucketBoundaries: SECONDS },
    });
    this.growth = meter.createHistogram(NAMES.heap, {
      unit: 'By',
      description:
        'Growth of the heap while the request was in flight: allocations from Node 26 on, before it the used size where it did not shrink',
      advice: { explicitBucketBoundaries: BYTES },
    });
    this.delay = meter.createHistogram(NAMES.delay, {
      unit: 's',
      description: 'Mean delay of the event loop while the request was in flight',
      advice: { explicitBucketBoundaries: SECONDS },
    });
    this.flight = meter.createHistogram(NAMES.inFlight, {
      unit: '{request}',
      description: 'Requests in flight when the request arrived, itself included',
      advice: { explicitBucketBoundaries: REQUESTS },
    });
  }

  begin(traceId: string | undefined): Reading | undefined {
    this.arrivals += 1;
    return this.isChosen(traceId) && this.isAllowed() ? this.read() : undefined;
  }

  end(reading: Reading, { route, method }: { readonly route: string; readonly method: string }): Attributes {
    if (reading.ended) return {};
    reading.ended = true;
    const cpu = this.sampler.readers.cpu() - reading.cpu;
    const growth = heapGrowth(reading.heap, this.sampler.readers.heap());
    const delay = inSeconds(this.sampler.loopDelay.meanSince(reading.loop));
    const { inFlight } = reading;
    const exclusive = inFlight === undefined ? undefined : inFlight === 1 && this.arrivals === reading.arrivals;
    const attributes: Attributes = { 'http.route': route, 'http.request.method': method };
    if (exclusive !== undefined) attributes[NAMES.exclusive] = exclusive;
    if (Number.isFinite(cpu)) this.cpuTime.record(cpu, attributes);
    if (growth !== undefined) this.growth.record(growth, attributes);
    if (delay !== undefined) this.delay.record(delay, attributes);
    if (inFlight !== undefined) this.flight.record(inFlight, attributes);
    const { cpuUtilization, memoryUtilization } = this.sampler.state();
    return {
      [NAMES.cpu]: Number.isFinite(cpu) ? cpu : undefined,
      [NAMES.heap]: growth,
      [NAMES.delay]: delay,
      [NAMES.inFlight]: inFlight,
      [NAMES.exclusive]: exclusive,
      'container.cpu.utilization': cpuUtilization,
      'container.memory.utilization': memoryUtilization,
    };
  }

  private isAllowed(): boolean {
    return this.bucket?.take(this.sampler.now()) ?? true;
  }

  private read(): Reading {
    const { readers, loopDelay } = this.sampler;
    return {
      heap: readers.heap(),
      loop: loopDelay.mark(),
      arrivals: this.arrivals,
      inFlight: this.inFlight?.(),
      ended: false,
      cpu: readers.cpu(),
    };
  }
}

function inSeconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}

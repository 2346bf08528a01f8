import { HostMetrics } from '@opentelemetry/host-metrics';
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node';
import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { startHostMetrics } from '../../src/host/host-metrics.js';
import { HostSampler } from '../../src/host/sampler.js';

class Reader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.DELTA });
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** Something that is collected. */
export interface Subject {
  readonly name: string;
  /** Returns the number of data points. */
  collect(): Promise<number>;
  stop(): void;
}

/** Milliseconds between two exports. */
const INTERVAL = 60_000;
const GAUGES = 13;

type Setup = (provider: MeterProvider) => { beforeCollection?: () => void; stop?: () => void };

/** Ours read nothing anew within a second, so this goes on by an interval before each collection. */
class Clock {
  private skipped = 0;

  readonly now = (): number => performance.now() + this.skipped;

  readonly skip = (): void => {
    this.skipped += INTERVAL;
  };
}

const ours: Setup = (provider) => {
  const { now, skip } = new Clock();
  const meter = provider.getMeter('host');
  const { stop } = startHostMetrics({ meter, sampleRatio: 0, ttl: 1000, interval: INTERVAL, now });
  return { beforeCollection: skip, stop };
};

/** What the one callback of ours takes. */
function readingsAlone(): Subject {
  const { now, skip } = new Clock();
  const sampler = new HostSampler({ ttl: 1000, window: INTERVAL, environment: {}, now });
  return {
    name: 'its readings, without the SDK',
    async collect() {
      skip();
      return Object.values(sampler.collect()).filter((value) => value !== undefined).length;
    },
    stop: () => sampler.stop(),
  };
}

/** What the SDK takes for as many series, whatever is observed. */
const constants: Setup = (provider) => {
  const meter = provider.getMeter('constants');
  const gauges = Array.from({ length: GAUGES }, (_, index) => meter.createObservableGauge(`constant.${index}`));
  meter.addBatchObservableCallback((result) => {
    for (const gauge of gauges) result.observe(gauge, 1);
  }, gauges);
  return {};
};

const hostMetrics =
  (metricGroups?: string[]): Setup =>
  (meterProvider) => {
    new HostMetrics({ meterProvider, ...(metricGroups && { metricGroups }) }).start();
    return {};
  };

const runtimeNode: Setup = (provider) => {
  const instrumentation = new RuntimeNodeInstrumentation();
  instrumentation.setMeterProvider(provider);
  return { stop: () => instrumentation.disable() };
};

const WITHOUT_NETWORK = ['system.cpu', 'system.memory', 'process.cpu', 'process.memory'];

const OTHERS: Readonly<Record<string, Setup>> = {
  [`the SDK alone, ${GAUGES} constants`]: constants,
  '`host-metrics`': hostMetrics(),
  '`host-metrics` without network': hostMetrics(WITHOUT_NETWORK),
  '`instrumentation-runtime-node`': runtimeNode,
};

/** Ours first. */
export function startSubjects(): Subject[] {
  const others = Object.entries(OTHERS).map(([name, setup]) => withSdk(name, setup));
  return [withSdk('`@org/monitoring`', ours), readingsAlone(), ...others];
}

function withSdk(name: string, setup: Setup): Subject {
  const reader = new Reader();
  const { beforeCollection, stop } = setup(new MeterProvider({ readers: [reader] }));
  return {
    name,
    async collect() {
      beforeCollection?.();
      const { resourceMetrics, errors } = await reader.collect();
      if (errors.length > 0) throw errors[0];
      const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
      return metrics.reduce((sum, { dataPoints }) => sum + dataPoints.length, 0);
    },
    stop: () => stop?.(),
  };
}

/** A meter whose points are thrown away once a while, as an export does. */
export function exportedMeter(): { provider: MeterProvider; drop(): Promise<unknown> } {
  const reader = new Reader();
  return { provider: new MeterProvider({ readers: [reader] }), drop: () => reader.collect() };
}

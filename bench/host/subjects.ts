import { HostMetrics } from '@opentelemetry/host-metrics';
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node';
import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { startHostMetrics } from '../../src/host/host-metrics.js';

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

/** Something that is collected, by an SDK of its own. */
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

/** Its clock goes on by an interval with each collection, since it reads nothing anew within a second. */
const ours: Setup = (provider) => {
  let skipped = 0;
  const { stop } = startHostMetrics({
    meter: provider.getMeter('host'),
    sampleRatio: 0,
    ttl: 1000,
    interval: INTERVAL,
    now: () => performance.now() + skipped,
  });
  const beforeCollection = (): void => {
    skipped += INTERVAL;
  };
  return { beforeCollection, stop };
};

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

const both: Setup = (provider) => {
  hostMetrics()(provider);
  return runtimeNode(provider);
};

const WITHOUT_NETWORK = ['system.cpu', 'system.memory', 'process.cpu', 'process.memory'];

const SETUPS: Readonly<Record<string, Setup>> = {
  '`@org/monitoring`': ours,
  [`the SDK alone, ${GAUGES} constants`]: constants,
  '`host-metrics`': hostMetrics(),
  '`host-metrics` without network': hostMetrics(WITHOUT_NETWORK),
  '`instrumentation-runtime-node`': runtimeNode,
  '`host-metrics` + `instrumentation-runtime-node`': both,
};

export function startSubjects(): Subject[] {
  return Object.entries(SETUPS).map(([name, setup]) => {
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
  });
}

/** A meter whose points are thrown away once a while, as an export does. */
export function exportedMeter(): { provider: MeterProvider; drop(): Promise<unknown> } {
  const reader = new Reader();
  return { provider: new MeterProvider({ readers: [reader] }), drop: () => reader.collect() };
}

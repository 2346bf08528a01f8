import { type Attributes, ProxyTracerProvider, type TextMapPropagator, trace } from '@opentelemetry/api';
import type { Configuration, SamplerConfiguration } from '../config/configuration.js';
import { traceBounds } from '../config/trace-budget.js';
import type { Channel } from '../delivery/application/channel.js';
import { createSamplingSource } from '../delivery/application/sampling-source.js';
import { DeliverySpanProcessor } from '../delivery/application/span-processor.js';
import { describeTraceBound } from '../pricing/trace-flow.js';
import { RequestTracerProvider } from '../requests/request-tracer-provider.js';
import { BoundNotice } from '../tracing/budget/bound-notice.js';
import { type BoundReached, TraceBudget } from '../tracing/budget/trace-budget.js';
import { createSampling, type Sampling } from '../tracing/create-sampler.js';
import { RequestIdGenerator } from '../tracing/id-generator.js';
import { createPropagator } from '../tracing/propagation.js';
import { sampledService } from '../tracing/rule-matcher.js';
import { SamplingPoller } from '../tracing/sampling-poller.js';
import type { XRaySampler } from '../tracing/xray-sampler.js';
import type { Settings } from './settings.js';

export interface Tracing extends Sampling {
  /** Whether spans have a destination. */
  enabled: boolean;
  /** Bounds the spans; absent: nothing does. */
  budget?: TraceBudget;
  propagator: TextMapPropagator;
  idGenerator: RequestIdGenerator;
  /** Hands finished spans over. */
  spans: DeliverySpanProcessor;
}

/** Who decides which requests are traced, who names them, and where their spans go. */
export function createTracing(
  { traces }: Configuration,
  resource: Attributes,
  channel: Channel,
  say: (line: string) => void,
): Tracing {
  const enabled = traces.exporters.length > 0;
  const sampler: SamplerConfiguration = enabled ? traces.sampler : { ...traces.sampler, name: 'always_off' };
  const budget = createBudget(traces, (reason) => channel.loseUnmadeSpan(reason), say);
  const onUnreadable = () => {
    channel.ledger.made('traces', 1);
    channel.ledger.lost('traces', 'unreadable');
  };
  return {
    ...createSampling(sampler, sampledService(resource), now, budget),
    enabled,
    ...(budget && { budget }),
    propagator: createPropagator(traces.propagators),
    idGenerator: new RequestIdGenerator(),
    spans: new DeliverySpanProcessor((telemetry) => channel.post(telemetry), traces.batch, onUnreadable, budget),
  };
}

const now = () => performance.now();
/** An application may replace `Math.random`, as simulations and tests do. */
const { random } = Math;

function createBudget(
  { exporters, budget }: Configuration['traces'],
  onLost: (reason: BoundReached) => void,
  say: (line: string) => void,
): TraceBudget | undefined {
  const bounds = traceBounds(budget);
  if (bounds === undefined) return undefined;
  const notice = new BoundNotice({ bound: describeTraceBound(bounds.own, exporters.includes('xray')), now, say });
  return new TraceBudget({ ...bounds, onLost, onDecided: (isAdmitted) => notice.note(isAdmitted), now, random });
}

/**
 * Puts our tracers between the application and those of NodeSDK's provider. Not where the SDK measures itself: its measurements include
 * spans that are not sampled.
 */
export function wrapTracerProvider({ sdkMetrics }: Pick<Configuration, 'sdkMetrics'>): void {
  const registered = trace.getTracerProvider();
  if (sdkMetrics || !(registered instanceof ProxyTracerProvider)) return;
  registered.setDelegate(new RequestTracerProvider(registered.getDelegate()));
}

/** The account's sampling rules, from the worker to the sampler, and the sampler's counts back. */
export function pollSamplingRules(sampler: XRaySampler, channel: Channel, settings: Settings): SamplingPoller {
  const poller = new SamplingPoller({
    sampler,
    source: createSamplingSource(channel),
    rulesInterval: settings.reading.configuration.traces.sampler.pollingInterval,
    onNotice: (level, text) => settings.notices.say(level, text),
  });
  poller.start();
  return poller;
}

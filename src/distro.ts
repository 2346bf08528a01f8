import { join } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import { type Attributes, type DiagLogger, DiagLogLevel, diag, logs, metrics, trace } from '@opentelemetry/api';
import { hrTime } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { version } from '../package.json';
import type { Configuration, SamplerConfiguration } from './config/configuration.js';
import { environment } from './config/environment.js';
import { Notices, writeLine } from './config/notices.js';
import { describeConfiguration, formatProblem } from './config/print.js';
import { readConfiguration } from './config/read.js';
import { Channel } from './delivery/application/channel.js';
import { installLifecycle } from './delivery/application/lifecycle.js';
import { DeliveryLogRecordProcessor } from './delivery/application/log-processor.js';
import { DeliveryMetricReader } from './delivery/application/metric-reader.js';
import { nextTurn } from './delivery/application/next-turn.js';
import { createSamplingSource } from './delivery/application/sampling-source.js';
import { DeliverySpanProcessor } from './delivery/application/span-processor.js';
import { registerProviders } from './delivery/providers.js';
import { removeStatusSocket } from './delivery/worker/status-socket.js';
import { createCaptureError } from './errors/capture-error.js';
import { installConsoleSource } from './errors/console-source.js';
import { createErrorReporter, type ErrorReporter } from './errors/error-reporter.js';
import { ErrorLimiter } from './errors/limit.js';
import { captureLogRecord } from './errors/logger-source.js';
import { installProcessSources } from './errors/process-sources.js';
import { captureServerFault } from './errors/server-fault.js';
import { installWorkerThreadsSource } from './errors/worker-threads-source.js';
import { startHostMetrics } from './host/host-metrics.js';
import { installInstrumentations } from './instrumentation/install.js';
import { InstrumentAggregate } from './metrics/instrument-aggregate.js';
import { createRedactor, type Redactor, redactNotice } from './redaction/redactor.js';
import { knownMethod } from './requests/method.js';
import { RequestAggregate } from './requests/request-aggregate.js';
import { currentRequest, recordOf } from './requests/request-record.js';
import { RequestTracerProvider } from './requests/request-tracer-provider.js';
import { installRequestLayer } from './requests/server-layer.js';
import { UnsampledSpan } from './requests/unsampled-span.js';
import { type Identity, identify, workingDirectory } from './resource/identity.js';
import { type Distro, RUNNING_DISTRO, type StartOptions } from './running-distro.js';
import { createSampling } from './tracing/create-sampler.js';
import { DecidedSampler, withDecision } from './tracing/decided-sampler.js';
import { createIdGenerator } from './tracing/id-generator.js';
import { isNotSampledHere } from './tracing/not-sampled.js';
import { createPropagator } from './tracing/propagation.js';
import { sampledService } from './tracing/rule-matcher.js';
import { SamplingPoller } from './tracing/sampling-poller.js';
import { rootTraceId } from './tracing/xray-propagator.js';
import type { XRaySampler } from './tracing/xray-sampler.js';

const NAME = '@org/monitoring';
const SUMMARY_INTERVAL = 60_000;

/** Puts the parts together: settings, identity, delivery, then what feeds it. Throws when it can't; the callers say so. */
export function start(options: StartOptions = {}): void {
  const env = { ...environment(), ...options.settings };
  const reading = readConfiguration(env);
  const { configuration, problems } = reading;
  const redactor = createRedactor(configuration.redact);
  const notices = new Notices(configuration.logLevel, writeLine, Date.now, (line) => redactNotice(line, redactor));
  for (const problem of problems) notices.say('warn', formatProblem(problem));
  if (configuration.disabled) return;

  const identity = identify(configuration, env, {
    distro: { name: NAME, version },
    ...(process.argv[1] && { entry: process.argv[1] }),
    pid: process.pid,
    nodeVersion: process.versions.node,
  });
  const channel = new Channel({
    configuration: identity.configuration,
    resource: identity.attributes,
    onNotice: (level, text) => notices.say(level, text),
    onLimits: (limits) => {
      for (const limit of limits) host().useTaskLimits(limit);
      if (limits.length === 0) host().useTaskLimits(undefined);
    },
    facts: () => ({
      settings: describeConfiguration(reading),
      problems,
      instrumentations: instrumentations.instrumentations().map((each) => each.instrumentationName),
      loadedTooEarly: [...instrumentations.loadedBefore],
      ...(process.argv[1] && { entry: process.argv[1] }),
    }),
  });
  const post = channel.post.bind(channel);

  const temporality = temporalityOf(configuration);
  const aggregate = new RequestAggregate({ startTime: hrTime(), temporality });
  const instruments = new InstrumentAggregate({
    others: metrics,
    flush: () => reader.collectAndPost(),
    startTime: hrTime(),
    temporality,
  });
  const spans = new DeliverySpanProcessor(post, configuration.traces.batch, () => {
    channel.ledger.made('traces', 1);
    channel.ledger.lost('traces', 'unreadable');
  });
  const measures = configuration.metrics.exporters.length > 0;
  const reader = new DeliveryMetricReader({
    post,
    sources: [aggregate, instruments],
    interval: configuration.metrics.interval,
    timeout: configuration.metrics.timeout,
    temporality,
  });
  const tracing = createTracing(configuration, identity.attributes);
  diag.setLogger(diagTo(notices), { logLevel: DiagLogLevel.DEBUG, suppressOverrideMessage: true });
  registerProviders({
    resource: resourceFromAttributes(identity.attributes),
    propagator: tracing.propagator,
    idGenerator: tracing.idGenerator,
    sampler: new DecidedSampler(tracing.sampler),
    createTracerProvider: (options) => new RequestTracerProvider(options),
    spanProcessors: configuration.traces.exporters.length > 0 ? [spans] : [],
    metricReaders: measures ? [reader] : [],
    logRecordProcessors: configuration.logs.exporters.length > 0 ? [new DeliveryLogRecordProcessor(post)] : [],
    spanLimits: configuration.traces.limits,
    logRecordLimits: configuration.logs.limits,
    sdkMetrics: configuration.sdkMetrics,
  });

  const host = once(() =>
    startHostMetrics({
      meter: metrics.getMeter(`${NAME}/host`, version),
      sampleRatio: configuration.host.sampleRatio,
      ttl: configuration.host.ttl,
      interval: configuration.metrics.interval,
      environment: env,
      countsFromProcessStart: true,
      inFlight: () => aggregate.inFlight(),
    }),
  );

  const errors = createErrors(redactor);
  const captureError = createCaptureError(errors);
  const requests =
    configuration.requestPath === 'short'
      ? installRequestLayer({
          modules: {},
          tracer: () => trace.getTracer(`${NAME}/requests`, version),
          onRequestSpan: (span) => spans.takeRequest(span),
          sampler: tracing.sampler,
          // Rules come and go while the application runs.
          get samplerReadsAttributes() {
            return tracing.xray?.readsAttributes ?? false;
          },
          withDecision,
          idGenerator: tracing.idGenerator,
          propagator: tracing.propagator,
          rootTraceId,
          aggregate,
          get readings() {
            return host().readings;
          },
          describeError: (error) => errors.redacted(error),
          redactText: (text) => redactor.text(text),
          onServerFault: (record) => captureServerFault(errors, record),
          onErrorAnswered: (record) => errors.answered(record),
        })
      : undefined;
  const { getBuiltinModule } = process;
  const watchHttp = once(() => requests?.add({ http: getBuiltinModule('node:http') }));
  const instrumentations = installInstrumentations({
    ...configuration.instrumentations,
    requestPath: configuration.requestPath,
    load: (name) => require(join(__dirname, 'instrumentations', `${name}.cjs`)),
    hooks: {
      route: (req, route) => {
        const record = recordOf(req);
        if (record) record.route = route;
      },
      error: (req, error, framework) => {
        errors.capture(error, { mechanism: framework, handled: true, duringRequest: true, request: recordOf(req) });
      },
      logged: (record) => {
        captureLogRecord(errors, record);
      },
    },
    methodName: knownMethod,
    // Loading them only to watch their servers would cost every application that has none.
    onBuiltin: {
      http: watchHttp,
      https: () => {
        watchHttp();
        requests?.add({ https: process.getBuiltinModule('node:https') });
      },
      http2: () => {
        watchHttp();
        requests?.add({ http2: process.getBuiltinModule('node:http2') });
      },
    },
    tracerProvider: trace.getTracerProvider(),
    meterProvider: measures ? instruments : metrics.getMeterProvider(),
    loggerProvider: logs.getLoggerProvider(),
    ...identity.packageFile,
    lambda: identity.platform.name === 'lambda',
    isUnsampled: (span) => span instanceof UnsampledSpan || (tracing.keepsItsWord && isNotSampledHere(span)),
    onProblem: (text) => notices.say('warn', text),
  });

  const handOverErrors = () => {
    workerThreads.drain();
    errors.releaseHeld();
    errors.flushSummaries();
  };
  const handOverSync = () => {
    handOverErrors();
    spans.handOver();
    if (measures) reader.postSources();
  };
  const lifecycle = installLifecycle({
    process,
    channel,
    shutdownTimeout: configuration.shutdownTimeout,
    handOverSync,
    handOverErrors,
    onEnd() {
      if (configuration.runFolder) removeStatusSocket(configuration.runFolder, process.pid);
    },
    async handOver() {
      handOverErrors();
      host();
      const collected = measures ? reader.collectAndPost() : undefined;
      // In the turn of the loop after the collection, which is the longest.
      await nextTurn();
      spans.handOver();
      await collected;
    },
  });
  const consoleSource = configuration.errors.console ? installConsoleSource(errors) : undefined;
  const processSources = installProcessSources(errors, {
    warnings: configuration.errors.warnings,
    onFatal() {
      const request = currentRequest();
      if (request) requests?.fail(request, request.error);
      lifecycle.fatal();
    },
    onSurvivable: () => lifecycle.survivable(),
    requestOfThrown: () => requests?.escapedFrom(),
  });
  const workerThreads = installWorkerThreadsSource(errors, (worker) => channel.owns(worker));
  const poller = tracing.xray && pollSamplingRules(tracing.xray, channel, configuration.traces.sampler, notices);
  // What the application's first line need not wait for; a request, or a flush, before the first turn has it done at once.
  const firstTurn = setImmediate(() => {
    try {
      host();
      // No timer can have fired yet; what is read of a span of time begins with the first reading.
      if (measures) reader.beginInterval();
      watchHttp();
    } catch (error) {
      notices.say('error', `not all is measured: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  const summaries = setInterval(() => errors.flushSummaries(), SUMMARY_INTERVAL).unref();

  const distro: Distro = {
    file: __filename,
    captureError,
    flush: (timeout) => lifecycle.flush(timeout),
    status: () => channel.status(),
    async shutdown() {
      clearImmediate(firstTurn);
      clearInterval(summaries);
      poller?.stop();
      requests?.uninstall();
      instrumentations.uninstall();
      processSources.uninstall();
      consoleSource?.uninstall();
      workerThreads.uninstall();
      await lifecycle.flush();
      host().stop();
      lifecycle.close();
      await channel.close();
    },
  };
  (globalThis as Record<symbol, unknown>)[RUNNING_DISTRO] = distro;
  notices.say('info', startLine(identity, tracing.description));
}

function createTracing(configuration: Configuration, resource: Attributes) {
  const { exporters, propagators, sampler } = configuration.traces;
  const on = exporters.length > 0;
  return {
    ...createSampling(on ? sampler : { ...sampler, name: 'always_off' }, sampledService(resource)),
    description: on ? describeSampler(sampler) : 'nothing is traced',
    propagator: createPropagator(propagators),
    idGenerator: createIdGenerator(),
  };
}

function describeSampler({ name, reservoirPerSecond, ratio, endpoint }: SamplerConfiguration): string {
  if (name === 'xray') {
    const from = endpoint === undefined ? 'X-Ray' : new URL(endpoint).host;
    return `sampling rules from ${from}, until then ${reservoirPerSecond}/s,${ratio}`;
  }
  if (name === 'parentbased_reservoir') return `${name} ${reservoirPerSecond}/s,${ratio}`;
  return name.endsWith('traceidratio') ? `${name} ${ratio}` : name;
}

/** The account's sampling rules, from the worker to the sampler, and the sampler's counts back. */
function pollSamplingRules(
  sampler: XRaySampler,
  channel: Channel,
  { pollingInterval: rulesInterval }: SamplerConfiguration,
  notices: Notices,
): SamplingPoller {
  const poller = new SamplingPoller({
    sampler,
    source: createSamplingSource(channel),
    rulesInterval,
    onNotice: (level, text) => notices.say(level, text),
  });
  poller.start();
  return poller;
}

function createErrors(redactor: Redactor): ErrorReporter {
  return createErrorReporter({
    logger: () => logs.getLogger(`${NAME}/errors`, version),
    currentRequest,
    activeSpan: () => trace.getActiveSpan(),
    redactor,
    limiter: new ErrorLimiter({ now: Date.now }),
    now: Date.now,
    root: workingDirectory(),
    after: (ms, callback) => void setTimeout(callback, ms).unref(),
    uptime: () => process.uptime(),
    rss: () => process.memoryUsage.rss(),
    heapUsed: () => getHeapStatistics().used_heap_size,
    runtimeVersion: process.versions.node,
  });
}

/** A collector may ask for running totals; CloudWatch has no use for them. */
function temporalityOf({ metrics: { exporters, temporality } }: Configuration): 'delta' | 'cumulative' {
  return exporters.every((name) => name === 'otlp') && temporality === 'cumulative' ? 'cumulative' : 'delta';
}

function startLine({ configuration, service, credentials, platform }: Identity, sampler: string): string {
  const { aws, metrics: toMetrics, traces, logs: toLogs } = configuration;
  const list = (names: string[], detail?: string) =>
    names.length > 0
      ? names.map((name) => (detail && name.startsWith('cloudwatch') ? `${name} ${detail}` : name)).join('+')
      : 'none';
  const usesAws = [...toMetrics.exporters, ...traces.exporters, ...toLogs.exporters].some((name) =>
    ['cloudwatch', 'cloudwatch_otlp', 'xray'].includes(name),
  );
  const region = aws.region ?? (platform.name === 'generic' ? 'not set' : 'from metadata');
  return [
    `${service.name}: metrics to ${list(toMetrics.exporters, toMetrics.namespace)}`,
    `errors to ${list(toLogs.exporters, toLogs.group)}`,
    `traces to ${list(traces.exporters)} (${sampler})`,
    ...(usesAws ? [`region ${region}`, `credentials: ${credentials}`] : []),
  ].join('; ');
}

function diagTo(notices: Notices): DiagLogger {
  const at = (level: 'error' | 'warn' | 'info' | 'debug' | 'verbose') => (text: string) => notices.say(level, text);
  return { error: at('error'), warn: at('warn'), info: at('debug'), debug: at('debug'), verbose: at('verbose') };
}

/** What `make` returns, made when it is first asked for. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

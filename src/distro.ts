import { DiagLogLevel, diag } from '@opentelemetry/api';
import { SDK_INFO } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { entryScript } from './config/environment.js';
import { Channel } from './delivery/application/channel.js';
import { DeliveryLogRecordProcessor } from './delivery/application/log-processor.js';
import { recordRedaction } from './delivery/worker/telemetry-redaction.js';
import { ApplicationFacts } from './distro/application-facts.js';
import { installEnding } from './distro/ending.js';
import { createErrors, installErrorSources } from './distro/errors.js';
import { instrument, serverWatch } from './distro/instrumentations.js';
import { createJobs } from './distro/jobs.js';
import { createLambda } from './distro/lambda.js';
import { createMeasuring, startHost } from './distro/measuring.js';
import { NAME, VERSION } from './distro/names.js';
import { once } from './distro/once.js';
import { installRequests } from './distro/requests.js';
import { startSdk, stopSdk } from './distro/sdk.js';
import { diagLogger, readSettings, type Settings } from './distro/settings.js';
import { startLine } from './distro/start-line.js';
import { Started } from './distro/started.js';
import { createTracing, pollSamplingRules, wrapTracerProvider } from './distro/tracing.js';
import { createCaptureError } from './errors/capture-error.js';
import { captureTestError } from './errors/test-error.js';
import { installWorkerThreadsSource } from './errors/worker-threads-source.js';
import { identify } from './resource/identity.js';
import { type Distro, RUNNING_DISTRO, type StartOptions } from './running-distro.js';
import { DecidedSampler } from './tracing/decided-sampler.js';

/**
 * Puts the parts together: settings, identity, delivery, then what feeds it. Throws when a part can't start, after it has undone what had
 * started; the callers say so.
 */
export function start(options: StartOptions = {}): void {
  const settings = readSettings(options);
  if (settings.reading.configuration.disabled) return;
  diag.setLogger(diagLogger(settings.notices), { logLevel: DiagLogLevel.DEBUG, suppressOverrideMessage: true });
  const feeding = new Started();
  const delivering = new Started();
  try {
    const distro = compose(settings, feeding, delivering);
    (globalThis as Record<symbol, unknown>)[RUNNING_DISTRO] = distro;
  } catch (error) {
    void feeding.stop().catch(() => {});
    void delivering.stop().catch(() => {});
    stopSdk();
    throw error;
  }
}

/**
 * @param feeding takes the parts that make telemetry
 * @param delivering takes the parts that deliver it, which stop after a last flush
 */
function compose(settings: Settings, feeding: Started, delivering: Started): Distro {
  const { reading, environment, notices, redactor } = settings;
  const entry = entryScript();
  const identity = identify(reading.configuration, environment, {
    distro: { name: NAME, version: VERSION },
    sdk: SDK_INFO,
    ...(entry && { entry }),
    pid: process.pid,
    nodeVersion: process.versions.node,
  });
  const { configuration, attributes } = identity;

  const errors = createErrors(redactor);
  const facts = new ApplicationFacts(reading, identity.credentials);
  const channel = delivering.add(
    new Channel({
      configuration,
      resource: attributes,
      onNotice: (level, text) => notices.say(level, text),
      onLimits: (limits) => facts.takeLimits(limits),
      facts: () => facts.facts(),
      redact: recordRedaction(redactor),
      captureTest: (key) => captureTestError(errors, key),
    }),
    (each) => each.close(),
  );
  const post = channel.post.bind(channel);

  const measuring = createMeasuring(configuration, post);
  const tracing = createTracing(configuration, attributes, channel, (line) => notices.say('info', line));
  startSdk({
    configuration,
    resource: resourceFromAttributes(attributes),
    propagator: tracing.propagator,
    idGenerator: tracing.idGenerator,
    sampler: new DecidedSampler(tracing.sampler),
    spanProcessors: tracing.enabled ? [tracing.spans] : [],
    metricReaders: measuring.enabled ? [measuring.reader] : [],
    views: measuring.views,
    logRecordProcessors: configuration.logs.exporters.length > 0 ? [new DeliveryLogRecordProcessor(post)] : [],
  });
  if (tracing.enabled) wrapTracerProvider(configuration);

  const jobs = createJobs(measuring, errors, settings);
  const host = once(() => delivering.add(startHost(configuration, environment, measuring), (each) => each.stop()));
  const workerThreads = feeding.add(
    installWorkerThreadsSource(errors, (worker) => channel.owns(worker)),
    (each) => each.uninstall(),
  );
  const requests =
    configuration.requestPath === 'short'
      ? feeding.add(installRequests({ measuring, tracing, host, errors, redactor }), (each) => each.uninstall())
      : undefined;
  const watchServers = serverWatch(requests);
  const lambda = createLambda({
    environment,
    configuration,
    measuring,
    errors,
    flush: (timeout) => lifecycle.flush(timeout),
  });
  const instrumentations = feeding.add(
    instrument({ settings, identity, measuring, tracing, errors, jobs, lambda, watchServers }),
    (each) => each.uninstall(),
  );
  facts.answerBy(host, instrumentations, measuring.aggregate);

  // To take the secrets out of the first line costs 4 ms, as long as the redactor is cold (Node 24).
  const announce = once(() => notices.say('info', startLine(identity)));

  const lifecycle = delivering.add(
    installEnding({ configuration, channel, errors, workerThreads, measuring, tracing, host, announce }),
    (each) => each.close(),
  );
  installErrorSources(configuration, errors, requests, jobs, lifecycle, feeding);
  if (tracing.xray) feeding.add(pollSamplingRules(tracing.xray, channel, settings), (each) => each.stop());

  // What the application's first line need not wait for; a request, or a flush, before the first turn has it done at once.
  const firstTurn = setImmediate(() => {
    try {
      announce();
      host();
      // No timer can have fired yet; what is read of a span of time begins with the first reading.
      if (measuring.enabled) measuring.reader.beginInterval();
      watchServers.http();
    } catch (error) {
      notices.say('error', `not all is measured: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  feeding.add(firstTurn, clearImmediate);

  return {
    file: __filename,
    captureError: createCaptureError(errors),
    runJob: (name, run) => jobs.runJob(name, run),
    flush: (timeout) => lifecycle.flush(timeout),
    status: () => channel.status(),
    async shutdown() {
      await feeding.stop();
      await lifecycle.flush();
      await delivering.stop();
    },
  };
}

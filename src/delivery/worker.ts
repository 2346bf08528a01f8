import { Console } from 'node:console';
import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import { VERSION } from '../../exporters/aws/client-options.js';
import { classify } from '../../exporters/aws/errors.js';
import type { SamplingSource } from '../tracing/sampling-rule.js';
import { Destinations } from './destinations.js';
import {
  COMPLETED,
  FLUSHED,
  type FromWorker,
  LIFE,
  LIFE_ENDED,
  LIFE_READY,
  type SamplingQuestion,
  type Telemetry,
  type ToWorker,
  type WorkerOptions,
} from './protocol.js';
import { Questions } from './questions.js';
import { createSamplingClient } from './sampling-client.js';
import { type ProcessSnapshot, SNAPSHOT_VERSION, serveStatus } from './status-socket.js';
import { detectSurroundings } from './surroundings.js';

/** Completes telemetry before it is delivered. */
export type Refine = (telemetry: Telemetry) => Telemetry;

/** Serves one application thread: takes telemetry from `port` and delivers it, in order of arrival per destination. */
export function serve(port: MessagePort, options: WorkerOptions, refine: Refine): void {
  const state = new Int32Array(options.state);
  const say = (message: FromWorker) => port.postMessage(message);
  const outstanding = new Set<Promise<void>>();
  const opened = open(options, say);
  const destinations = opened.then((open) => open.destinations);
  const questions = new Questions((id) => say({ kind: 'facts', id }));

  async function deliver(telemetry: Telemetry): Promise<void> {
    try {
      const open = await destinations;
      await open.deliver(refine(telemetry));
    } finally {
      Atomics.add(state, COMPLETED, 1);
    }
  }

  async function flush(id: number, timeout: number): Promise<void> {
    const complete = await within(timeout, async () => {
      await Promise.allSettled(outstanding);
      await (await destinations).forceFlush();
    });
    // A thread that is blocked takes this for delivery; one that is told nothing gives up at its own deadline.
    if (complete) {
      Atomics.store(state, FLUSHED, id);
      Atomics.notify(state, FLUSHED);
    }
    say({ kind: 'flushed', id, complete });
  }

  port.on('message', (message: ToWorker) => {
    if (message.kind === 'flush') void flush(message.id, message.timeout);
    else if (message.kind === 'sampling-rules' || message.kind === 'sampling-targets') {
      void opened.then(({ sampling }) => answerSampling(sampling, message)).then(say);
    } else if (message.kind === 'status') {
      void destinations.then((open) => say({ kind: 'status', id: message.id, status: open.status() }));
    } else if (message.kind === 'facts') questions.answer(message.id, message.facts);
    else {
      const delivery = deliver(message).catch((error) => diag.error(`delivery failed: ${String(error)}`));
      outstanding.add(delivery);
      void delivery.finally(() => outstanding.delete(delivery));
    }
  });
  Atomics.store(state, LIFE, LIFE_READY);
  void openStatusSocket(options, destinations, questions);
}

interface Opened {
  destinations: Destinations;
  sampling: SamplingSource;
}

async function open(options: WorkerOptions, say: (message: FromWorker) => void): Promise<Opened> {
  diag.setLogger(noticesTo(say), { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true });
  const { attributes, region, limits } = await detectSurroundings(options);
  say({ kind: 'limits', limits });
  const { configuration } = options;
  return {
    destinations: new Destinations(configuration, attributes, region),
    sampling: createSamplingClient(configuration, attributes, region),
  };
}

async function answerSampling(source: SamplingSource, question: SamplingQuestion): Promise<FromWorker> {
  const { kind, id } = question;
  try {
    return kind === 'sampling-rules'
      ? { kind, id, rules: await source.rules() }
      : { kind, id, targets: await source.targets(question.statistics) };
  } catch (error) {
    const { name, message } = classify(error);
    return { kind: 'sampling-failed', id, reason: `${name}: ${message}` };
  }
}

/** After everything else: nobody waits for it. */
async function openStatusSocket(
  { configuration, resource }: WorkerOptions,
  destinations: Promise<Destinations>,
  questions: Questions,
): Promise<void> {
  // Elsewhere a socket can't be a file.
  if (configuration.runFolder === undefined || process.platform === 'win32') return;
  const snapshot = async (): Promise<ProcessSnapshot> => {
    const application = await questions.ask();
    return {
      snapshotVersion: SNAPSHOT_VERSION,
      version: VERSION,
      pid: process.pid,
      node: process.versions.node,
      uptime: Math.round(process.uptime()),
      resource,
      thread: isMainThread ? 'application' : 'worker',
      delivery: (await destinations).status(),
      ...(application && { application }),
    };
  };
  try {
    await destinations;
    await serveStatus(configuration.runFolder, process.pid, snapshot);
  } catch (error) {
    diag.debug(`no status socket, monitoring doctor can't ask this process: ${String(error)}`);
  }
}

function noticesTo(say: (message: FromWorker) => void): DiagLogger {
  const at = (level: 'error' | 'warn' | 'info' | 'debug') => (text: string) => say({ kind: 'notice', level, text });
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug'), verbose: () => {} };
}

/** True when `work` ended within `timeout` ms. */
async function within(timeout: number, work: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeout);
  });
  const done = work().then(
    () => true as const,
    () => false as const,
  );
  const complete = await Promise.race([done, late]);
  clearTimeout(timer);
  return complete;
}

/** A worker's own console passes through the main thread's event loop, which a dying process no longer has. */
function writeConsoleDirectly(): void {
  const to = (descriptor: number) =>
    new Writable({
      write(chunk, _encoding, done) {
        try {
          writeSync(descriptor, chunk);
          done();
        } catch (error) {
          done(error instanceof Error && 'code' in error && error.code === 'EAGAIN' ? null : (error as Error));
        }
      },
    });
  globalThis.console = new Console({ stdout: to(1), stderr: to(2), ignoreErrors: true });
}

/** Serves the application's thread from the one that this code runs in, if that was made for it. */
export function serveThisThread(serve: (port: MessagePort, options: WorkerOptions) => void): void {
  if (isMainThread || !parentPort || !(workerData?.state instanceof SharedArrayBuffer)) return;
  const options: WorkerOptions = workerData;
  process.on('exit', () => {
    const state = new Int32Array(options.state);
    Atomics.store(state, LIFE, LIFE_ENDED);
    Atomics.notify(state, FLUSHED);
  });
  writeConsoleDirectly();
  // Node prints warnings of this thread, such as the AWS SDK's of an old Node, as if they were the application's.
  process.removeAllListeners('warning');
  process.on('warning', (warning) => diag.debug(`${warning.name}: ${warning.message}`));
  serve(parentPort, options);
}

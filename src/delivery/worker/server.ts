import { Console } from 'node:console';
import { rmSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { Writable } from 'node:stream';
import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type Attributes, type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import { VERSION } from '../../../exporters/aws/client-options.js';
import { classify } from '../../../exporters/aws/errors.js';
import type { Configuration } from '../../config/configuration.js';
import { namedEndpoints } from '../../config/endpoints.js';
import { environment } from '../../config/environment.js';
import { writeLine } from '../../config/notices.js';
import { findCredentialsSource } from '../../resource/credentials-source.js';
import { homeDirectory, readText } from '../../resource/identity.js';
import { amountOf, Ledger, lostOf } from '../../wire/ledger.js';
import {
  COMPLETED,
  type CompleteTelemetry,
  FLUSH_FAILED,
  FLUSHED,
  type FromWorker,
  HEAP_LIMIT,
  kibibytes,
  LIFE,
  LIFE_ENDED,
  LIFE_READY,
  type PlainLogRecord,
  type ProcessFacts,
  type SamplingQuestion,
  type TaskLimits,
  type Telemetry,
  type ToWorker,
  type WorkerOptions,
} from '../../wire/messages.js';
import type { SamplingSource } from '../../wire/sampling-rules.js';
import type { Parcel } from '../application/sender.js';
import { oldGenerationLimit } from '../application/worker-heap.js';
import { MarkerFile } from '../left-behind/boot-marker.js';
import { resourceOf, resourceOfRun } from '../left-behind/left-behind.js';
import { type Found, Recovery } from '../left-behind/recovery.js';
import { openRunFolder } from '../left-behind/run-folder.js';
import { ownRun } from '../left-behind/run-identity.js';
import { LossNotices } from '../loss-notices.js';
import type { MemoryUse } from '../watch/memory-watch.js';
import { uncleanEnd } from '../watch/process-events.js';
import { Watch } from '../watch/watch.js';
import { Acknowledgements, type Outcome } from './acknowledgements.js';
import { announce, type LookedUp } from './announcement.js';
import { type AwsAccess, openAwsAccess } from './aws-access.js';
import { DeliveryTrace } from './delivery-trace.js';
import { Destinations, type LogDelivery, type SpanSemantics } from './destinations.js';
import { Questions } from './questions.js';
import { createSamplingPost, type PostJson } from './sampling-post.js';
import { type ProcessSnapshot, SNAPSHOT_VERSION, serveStatus, type TestErrorReport } from './status-socket.js';
import { detectSurroundings, lookAround, type Surroundings } from './surroundings.js';

/** Completes telemetry before it is delivered, and resources. */
export interface Refinement {
  refine(telemetry: Telemetry): CompleteTelemetry;
  refineResource(attributes: Attributes): Attributes;
  addSpanSemantics: SpanSemantics;
}

/** What the worker is given by its composition root. */
export interface WorkerParts extends Refinement {
  /** `serviceKey` of left-behind.ts. */
  service: string;
  containerMemory: { read(): MemoryUse | undefined; useClaims(limits: readonly TaskLimits[]): void };
  /** X-Ray's sampling API, asked by `post`. */
  createSamplingSource(post: PostJson, resource: Attributes): SamplingSource;
}

/** Serves one application thread: takes telemetry from `port` and delivers it, in order of arrival per destination. */
export function serve(port: MessagePort, options: WorkerOptions, parts: WorkerParts): void {
  const server = new DeliveryServer(port, options, parts);
  port.on('message', (message: ToWorker) => server.receive(message));
  server.start();
}

/** Delivers errors in a process that has nothing else to do; true: all have arrived. Never rejects. */
export async function send(
  { options, records, timeout }: Parcel,
  { refine, addSpanSemantics }: Refinement,
): Promise<boolean> {
  diag.setLogger(
    noticesTo(({ text }) => writeLine(text)),
    { logLevel: DiagLogLevel.WARN },
  );
  return within(timeout, async () => {
    const { attributes, ...detected } = await detectSurroundings(options);
    const access = await openAwsAccess(options.configuration.aws, detected);
    const refined = refine({ kind: 'logs', records });
    // A process of its own: what the dying one counts, it counts itself.
    const losses = new LossNotices(new Ledger('worker'), (line) => diag.warn(line));
    const destinations = new Destinations(options.configuration, attributes, access, addSpanSemantics, losses);
    const { settled } = destinations.deliverLogs(refined.kind === 'logs' ? refined.records : records);
    return (await settled) === 'done';
  });
}

/** Looks at the platform before destinations are opened without a region: 15 s and the looks themselves. */
const LOOKS_FOR_A_REGION = 5;
/** The same without the name of the environment, which stays as it is then: 3 s and the looks themselves. */
const LOOKS_FOR_AN_ENVIRONMENT = 3;

interface Opened {
  destinations: Destinations;
  sampling: SamplingSource;
}

class DeliveryServer {
  private readonly state: Int32Array;
  private readonly losses: LossNotices;
  private readonly outstanding = new Set<Promise<void>>();
  private readonly opened: Promise<Opened>;
  private readonly destinations: Promise<Destinations>;
  private readonly acknowledgements: Acknowledgements;
  private readonly trace: DeliveryTrace | undefined;
  private readonly questions = new Questions<ProcessFacts>((id) => this.port.postMessage({ kind: 'facts', id }));
  private readonly testErrors = new Questions<boolean, string>((id, key) =>
    this.port.postMessage({ kind: 'test-error', id, key }),
  );

  constructor(
    private readonly port: MessagePort,
    private readonly options: WorkerOptions,
    private readonly parts: WorkerParts,
  ) {
    this.state = new Int32Array(options.state);
    this.losses = new LossNotices(new Ledger('worker', options.ledger), (line) => diag.warn(line));
    // In the application's own thread its logger stays: a notice by the port waits for an event loop that a dying process has no more.
    if (port === parentPort) {
      const notices = noticesTo((notice) => port.postMessage(notice));
      diag.setLogger(notices, { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true });
    }
    this.acknowledgements = new Acknowledgements(this.state, (path) => rmSync(path, { force: true }));
    const { deliveries, batch } = options.configuration.traces;
    this.trace = deliveries ? new DeliveryTrace(batch.scheduledDelay) : undefined;
    this.opened = this.open();
    this.destinations = this.opened.then(({ destinations }) => destinations);
  }

  receive(message: ToWorker): void {
    if (message.kind === 'flush') void this.flush(message.id, message.deadline - Date.now());
    else if (message.kind === 'sampling-rules' || message.kind === 'sampling-targets') {
      void this.opened
        .then(({ sampling }) => answerSampling(sampling, message))
        .then((answer) => this.port.postMessage(answer));
    } else if (message.kind === 'status') {
      void this.destinations.then((open) =>
        this.port.postMessage({ kind: 'status', id: message.id, status: open.status() }),
      );
    } else if (message.kind === 'facts') this.questions.answer(message.id, message.facts);
    else if (message.kind === 'test-error') this.testErrors.answer(message.id, message.captured);
    else if (message.kind === 'spooled') this.acknowledgements.spooled(message);
    else if (message.kind === 'logs') this.deliverNumbered(message.records, message.sequence);
    else this.track(this.deliver(message));
  }

  start(): void {
    const { state, options, parts } = this;
    const { marker, recovery } = this.openRuns();
    const watch = new Watch({
      state,
      isApart: !isMainThread,
      containerMemory: () => parts.containerMemory.read(),
      deliver: (record) => void this.deliverOwn([record]),
      marker,
      recovery,
      now: Date.now,
    });
    Atomics.store(state, HEAP_LIMIT, kibibytes(oldGenerationLimit()));
    if (options.configuration.logs.exporters.length > 0) watch.start();
    Atomics.store(state, LIFE, LIFE_READY);
    recovery?.look();
    // After everything else: nobody waits for it.
    void openStatusSocket(options, this.destinations, (request) =>
      request.kind === 'snapshot' ? this.snapshot() : this.testError(request),
    );
  }

  /** What stands on disk; nothing where that is not wanted, or not possible. */
  private openRuns(): { marker?: MarkerFile; recovery?: Recovery } {
    const { configuration, resource, startedAt } = this.options;
    const { service } = this.parts;
    const { runFolder: folder } = configuration;
    if (folder === undefined || configuration.logs.exporters.length === 0) return {};
    const own = ownRun(process.pid, startedAt);
    const origin = { service, host: hostname(), resource: resourceOfRun(resource) };
    const marker = new MarkerFile(this.state, folder, own, { kind: 'run', ...origin, pid: process.pid, startedAt });
    try {
      marker.write();
    } catch (error) {
      diag.warn(error instanceof Error ? error.message : String(error));
      return {};
    }
    const deliver = (found: Found) => this.deliverFound(found, origin.host);
    const say = (level: 'warn' | 'info', text: string) => diag[level](text);
    return { marker, recovery: new Recovery({ folder, own, host: origin.host, service, deliver, say, now: Date.now }) };
  }

  private async open(): Promise<Opened> {
    const looks = lookAround(this.options);
    const { surroundings, access } = await this.findAws(looks);
    const { configuration } = this.options;
    const { attributes } = surroundings;
    const { addSpanSemantics } = this.parts;
    const destinations = new Destinations(configuration, attributes, access, addSpanSemantics, this.losses, this.trace);
    if (surroundings.isIncomplete) void this.learnLater(looks, destinations);
    else this.useLimits(surroundings);
    if (usesAws(configuration)) void announce(access, lookedUp(configuration));
    return {
      destinations,
      sampling: this.parts.createSamplingSource(createSamplingPost(configuration, access), attributes),
    };
  }

  /** Without a region nothing can be sent: that is waited for while metadata may still tell it. */
  private async findAws(
    looks: AsyncGenerator<Surroundings, void>,
  ): Promise<{ surroundings: Surroundings; access: AwsAccess }> {
    const { aws } = this.options.configuration;
    for (let look = 1; ; look += 1) {
      const { value } = await looks.next();
      if (!value) throw new Error('no look at the surroundings is left');
      const access = await openAwsAccess(aws, value, this.trace?.observer);
      const isWithoutRegion = access.region === undefined;
      const isWorthwhile = isWithoutRegion ? value.isIncomplete : value.isEnvironmentOpen;
      if (isWorthwhile && look < (isWithoutRegion ? LOOKS_FOR_A_REGION : LOOKS_FOR_AN_ENVIRONMENT)) continue;
      if (look > 1 && !value.isIncomplete) sayFound(value);
      return { surroundings: value, access };
    }
  }

  /** What the platform tells of this process after its destinations were opened. */
  private async learnLater(looks: AsyncGenerator<Surroundings, void>, destinations: Destinations): Promise<void> {
    for await (const surroundings of looks) {
      if (surroundings.isIncomplete) continue;
      destinations.useAttributes(surroundings.attributes);
      this.useLimits(surroundings);
      sayFound(surroundings);
    }
  }

  private useLimits({ limits }: Surroundings): void {
    this.port.postMessage({ kind: 'limits', limits });
    this.parts.containerMemory.useClaims(limits);
  }

  private async deliver(telemetry: Exclude<Telemetry, { kind: 'logs' }>): Promise<void> {
    try {
      const open = await this.destinations;
      await open.deliver(this.parts.refine(telemetry));
    } catch (error) {
      const { signal, count } = amountOf(telemetry);
      this.losses.lose(signal, 'internal', count);
      throw error;
    } finally {
      Atomics.add(this.state, COMPLETED, 1);
    }
  }

  private deliverNumbered(records: PlainLogRecord[], sequence: number): void {
    this.acknowledgements.begin(sequence);
    void this.deliverLogs(records).then((outcome) => {
      try {
        this.acknowledgements.settle(sequence, outcome);
      } catch (error) {
        diag.warn(`a file of delivered errors can't be removed, they will be sent again: ${String(error)}`);
      }
    });
  }

  /**
   * Resolves when each record has come to its end. Never rejects.
   *
   * @param resourceFrom the resource, given this process's own, when it is another's
   */
  private async deliverLogs(
    records: PlainLogRecord[],
    resourceFrom?: (own: Attributes) => Attributes,
  ): Promise<Outcome> {
    const delivery = this.handOver(records, resourceFrom);
    this.track(delivery.then(({ handedOver }) => handedOver));
    return delivery.then(
      ({ settled }) => settled,
      () => {
        this.losses.lose('logs', 'internal', records.length);
        return 'lost';
      },
    );
  }

  /** Of records that the application's thread knows nothing of. */
  private deliverOwn(records: PlainLogRecord[], resourceFrom?: (own: Attributes) => Attributes): Promise<Outcome> {
    this.losses.ledger.made('logs', records.length);
    return this.deliverLogs(records, resourceFrom);
  }

  private async handOver(
    records: PlainLogRecord[],
    resourceFrom?: (own: Attributes) => Attributes,
  ): Promise<LogDelivery> {
    const open = await this.destinations;
    const refined = this.parts.refine({ kind: 'logs', records });
    return open.deliverLogs(refined.kind === 'logs' ? refined.records : records, resourceFrom?.(open.attributes));
  }

  private async deliverFound({ content, lastSeen }: Found, host: string): Promise<boolean> {
    const records = content.kind === 'errors' ? content.records : [uncleanEnd(content, lastSeen, Date.now())];
    if (content.kind === 'errors') {
      diag.info(`errors that an earlier run could not deliver are sent now: ${records.length}`);
    }
    const outcome = await this.deliverOwn(records, (own) => this.parts.refineResource(resourceOf(content, own, host)));
    return outcome === 'done';
  }

  private async snapshot(): Promise<ProcessSnapshot> {
    const application = await this.questions.ask();
    const destinations = await this.destinations;
    return {
      snapshotVersion: SNAPSHOT_VERSION,
      version: VERSION,
      pid: process.pid,
      node: process.versions.node,
      uptime: Math.round(process.uptime()),
      resource: destinations.attributes,
      endpoints: namedEndpoints(this.options.configuration),
      thread: isMainThread ? 'application' : 'worker',
      delivery: destinations.status(),
      ...(application && { application }),
    };
  }

  /** Has the application's thread capture an error, and delivers it as any other. */
  private async testError({ key, timeout }: { key: string; timeout: number }): Promise<TestErrorReport> {
    const began = performance.now();
    const lostBefore = this.lostErrors();
    // The event comes before the answer.
    const captured = await this.testErrors.ask(key);
    const complete = captured === true && (await this.deliverAll(timeout));
    const { destinations } = (await this.destinations).status();
    return {
      snapshotVersion: SNAPSHOT_VERSION,
      pid: process.pid,
      ...(captured !== undefined && { captured }),
      delivered: complete && this.lostErrors() === lostBefore,
      duration: Math.round(performance.now() - began),
      destinations: destinations.filter(({ signal }) => signal === 'logs'),
    };
  }

  private lostErrors(): number {
    const entry = this.losses.ledger.entries().find(({ signal }) => signal === 'logs');
    return entry === undefined ? 0 : lostOf(entry);
  }

  private async flush(id: number, timeout: number): Promise<void> {
    const complete = await this.deliverAll(timeout);
    Atomics.store(this.state, complete ? FLUSHED : FLUSH_FAILED, id);
    // A blocked thread waits on this cell for either.
    Atomics.notify(this.state, FLUSHED);
    const troubles = complete ? [] : await this.troubles();
    this.port.postMessage({ kind: 'flushed', id, complete, troubles });
  }

  /** Whether all that has arrived is delivered within `timeout` ms. */
  private deliverAll(timeout: number): Promise<boolean> {
    const end = performance.now() + timeout;
    return within(timeout, async () => {
      const handedOver = Promise.allSettled(this.outstanding);
      const destinations = await this.destinations;
      // An exporter tells of a request that hangs only when its flush has given the request up: not the one after the other.
      const [isEmpty] = await Promise.all([destinations.flush(end - performance.now()), handedOver]);
      return (await destinations.flushDeliverySpans(end - performance.now())) && isEmpty;
    });
  }

  /** None as long as no destination is open. */
  private async troubles(): Promise<string[]> {
    const open = await Promise.race([this.destinations, Promise.resolve(undefined)]).catch(() => undefined);
    return open?.troubles() ?? [];
  }

  private track(work: Promise<void>): void {
    const delivery = work.catch((error) => diag.error(`delivery failed: ${String(error)}`));
    this.outstanding.add(delivery);
    void delivery.finally(() => this.outstanding.delete(delivery));
  }
}

function usesAws({ metrics, traces, logs }: Configuration): boolean {
  const names: readonly string[] = [...metrics.exporters, ...traces.exporters, ...logs.exporters];
  return ['cloudwatch', 'cloudwatch_otlp', 'xray'].some((name) => names.includes(name));
}

function lookedUp({ aws }: Configuration): LookedUp {
  const { hasKeys } = findCredentialsSource(environment(), {
    ...(aws.profile && { profile: aws.profile }),
    ...homeDirectory(),
    onInstance: false,
    readFile: readText,
  });
  return { region: aws.region === undefined, credentials: !hasKeys };
}

function sayFound({ source }: Surroundings): void {
  diag.info(`found: metadata of the platform (${source})`);
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

async function openStatusSocket(
  { configuration }: WorkerOptions,
  destinations: Promise<Destinations>,
  answer: Parameters<typeof serveStatus>[2],
): Promise<void> {
  if (configuration.runFolder === undefined) return;
  try {
    await destinations;
    await serveStatus(configuration.runFolder, process.pid, answer);
  } catch (error) {
    // What writes the boot marker has said why there is no folder.
    const level = hasFolder(configuration.runFolder) ? 'info' : 'debug';
    diag[level](`monitoring doctor can't ask this process, it has no status socket: ${String(error)}`);
  }
}

function hasFolder(path: string): boolean {
  try {
    openRunFolder(path);
    return true;
  } catch {
    return false;
  }
}

type Notice = Extract<FromWorker, { kind: 'notice' }>;

function noticesTo(say: (notice: Notice) => void): DiagLogger {
  // OpenTelemetry's packages give a text in parts: the name of a component, the text, details.
  const at =
    (level: 'error' | 'warn' | 'info' | 'debug') =>
    (...parts: unknown[]) =>
      say({ kind: 'notice', level, text: parts.map(String).join(' ') });
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug'), verbose: () => {} };
}

/** What `work` says if it ends within `timeout` ms; false otherwise. */
async function within(timeout: number, work: () => Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeout);
  });
  const done = work().catch(() => false);
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

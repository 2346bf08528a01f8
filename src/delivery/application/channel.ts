import { hostname } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { workerEnvironment } from '../../config/environment.js';
import { hasWorkingDirectory } from '../../resource/working-directory.js';
import { amount, amountOf, Ledger } from '../../wire/ledger.js';
import {
  ACKNOWLEDGED,
  COMPLETED,
  type DeliveryStatus,
  FLUSH_FAILED,
  FLUSHED,
  type FromWorker,
  type LedgerEntry,
  LIFE,
  LIFE_ENDED,
  type PlainLogRecord,
  type ProcessFacts,
  STATE_CELLS,
  type TaskLimits,
  type Telemetry,
  type ToWorker,
  type WorkerOptions,
} from '../../wire/messages.js';
import { removeMarker } from '../left-behind/boot-marker.js';
import { DescriptorReserve } from '../left-behind/descriptor-reserve.js';
import { resourceOfRun, serviceKey } from '../left-behind/left-behind.js';
import { ownRun } from '../left-behind/run-identity.js';
import { Spool } from '../left-behind/spool.js';
import { LossNotices } from '../loss-notices.js';
import { Heartbeat } from '../watch/heartbeat.js';
import { Backlog, type Held } from './backlog.js';
import { LEAST_TIME, sendApart } from './sender.js';
import { type Numbered, Unacknowledged } from './unacknowledged.js';
import { WORKER_LIMITS } from './worker-heap.js';

export interface ChannelOptions extends Pick<WorkerOptions, 'configuration' | 'resource'> {
  onNotice(level: 'error' | 'warn' | 'info' | 'debug', text: string): void;
  onLimits(limits: TaskLimits[]): void;
  /** What to tell those who ask the process about itself; asked when they do. */
  facts(): ProcessFacts;
  /** The records without secrets, as they may be put on disk. */
  redact(records: readonly PlainLogRecord[]): PlainLogRecord[];
  /** Captures an error that bears the key, for somebody who tests the way; false: no event was made of it. */
  captureTest(key: string): boolean;
  /** Test seams: the file that the worker runs, and what starts a thread of it. */
  workerFile?: string;
  createWorker?(file: string, options: WorkerOptions): DeliveryThread;
}

/** What the channel needs of a worker thread. */
export interface DeliveryThread extends Peer {
  on(event: 'message', listener: (message: FromWorker) => void): unknown;
  on(event: 'online' | 'exit', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  terminate(): Promise<unknown>;
}

/** Milliseconds that the worker stops a flush early, so that what it says of it comes in time. */
const ANSWER_TIME = 100;
/** Milliseconds between two looks at whether a blocked wait is still worth it. */
const WAIT_SLICE = 50;
/** A worker that ends is started anew; one that keeps ending is given up after this many starts. */
const MAX_STARTS = 5;
const RESTART_DELAY = 1000;
/** Milliseconds after which an earlier end no longer counts. */
const STARTS_FORGOTTEN_AFTER = 600_000;

interface Peer {
  postMessage(message: ToWorker): void;
  ref(): void;
  unref(): void;
}

/** What became of the errors that have not arrived: there was none, the next start finds all of them, or some could not be written. */
export type Kept = 'nothing' | 'kept' | 'failed';

/**
 * The way from the application's thread to the worker that sends everything. Posting costs a structured clone and
 * never waits. `flushSync` blocks the thread until the worker has delivered, for the moments after which there is no
 * event loop any more. Errors are kept until they are acknowledged: for the next worker should this one die, and for
 * the disk should the process.
 */
export class Channel {
  private inProcess = false;
  private ready = false;
  private readonly state = new Int32Array(new SharedArrayBuffer(STATE_CELLS * Int32Array.BYTES_PER_ELEMENT));
  /** The book of the whole process, which the worker writes as well. */
  readonly ledger = new Ledger('application');
  private readonly losses: LossNotices;
  private readonly errors = new Unacknowledged();
  private readonly heartbeat = new Heartbeat(this.state);
  private readonly spool: Spool;
  private readonly workerOptions: WorkerOptions;
  private peer: Peer | undefined;
  private thread: DeliveryThread | undefined;
  private starts: number[] = [];
  private posted = 0;
  private givenUp = { posted: 0, sequence: 0 };
  /** The number of the newest error on disk. */
  private keptUpTo = 0;
  private lastId = 0;
  private lastTroubles: readonly string[] = [];
  private closed = false;
  private isGivenUp = false;
  private restart: NodeJS.Timeout | undefined;
  private readonly backlog = new Backlog();
  private readonly reserve = new DescriptorReserve();
  private readonly waiting = new Map<number, (message?: FromWorker) => void>();
  /** Of those that wait, the ones that keep the process alive. */
  private holding = 0;

  constructor(private readonly options: ChannelOptions) {
    const { configuration, resource } = options;
    this.losses = new LossNotices(this.ledger, (line) => options.onNotice('warn', line));
    const startedAt = Math.round(performance.timeOrigin);
    this.workerOptions = {
      configuration,
      resource,
      startedAt,
      state: this.state.buffer as SharedArrayBuffer,
      ledger: this.ledger.buffer,
    };
    this.spool = new Spool({
      folder: configuration.runFolder,
      run: () => ownRun(process.pid, startedAt),
      origin: () => ({
        service: serviceKey(configuration, resource),
        host: hostname(),
        resource: resourceOfRun(resource),
      }),
      onProblem: (text) => options.onNotice('warn', text),
    });
    this.reserve.hold();
    if (!this.startWorker()) this.startInProcess();
    this.heartbeat.start();
  }

  post(telemetry: Telemetry): void {
    const { signal, count } = amountOf(telemetry);
    this.ledger.made(signal, count);
    if (telemetry.kind === 'logs') this.postErrors(this.addErrors(telemetry.records));
    else if (this.closed || this.isGivenUp) this.lose(telemetry, 'no_worker');
    else if (this.peer) this.postCounted(this.peer, telemetry);
    else this.holdBack(telemetry);
  }

  /** Enters a span that somebody has decided to sample and that is not made. */
  loseUnmadeSpan(reason: string): void {
    this.ledger.made('traces', 1);
    this.losses.lose('traces', reason);
  }

  /** Whether anything was posted since the process started. */
  hasPosted(): boolean {
    return this.ledger.entries().some(({ made }) => made > 0);
  }

  /** Whether something was posted that has neither been delivered nor been part of a flush that ran out of time. */
  pending(): boolean {
    const { posted, givenUp } = this;
    if (this.hasErrors() && givenUp.sequence < this.errors.newest) return true;
    if (!this.peer) return !this.backlog.isEmpty;
    return Math.max(givenUp.posted, Atomics.load(this.state, COMPLETED)) < posted;
  }

  /** Resolves when all that was posted is delivered, or after `timeout` ms; true: delivered. Keeps the process alive meanwhile. */
  async flush(timeout: number): Promise<boolean> {
    this.hastenRestart();
    const upTo = { posted: this.posted, sequence: this.errors.newest };
    const deadline = Date.now() + Math.max(timeout - ANSWER_TIME, timeout / 2);
    const answer = await this.ask((id) => ({ kind: 'flush', id, deadline }), timeout, true);
    const complete = answer?.kind === 'flushed' && answer.complete;
    if (answer?.kind === 'flushed') this.lastTroubles = answer.troubles;
    if (!complete) this.givenUp = upTo;
    return complete;
  }

  /** Blocks the thread until all that was posted is delivered, at most `timeout` ms; true: it is. */
  flushSync(timeout: number): boolean {
    if (timeout <= 0) return !this.pending();
    this.hastenRestart();
    return this.reserve.lend(() => this.waitOrSendApart(Date.now() + timeout));
  }

  private waitOrSendApart(deadline: number): boolean {
    if (this.peer && !this.inProcess && this.waitForWorker(deadline)) return true;
    const isWorkerGone = !this.peer || this.inProcess || Atomics.load(this.state, LIFE) === LIFE_ENDED;
    return isWorkerGone && this.sendErrorsApart(deadline - Date.now());
  }

  /** Puts the errors that are not delivered yet on disk. Never throws. */
  keepErrors(): Kept {
    if (!this.hasErrors()) return 'nothing';
    if (this.keptUpTo === this.errors.newest) return 'kept';
    const kept = this.errors.all();
    const path = this.reserve.lend(() => this.spool.write(this.options.redact(kept.flatMap(({ records }) => records))));
    const [from, to] = [kept[0]?.sequence, kept.at(-1)?.sequence];
    if (path === undefined || from === undefined || to === undefined) return 'failed';
    if (this.peer) this.tryToPost(this.peer, { kind: 'spooled', path, from, to });
    this.keptUpTo = to;
    return 'kept';
  }

  /** The process ends, and nothing needs to tell of it at the next start. Never throws. */
  endCleanly(): void {
    const { runFolder } = this.options.configuration;
    if (runFolder === undefined) return;
    // The name of the marker is read from /proc.
    this.reserve.lend(() =>
      removeMarker(this.state, runFolder, () => ownRun(process.pid, this.workerOptions.startedAt)),
    );
  }

  /** What the destinations say of themselves, within `timeout` ms, and the ledger, which needs no worker. */
  async status(timeout = 1000): Promise<DeliveryStatus> {
    const answer = await this.ask((id) => ({ kind: 'status', id }), timeout, true);
    const status = answer?.kind === 'status' ? answer.status : { destinations: [] };
    return { ...status, ledger: this.ledger.entries() };
  }

  /**
   * The process ends now: what waits is lost, but for the errors that are on disk.
   * @returns the whole ledger
   */
  closeLedger(errors: Kept): LedgerEntry[] {
    const onDisk = errors === 'kept' ? this.errors.size : 0;
    for (const { signal, waiting } of this.ledger.entries()) {
      this.ledger.lost(signal, 'shutdown', Math.max(0, waiting - (signal === 'logs' ? onDisk : 0)));
    }
    return this.ledger.entries();
  }

  /** Why the last flush did not deliver everything; empty when it did, or when the worker did not say. */
  troubles(): readonly string[] {
    return this.lastTroubles;
  }

  /** Whether `worker` is the one that delivers. */
  owns(worker: Worker): boolean {
    return worker === this.thread;
  }

  /** Ends the worker; what is posted after that is lost. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.restart);
    this.heartbeat.stop();
    this.reserve.release();
    const { thread } = this;
    this.peer = undefined;
    await thread?.terminate();
  }

  private addErrors(records: PlainLogRecord[]): Numbered {
    const before = this.errors.size;
    const added = this.errors.add(records);
    // A worker has those that are forgotten here, if there is one.
    if (!this.peer) this.losses.lose('logs', 'overflow', before + records.length - this.errors.size);
    return added;
  }

  /** Without a worker they wait for the next one. */
  private postErrors(errors: Numbered): void {
    if (this.closed) {
      this.errors.remove(errors);
      this.losses.lose('logs', 'no_worker', errors.records.length);
      return;
    }
    this.errors.acknowledge(Atomics.load(this.state, ACKNOWLEDGED));
    if (!this.peer) return;
    errors.posts += 1;
    const { records, sequence } = errors;
    if (this.tryToPost(this.peer, { kind: 'logs', records, sequence })) return;
    this.errors.remove(errors);
    this.losses.lose('logs', 'unreadable', records.length);
  }

  private postCounted(peer: Peer, telemetry: Held): void {
    if (this.tryToPost(peer, telemetry)) this.posted += 1;
    else this.lose(telemetry, 'unreadable');
  }

  private holdBack(telemetry: Held): void {
    const excess = this.backlog.add(telemetry);
    if (excess !== undefined) this.lose(excess, 'no_worker');
  }

  private lose(telemetry: Held, reason: string): void {
    const { signal, count } = amountOf(telemetry);
    this.losses.lose(signal, reason, count);
  }

  private tryToPost(peer: Peer, message: ToWorker): boolean {
    try {
      peer.postMessage(message);
      return true;
    } catch (error) {
      this.options.onNotice('warn', `telemetry that can't be copied to the worker was dropped: ${String(error)}`);
      return false;
    }
  }

  private hasErrors(): boolean {
    this.errors.acknowledge(Atomics.load(this.state, ACKNOWLEDGED));
    return !this.errors.isEmpty;
  }

  private waitForWorker(deadline: number): boolean {
    this.lastId += 1;
    const id = this.lastId;
    this.peer?.postMessage({ kind: 'flush', id, deadline });
    for (;;) {
      const flushed = Atomics.load(this.state, FLUSHED);
      if (flushed >= id) return true;
      if (Atomics.load(this.state, FLUSH_FAILED) >= id) return false;
      const left = deadline - Date.now();
      if (left <= 0 || Atomics.load(this.state, LIFE) === LIFE_ENDED) return false;
      Atomics.wait(this.state, FLUSHED, flushed, Math.min(left, WAIT_SLICE));
    }
  }

  /** The last errors by a process of their own, where there is no worker that could take them. */
  private sendErrorsApart(timeout: number): boolean {
    if (!this.hasErrors() || timeout < LEAST_TIME) return false;
    const { workerFile = join(__dirname, 'worker.cjs'), onNotice } = this.options;
    const records = this.errors.all().flatMap((errors) => errors.records);
    const sent = sendApart({ workerFile, options: this.workerOptions, records, timeout, onNotice });
    if (!sent) return false;
    this.ledger.delivered('logs', records.length);
    this.errors.acknowledge(this.errors.newest);
    this.spool.remove();
    // The process apart sends errors only.
    return this.backlog.isEmpty;
  }

  /**
   * The worker's answer; undefined when there is none within `timeout` ms or no worker.
   * @param hold whether the process is kept alive meanwhile
   */
  ask(question: (id: number) => ToWorker, timeout: number, hold = false): Promise<FromWorker | undefined> {
    const { peer } = this;
    if (!peer) return Promise.resolve(undefined);
    this.lastId += 1;
    const id = this.lastId;
    return new Promise((resolve) => {
      const settle = (message?: FromWorker) => {
        clearTimeout(timer);
        this.waiting.delete(id);
        if (hold) this.holding -= 1;
        if (this.holding === 0) peer.unref();
        resolve(message);
      };
      const timer = setTimeout(settle, timeout);
      this.waiting.set(id, settle);
      if (hold) {
        this.holding += 1;
        peer.ref();
      } else timer.unref();
      peer.postMessage(question(id));
    });
  }

  /** What is thrown here would be an uncaught exception of the application. */
  private receive(message: FromWorker): void {
    try {
      if (message.kind === 'notice') this.options.onNotice(message.level, message.text);
      else if (message.kind === 'limits') this.options.onLimits(message.limits);
      else if (message.kind === 'facts') this.answerFacts(message.id);
      else if (message.kind === 'test-error') this.answerTestError(message);
      else this.waiting.get(message.id)?.(message);
    } catch (error) {
      this.options.onNotice('error', `what the delivery worker said was not taken: ${String(error)}`);
    }
  }

  private answerFacts(id: number): void {
    this.peer?.postMessage({ kind: 'facts', id, facts: this.options.facts() });
  }

  private answerTestError({ id, key }: { id: number; key: string }): void {
    const captured = this.options.captureTest(key);
    this.peer?.postMessage({ kind: 'test-error', id, captured });
  }

  private startWorker(): boolean {
    this.starts.push(performance.now());
    Atomics.store(this.state, LIFE, 0);
    try {
      // Such a thread starts, and ends again after some time.
      if (!hasWorkingDirectory()) throw new Error('the working directory was removed');
      const { workerFile = join(__dirname, 'worker.cjs'), createWorker = startThread } = this.options;
      const worker = createWorker(workerFile, this.workerOptions);
      worker.on('message', (message: FromWorker) => this.receive(message));
      worker.on('online', () => {
        this.ready = true;
      });
      worker.on('error', (error) => this.options.onNotice('error', `the delivery worker failed: ${error.message}`));
      worker.on('exit', () => this.onWorkerExit());
      worker.unref();
      this.peer = worker;
      this.thread = worker;
      this.postAgain(worker);
      return true;
    } catch (error) {
      this.options.onNotice('warn', `no worker thread: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }

  private onWorkerExit(): void {
    this.peer = undefined;
    this.thread = undefined;
    this.posted = 0;
    this.givenUp = { posted: 0, sequence: this.givenUp.sequence };
    Atomics.store(this.state, COMPLETED, 0);
    for (const settle of this.waiting.values()) settle();
    if (this.closed) return;
    this.loseWithWorker();
    if (!this.ready) {
      this.startInProcess();
      return;
    }
    const lately = performance.now() - STARTS_FORGOTTEN_AFTER;
    this.starts = this.starts.filter((start) => start > lately);
    if (this.starts.length >= MAX_STARTS) {
      this.giveUp('the delivery worker keeps ending: nothing more is sent; restart the application');
      return;
    }
    this.restart = setTimeout(() => this.startAgain(), RESTART_DELAY).unref();
  }

  private startAgain(): void {
    this.restart = undefined;
    if (!this.startWorker()) this.startInProcess();
  }

  /** Somebody waits for what is held back. */
  private hastenRestart(): void {
    if (this.restart === undefined) return;
    clearTimeout(this.restart);
    this.startAgain();
  }

  /** Enters what the worker has taken with it: what it was given, has not accounted for, and this thread does not have itself. */
  private loseWithWorker(): void {
    this.hasErrors();
    const tooOften = this.errors.giveUp();
    const losses = this.ledger.entries().map(({ signal, waiting }) => {
      const here = signal === 'logs' ? this.errors.size : 0;
      const count = Math.max(0, waiting - here);
      this.ledger.lost(signal, 'worker_ended', count);
      // Of an error that was delivered and not acknowledged, the next worker counts the delivery again.
      this.ledger.made(signal, Math.max(0, here - waiting));
      return { signal, count };
    });
    const told = losses.filter(({ count }) => count > 0).map(({ signal, count }) => amount(signal, count));
    const deadly = tooOften > 0 ? ` (${amount('logs', tooOften)} of them after three workers ended with it)` : '';
    this.options.onNotice('warn', `the delivery worker ended: ${told.join(', ') || 'nothing'} lost with it${deadly}`);
  }

  private giveUp(reason: string): void {
    this.isGivenUp = true;
    this.options.onNotice('error', reason);
    for (const telemetry of this.backlog.take()) this.lose(telemetry, 'no_worker');
  }

  /** What the worker before this one may have taken to its grave, and what was held back since. */
  private postAgain(peer: Peer): void {
    this.hasErrors();
    for (const errors of [...this.errors.all()]) this.postErrors(errors);
    for (const telemetry of this.backlog.take()) this.postCounted(peer, telemetry);
  }

  /** Where no worker can be had: under the permission model, in some Lambda set-ups, in a directory that was removed. */
  private startInProcess(): void {
    this.inProcess = true;
    this.options.onNotice('warn', "telemetry is sent from the application's own thread");
    try {
      const { serve }: { serve(port: MessagePort, options: WorkerOptions): void } = require(
        this.options.workerFile ?? './worker.cjs',
      );
      const { port1, port2 } = new MessageChannel();
      serve(port2, this.workerOptions);
      port1.on('message', (message: FromWorker) => this.receive(message));
      port1.unref();
      port2.unref();
      this.peer = port1;
      this.postAgain(port1);
    } catch (error) {
      this.giveUp(`nothing can be sent: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function startThread(file: string, workerData: WorkerOptions): DeliveryThread {
  return new Worker(file, {
    name: 'monitoring-delivery',
    // The preload would run in the worker too, from NODE_OPTIONS as well as from the command line.
    execArgv: [],
    env: workerEnvironment(),
    resourceLimits: WORKER_LIMITS,
    workerData,
  });
}

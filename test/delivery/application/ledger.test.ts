import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { DeliveryQueue } from '../../../exporters/aws/delivery-queue.js';
import { HttpError } from '../../../exporters/aws/errors.js';
import { Notices } from '../../../exporters/aws/notices.js';
import type { CounterName, SelfCounters, Signal } from '../../../exporters/aws/self-counters.js';
import { readConfiguration } from '../../../src/config/read.js';
import { Channel, type DeliveryThread } from '../../../src/delivery/application/channel.js';
import { LossNotices } from '../../../src/delivery/loss-notices.js';
import { Acknowledgements } from '../../../src/delivery/worker/acknowledgements.js';
import { EnteredCounters } from '../../../src/delivery/worker/destinations.js';
import { nameDestinations } from '../../../src/resource/destination-names.js';
import { Ledger, lostOf } from '../../../src/wire/ledger.js';
import {
  COMPLETED,
  LIFE,
  LIFE_ENDED,
  LIFE_READY,
  type PlainLogRecord,
  type PlainSpan,
  type ToWorker,
  type WorkerOptions,
} from '../../../src/wire/messages.js';
import { FakeClock } from '../../exporters/aws/fake-clock.js';

type Answer = 'taken' | 'throttled' | 'refused' | 'one refused' | 'away';

/** What stands at the other end: knows each item that it has taken by name. */
class Service {
  answers: Answer[] = [];
  readonly taken = new Set<string>();

  async send(batch: readonly string[]) {
    const answer = this.answers.shift() ?? 'taken';
    if (answer === 'throttled') throw new HttpError(429, 'slow down');
    if (answer === 'refused') throw new HttpError(400, 'no');
    if (answer === 'away') throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const refused = answer === 'one refused' ? 1 : 0;
    for (const name of batch.slice(refused)) this.taken.add(name);
    return refused === 0 ? undefined : [{ index: 0, reason: 'rejected' }];
  }
}

class CountersOfLiving extends EnteredCounters {
  constructor(
    ledger: Ledger,
    private readonly isAlive: () => boolean,
  ) {
    super(new LossNotices(ledger, () => {}));
  }

  override add(name: CounterName, signal: Signal, reason: string, count?: number): void {
    if (this.isAlive()) super.add(name, signal, reason, count);
  }
}

/** A worker in this thread: the queues and counters of the real one between a port and a service. */
class ModelWorker extends EventEmitter implements DeliveryThread {
  readonly port: ToWorker[] = [];
  readonly queues: Record<'traces' | 'logs', DeliveryQueue<string>>;
  private readonly state: Int32Array;
  private readonly acknowledgements: Acknowledgements;
  private readonly open = new Map<string, (outcome: 'done' | 'lost') => void>();
  isDead = false;

  constructor(
    options: WorkerOptions,
    private readonly service: Service,
    private readonly clock: FakeClock,
  ) {
    super();
    this.state = new Int32Array(options.state);
    Atomics.store(this.state, LIFE, LIFE_READY);
    const ledger = new Ledger('worker', options.ledger);
    const counters = new CountersOfLiving(ledger, () => !this.isDead);
    this.acknowledgements = new Acknowledgements(this.state, () => {});
    this.queues = { traces: this.queue('traces', counters), logs: this.queue('logs', counters) };
    queueMicrotask(() => this.emit('online'));
  }

  private queue(signal: Signal, counters: SelfCounters): DeliveryQueue<string> {
    const { clock } = this;
    return new DeliveryQueue<string>({
      signal,
      limits: { maxItems: 8, maxBytes: 1000, maxAge: 60_000 },
      counters,
      clock,
      random: () => 0.5,
      notices: new Notices(
        'model',
        () => clock.now(),
        () => {},
      ),
      cut: (items) => Math.min(items.length, 3),
      send: (batch) => (this.isDead ? new Promise(() => {}) : this.service.send(batch)),
      onAccept: (name) => this.open.get(name)?.('done'),
      onDrop: (name) => this.open.get(name)?.('lost'),
    });
  }

  postMessage(message: ToWorker): void {
    this.port.push(message);
  }

  /** Takes what the port holds. */
  read(): void {
    for (const message of this.port.splice(0)) {
      const time = this.clock.now();
      const itemsOf = (names: string[]) => names.map((value) => ({ value, bytes: 1, time }));
      if (message.kind === 'spans') {
        void this.queues.traces.offer(itemsOf(message.spans.map(({ name }) => name)));
        Atomics.add(this.state, COMPLETED, 1);
      } else if (message.kind === 'logs') {
        const { sequence } = message;
        const names = message.records.map(({ body }) => String(body));
        this.acknowledgements.begin(sequence);
        const outcomes = names.map((name) => new Promise<'done' | 'lost'>((resolve) => this.open.set(name, resolve)));
        void Promise.all(outcomes).then((all) => {
          if (!this.isDead) this.acknowledgements.settle(sequence, all.includes('lost') ? 'lost' : 'done');
        });
        void this.queues.logs.offer(itemsOf(names));
      } else if (message.kind === 'flush') {
        this.emit('message', { kind: 'flushed', id: message.id, complete: false });
      }
    }
  }

  ref(): void {}
  unref(): void {}

  die(): void {
    if (this.isDead) return;
    this.isDead = true;
    Atomics.store(this.state, LIFE, LIFE_ENDED);
    this.emit('exit');
  }

  async terminate(): Promise<void> {
    this.die();
  }
}

const { configuration: given } = readConfiguration({ MONITORING_RUN_FOLDER: 'none' });
const configuration = nameDestinations(given, { name: 'shop' });

class Process {
  readonly clock = new FakeClock();
  readonly service = new Service();
  readonly workers: ModelWorker[] = [];
  readonly channel: Channel;
  readonly made = { traces: 0, logs: 0 };

  constructor() {
    this.channel = new Channel({
      redact: (records) => [...records],
      configuration,
      resource: {},
      createWorker: (_file, options) => {
        const worker = new ModelWorker(options, this.service, this.clock);
        this.workers.push(worker);
        return worker;
      },
      onNotice: () => {},
      onLimits: () => {},
      captureTest: () => false,
      facts: () => ({ settings: [], problems: [], instrumentations: [], loadedTooEarly: [] }),
    });
  }

  get worker(): ModelWorker | undefined {
    return this.workers.findLast(({ isDead }) => !isDead);
  }

  spans(count: number): void {
    const spans = Array.from({ length: count }, (_, index) => ({ name: `span ${this.made.traces + index}` }));
    this.made.traces += count;
    this.channel.post({ kind: 'spans', count, spans: spans as PlainSpan[] });
  }

  errors(count: number): void {
    const records = Array.from({ length: count }, (_, index) => ({
      body: `error ${this.made.logs + index}`,
      attributes: {},
    }));
    this.made.logs += count;
    this.channel.post({ kind: 'logs', records: records as unknown as PlainLogRecord[] });
  }

  delivered(what: 'span' | 'error'): number {
    return [...this.service.taken].filter((name) => name.startsWith(what)).length;
  }
}

const command = fc.oneof(
  fc.record({ what: fc.constant('spans' as const), count: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ what: fc.constant('errors' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ what: fc.constantFrom('read' as const, 'die' as const, 'flush' as const) }),
  fc.record({ what: fc.constant('pass' as const), ms: fc.constantFrom(1, 100, 5000, 70_000) }),
);
const answers = fc.array(fc.constantFrom<Answer[]>('taken', 'throttled', 'refused', 'one refused', 'away'), {
  maxLength: 30,
});

async function perform(process: Process, step: typeof command extends fc.Arbitrary<infer T> ? T : never) {
  if (step.what === 'spans') process.spans(step.count);
  else if (step.what === 'errors') process.errors(step.count);
  else if (step.what === 'read') process.worker?.read();
  else if (step.what === 'die') process.worker?.die();
  else if (step.what === 'pass') await process.clock.advance(step.ms);
  else void process.channel.flush(1);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('the ledger of losses', () => {
  it('accounts for every span and error, whatever is refused, dropped, or taken along by a worker that ends', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 3, maxLength: 30 }), answers, async (steps, given) => {
        const process = new Process();
        process.service.answers = [...given];
        for (const step of steps) {
          await perform(process, step);
          const { traces, logs } = {
            traces: process.channel.ledger.entry('traces'),
            logs: process.channel.ledger.entry('logs'),
          };
          assert.equal(traces.made, process.made.traces);
          assert.equal(traces.delivered, process.delivered('span'));
          assert.equal(traces.made, traces.delivered + traces.waiting + lostOf(traces));
          assert.equal(logs.made, logs.delivered + logs.waiting + lostOf(logs));
          assert.ok(logs.delivered >= process.delivered('error'), 'an error may be delivered twice');
        }
        // What waits now must be somewhere: a healthy service gets all of it.
        const before = process.channel.ledger.entry('traces');
        process.service.answers = [];
        void process.channel.flush(1);
        for (let turn = 0; turn < 10; turn++) {
          process.worker?.read();
          await process.clock.advance(10_000);
        }
        const { traces, logs } = {
          traces: process.channel.ledger.entry('traces'),
          logs: process.channel.ledger.entry('logs'),
        };
        if (process.worker) {
          assert.deepEqual([traces.waiting, logs.waiting], [0, 0]);
          const lost = lostOf(traces) - lostOf(before);
          assert.equal(traces.delivered - before.delivered + lost, before.waiting);
          // An error that one worker lost and the next one delivered stays in the ledger; none is missing from it.
          const missing = process.made.logs - process.delivered('error');
          assert.ok(missing <= lostOf(logs), `${missing} errors are missing, the ledger has ${lostOf(logs)}`);
        }
        const atEnd = process.channel.closeLedger('nothing');
        for (const entry of atEnd)
          assert.equal(entry.made, entry.delivered + lostOf(entry), 'nothing waits after the end');
        await process.channel.close();
      }),
      { numRuns: 300 },
    );
  });
});

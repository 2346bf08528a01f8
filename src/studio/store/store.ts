import type { Dashboard, MetricAlarm } from './documents.js';
import { DocumentStore } from './documents.js';
import { CALLS_KEPT, type CallRecord, MESSAGE_KEPT, REFUSALS_KEPT, type Refusal } from './journal.js';
import { Ledger, type Tally } from './ledger.js';
import { LogStore } from './log-groups.js';
import { MetricStore } from './metric-series.js';
import { PointStore } from './points.js';
import { RecordStore } from './records.js';
import { Ring } from './ring.js';
import { SamplingStore } from './sampling.js';
import { TraceStore } from './traces.js';

export interface Summary {
  readonly bytes: { readonly used: number; readonly max: number };
  /** Now in the store. */
  readonly held: Readonly<Tally>;
  /** Pushed out by newer data. */
  readonly evicted: Readonly<Tally>;
  readonly metricSeries: number;
  readonly pointSeries: number;
  readonly traces: number;
  readonly logGroups: number;
  readonly dashboards: number;
  readonly alarms: number;
  /** Ever, forgotten ones too. */
  readonly calls: number;
  readonly refused: number;
}

/** Everything that arrived, bounded in bytes; the oldest goes first. */
export class Store {
  readonly ledger: Ledger;
  readonly metrics: MetricStore;
  readonly points: PointStore;
  readonly traces: TraceStore;
  readonly logs: LogStore;
  readonly records: RecordStore;
  readonly dashboards: DocumentStore<Dashboard>;
  readonly alarms: DocumentStore<MetricAlarm>;
  readonly calls = new Ring<CallRecord>(CALLS_KEPT);
  readonly refused = new Ring<Refusal>(REFUSALS_KEPT);
  readonly sampling = new SamplingStore();

  #cleared = 0;
  /** Calls and refusals that `clear` forgot. */
  #forgotten = { calls: 0, refused: 0 };

  constructor(maxBytes: number) {
    this.ledger = new Ledger(maxBytes);
    this.metrics = new MetricStore(this.ledger);
    this.points = new PointStore(this.ledger);
    this.traces = new TraceStore(this.ledger);
    this.logs = new LogStore(this.ledger);
    this.records = new RecordStore(this.ledger);
    this.dashboards = new DocumentStore(this.ledger);
    this.alarms = new DocumentStore(this.ledger);
  }

  refuse(refusal: Refusal): void {
    this.refused.push({ ...refusal, message: refusal.message.slice(0, MESSAGE_KEPT) });
  }

  /** How often something of each kind has arrived or gone; a number that differs from before means that the kind has changed. */
  counters(): Readonly<Record<string, number>> {
    const { calls, refused } = this.#forgotten;
    return {
      ...this.ledger.added,
      calls: calls + this.calls.length + this.calls.dropped,
      refused: refused + this.refused.length + this.refused.dropped,
      dashboards: this.dashboards.changes,
      alarms: this.alarms.changes,
      cleared: this.#cleared,
    };
  }

  /** Forgets what arrived; log groups, dashboards, alarms and sampling rules stay. */
  clear(): void {
    this.metrics.clear();
    this.points.clear();
    this.traces.clear();
    this.logs.clear();
    this.records.clear();
    this.sampling.clear();
    this.ledger.reset();
    const { calls, refused } = this.counters();
    this.#forgotten = { calls: calls ?? 0, refused: refused ?? 0 };
    this.#cleared += 1;
    this.calls.clear();
    this.refused.clear();
  }

  summary(): Summary {
    return {
      bytes: { used: this.ledger.bytes, max: this.ledger.maxBytes },
      held: { ...this.ledger.held },
      evicted: { ...this.ledger.evicted },
      metricSeries: this.metrics.size,
      pointSeries: this.points.size,
      traces: this.traces.size,
      logGroups: this.logs.groups.size,
      dashboards: this.dashboards.list().length,
      alarms: this.alarms.list().length,
      calls: this.calls.length + this.calls.dropped,
      refused: this.refused.length + this.refused.dropped,
    };
  }
}

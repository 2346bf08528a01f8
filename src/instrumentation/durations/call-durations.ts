import { type Histogram, type MeterProvider, ValueType } from '@opentelemetry/api';
import {
  METRIC_DB_CLIENT_OPERATION_DURATION,
  METRIC_RPC_CLIENT_CALL_DURATION,
} from '@opentelemetry/semantic-conventions';
import { version } from '../../../package.json';
import { REQUESTS_SCOPE } from '../../wire/scopes.js';
import { observed } from '../observe.js';
import type { Call } from './call.js';

const MILLISECOND = 1e-3;

/** Seconds, as the semantic conventions advise: https://opentelemetry.io/docs/specs/semconv/database/database-metrics/ */
const DATABASE_BOUNDARIES = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];
/** Seconds: https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/ */
const RPC_BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** `db.client.operation.duration` and `rpc.client.call.duration` of all clients whose calls are measured by their spans. */
export class CallDurations {
  readonly #database: Histogram;
  readonly #rpc: Histogram;
  readonly #now: () => number;

  /** @param now milliseconds by a clock that never goes back */
  constructor(meterProvider: MeterProvider, now: () => number = performance.now.bind(performance)) {
    this.#now = now;
    const meter = meterProvider.getMeter(REQUESTS_SCOPE, version);
    const histogram = (name: string, description: string, explicitBucketBoundaries: number[]): Histogram =>
      meter.createHistogram(name, {
        description,
        unit: 's',
        valueType: ValueType.DOUBLE,
        advice: { explicitBucketBoundaries },
      });
    this.#database = histogram(
      METRIC_DB_CLIENT_OPERATION_DURATION,
      'Duration of database client operations.',
      DATABASE_BOUNDARIES,
    );
    this.#rpc = histogram(
      METRIC_RPC_CLIENT_CALL_DURATION,
      'Measures the duration of an outgoing Remote Procedure Call (RPC).',
      RPC_BOUNDARIES,
    );
  }

  now(): number {
    return this.#now();
  }

  /** To be called once, when the call has ended. */
  record(call: Call): void {
    observed(() => {
      const measurement = call.measurement();
      if (measurement === undefined) return;
      const histogram = measurement.metric === METRIC_DB_CLIENT_OPERATION_DURATION ? this.#database : this.#rpc;
      histogram.record((this.#now() - call.startedAt) * MILLISECOND, measurement.attributes);
    });
  }
}

/* What is measured of the calls that an application makes. Loads nothing: the command line reads it as well. */

/** The metrics of the semantic conventions 1.45 that hold durations of a client's calls, in seconds. */
export type CallMetric =
  | 'http.client.request.duration'
  | 'db.client.operation.duration'
  | 'rpc.client.call.duration'
  | 'gen_ai.client.operation.duration';

/** How the calls of one instrumented client are measured. */
export interface MeasuredClient {
  /** Each call is counted in one of them. */
  readonly metrics: readonly CallMetric[];
  /** `spans`: from the spans that the instrumentation begins; `instrumentation`: the instrumentation measures them itself. */
  readonly by: 'spans' | 'instrumentation';
  /** The name of the span that stands for opening a connection, which is no operation. */
  readonly connectSpan?: string;
  /** A call outside of any trace is measured and begins no trace, as the instrumentation has it by default. */
  readonly needsParent?: boolean;
  /** The instrumentation of the driver below, which measures the calls where it is on. */
  readonly measuredBelow?: string;
}

const DATABASE: MeasuredClient = { metrics: ['db.client.operation.duration'], by: 'spans' };

/** By the name of the instrumentation, as in `OTEL_NODE_ENABLED_INSTRUMENTATIONS`. */
export const MEASURED_CLIENTS: Readonly<Record<string, MeasuredClient>> = {
  http: { metrics: ['http.client.request.duration'], by: 'instrumentation' },
  undici: { metrics: ['http.client.request.duration'], by: 'instrumentation' },
  // A call to DynamoDB is an operation of a database.
  'aws-sdk': { metrics: ['rpc.client.call.duration', 'db.client.operation.duration'], by: 'spans' },
  grpc: { metrics: ['rpc.client.call.duration'], by: 'spans' },
  openai: { metrics: ['gen_ai.client.operation.duration'], by: 'instrumentation' },
  'cassandra-driver': DATABASE,
  ioredis: { ...DATABASE, connectSpan: 'connect', needsParent: true },
  knex: DATABASE,
  memcached: DATABASE,
  mongodb: { ...DATABASE, needsParent: true },
  mongoose: { ...DATABASE, measuredBelow: 'mongodb' },
  mysql: DATABASE,
  mysql2: DATABASE,
  oracledb: { ...DATABASE, by: 'instrumentation' },
  pg: { ...DATABASE, by: 'instrumentation' },
  redis: { ...DATABASE, connectSpan: 'redis-connect' },
  tedious: DATABASE,
};

/** The instrumentations of the clients whose calls `metric` measures. */
export function instrumentationsMeasuring(metric: CallMetric): string[] {
  return Object.keys(MEASURED_CLIENTS).filter((name) => MEASURED_CLIENTS[name]?.metrics.includes(metric));
}

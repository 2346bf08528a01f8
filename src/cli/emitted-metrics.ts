import { attributeSets, OVERFLOW_ATTRIBUTE } from '../../exporters/cloudwatch-metrics/dimensions.js';
import type { Configuration } from '../config/configuration.js';
import { HOST_METRICS } from '../host/host-series.js';
import { instrumentationsMeasuring } from '../instrumentation/durations/measured-clients.js';
import type { Target } from './target.js';

/** A metric that the package emits, with the attributes that its points have. */
interface EmittedMetric {
  readonly name: string;
  /** On every point. */
  readonly always?: readonly string[];
  /** On some. */
  readonly sometimes?: readonly string[];
  /** Only then; absent: as soon as the process runs. */
  readonly when?: string;
  /** Undefined: emitted with these settings; else why not. */
  missing?(configuration: Configuration): string | undefined;
}

const SERVER = {
  always: ['http.route', 'http.request.method', 'url.scheme', 'network.protocol.version'],
  sometimes: ['http.response.status_code', 'error.type'],
  when: 'a request was answered',
};

const shortPath = ({ requestPath }: Configuration): string | undefined =>
  requestPath === 'short' ? undefined : `with MONITORING_REQUEST_PATH=${requestPath} it is not measured`;

const oneOf =
  (...instrumentations: readonly string[]) =>
  ({ instrumentations: { enabled, disabled } }: Configuration): string | undefined => {
    const on = instrumentations.some((name) => (enabled?.includes(name) ?? true) && !disabled.includes(name));
    return on ? undefined : `the instrumentation of ${instrumentations.join(' and ')} is switched off`;
  };

const sampled = (configuration: Configuration): string | undefined =>
  configuration.host.sampleRatio > 0 ? shortPath(configuration) : 'MONITORING_HOST_METRICS_SAMPLE_RATIO is 0';

const SAMPLED = {
  always: ['http.route', 'http.request.method'],
  sometimes: ['monitoring.request.exclusive'],
  when: 'a request was among those whose resources are read',
  missing: sampled,
};

/** Attributes are those of the instrumentations' stable semantic conventions. An application's own metrics are not here. */
const EMITTED: readonly EmittedMetric[] = [
  ...HOST_METRICS.map((name) => ({ name })),
  { name: 'http.server.request.duration', ...SERVER },
  { name: 'http.server.fault', ...SERVER },
  { name: 'http.server.error', ...SERVER },
  {
    name: 'http.server.active_requests',
    always: ['http.request.method', 'url.scheme'],
    when: 'a request arrived',
    missing: shortPath,
  },
  { name: 'monitoring.request.process_cpu.time', ...SAMPLED },
  { name: 'monitoring.request.heap.growth', ...SAMPLED },
  { name: 'monitoring.request.eventloop.delay', ...SAMPLED },
  { name: 'monitoring.request.in_flight', ...SAMPLED },
  {
    name: 'http.client.request.duration',
    always: ['http.request.method', 'server.address', 'server.port'],
    sometimes: ['http.response.status_code', 'error.type', 'url.scheme', 'network.protocol.version'],
    when: 'the application called a service over HTTP',
    missing: oneOf(...instrumentationsMeasuring('http.client.request.duration')),
  },
  {
    name: 'db.client.operation.duration',
    always: ['db.system.name'],
    sometimes: [
      'db.namespace',
      'db.operation.name',
      'db.response.status_code',
      'server.address',
      'server.port',
      'error.type',
    ],
    when: 'the application used a database whose driver is instrumented',
    missing: oneOf(...instrumentationsMeasuring('db.client.operation.duration')),
  },
  {
    name: 'rpc.client.call.duration',
    always: ['rpc.system.name', 'rpc.service', 'rpc.method'],
    sometimes: ['rpc.status_code', 'server.address', 'server.port', 'error.type'],
    when: 'the application called AWS by its SDK (DynamoDB is a database) or a service by gRPC',
    missing: oneOf(...instrumentationsMeasuring('rpc.client.call.duration')),
  },
  ...['monitoring.job.duration', 'monitoring.job.fault'].map((name) => ({
    name,
    always: ['monitoring.job.name'],
    sometimes: ['error.type'],
    when: 'a job ran (node-cron, croner, or runJob)',
  })),
  ...['messaging.process.duration', 'messaging.process.fault'].map((name) => ({
    name,
    always: ['messaging.system.name', 'messaging.destination.name', 'messaging.operation.name'],
    sometimes: ['error.type'],
    when: 'a message was processed (BullMQ, sqs-consumer, kafkajs, @confluentinc/kafka-javascript, amqplib)',
  })),
  ...['faas.invoke_duration', 'faas.init_duration', 'faas.coldstarts', 'faas.errors'].map((name) => ({
    name,
    when: 'the process is a Lambda function, and its handler ran',
  })),
  ...['failed', 'dropped', 'retries'].map((what) => ({
    name: `monitoring.exporter.${what}`,
    always: ['signal', 'reason'],
    when: 'a delivery went wrong',
  })),
];

/** The names of all of them. */
export const EMITTED_NAMES: readonly string[] = EMITTED.map(({ name }) => name);

/** A set of dimensions that a metric is published with, `Service` and `Environment` left out: `always` all, of `sometimes` any. */
interface PublishedSet {
  readonly always: readonly string[];
  readonly sometimes: readonly string[];
}

export interface PublishedMetric {
  readonly name: string;
  readonly sets: readonly PublishedSet[];
  readonly when: string | undefined;
}

/** What an application with these settings emits, and where it goes. */
export interface Emission {
  readonly target: Target;
  /** Why no metric is in CloudWatch's reach of PutMetricData, if so. */
  readonly nowhere: string | undefined;
  readonly metrics: ReadonlyMap<string, PublishedMetric>;
  /** Metrics that these settings switch off, and why. */
  readonly off: ReadonlyMap<string, string>;
  /** Why no error is in the log group, if so. */
  readonly noErrors: string | undefined;
}

export function emissionOf(target: Target): Emission {
  const { configuration } = target;
  const metrics = new Map<string, PublishedMetric>();
  const off = new Map<string, string>();
  for (const metric of EMITTED) {
    const reason = metric.missing?.(configuration);
    if (reason === undefined) metrics.set(metric.name, published(metric, configuration));
    else off.set(metric.name, reason);
  }
  return { target, nowhere: nowhere(configuration), metrics, off, noErrors: noErrors(configuration) };
}

function nowhere({ disabled, metrics: { exporters } }: Configuration): string | undefined {
  if (disabled) return 'OTEL_SDK_DISABLED is true: nothing is measured';
  if (exporters.includes('cloudwatch') || exporters.includes('emf')) return undefined;
  return `OTEL_METRICS_EXPORTER is ${exporters.join(',') || 'none'}: no metric is sent by PutMetricData`;
}

function noErrors({ disabled, logs: { exporters } }: Configuration): string | undefined {
  if (disabled) return 'OTEL_SDK_DISABLED is true: no error is captured';
  if (exporters.includes('cloudwatch')) return undefined;
  return `OTEL_LOGS_EXPORTER is ${exporters.join(',') || 'none'}: no error is written to CloudWatch Logs`;
}

function published(
  { name, always = [], sometimes = [], when }: EmittedMetric,
  { metrics }: Configuration,
): PublishedMetric {
  const sets = attributeSets(name, metrics.dimensions).map((set) =>
    set === 'all'
      ? { always, sometimes }
      : { always: always.filter((key) => set.includes(key)), sometimes: sometimes.filter((key) => set.includes(key)) },
  );
  return { name, when, sets };
}

/** Whether a metric is published with exactly these dimensions beside `Service` and `Environment`. */
export function isPublished({ sets }: PublishedMetric, dimensions: readonly string[]): boolean {
  const overflow =
    dimensions.length === 1 && dimensions[0] === OVERFLOW_ATTRIBUTE && sets.some(({ always }) => always.length > 0);
  return overflow || sets.some((set) => fits(set, dimensions));
}

const fits = ({ always, sometimes }: PublishedSet, dimensions: readonly string[]): boolean =>
  always.every((name) => dimensions.includes(name)) &&
  dimensions.every((name) => always.includes(name) || sometimes.includes(name));

/** `Service, Environment` and `Service, Environment, http.route, http.request.method`. */
export function describeSets({ sets }: PublishedMetric): string {
  const texts = sets.map(({ always, sometimes }) => {
    const names = ['Service', 'Environment', ...always].join(', ');
    return sometimes.length === 0 ? names : `${names} (and where there are: ${sometimes.join(', ')})`;
  });
  return [...new Set(texts)].join('; or ');
}

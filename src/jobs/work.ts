/** What a piece of work is that no request starts, and what is told of it. */

import { type Attributes, SpanKind } from '@opentelemetry/api';

/** A piece of work: a run of a job, or the processing of one message. */
export interface Work {
  readonly spanName: string;
  readonly spanKind: SpanKind;
  /** `monitoring.job.duration` or `messaging.process.duration`. */
  readonly metric: WorkMetric;
  /** The attributes of its duration, which name few values: each value is a series. */
  readonly measured: Attributes;
  /** What its span and its error events tell besides. */
  readonly told?: Attributes | undefined;
  /** What sees it: `runJob`, `node-cron`, `bullmq`, … */
  readonly mechanism: string;
  /** The headers that its producer sent, with the producer's trace. */
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  /** Whether another instrumentation makes its span. */
  readonly hasSpan?: boolean | undefined;
  /** Whether another instrumentation makes its span and measures its duration. */
  readonly isInstrumented?: boolean | undefined;
  /** What the work failed with, where a library wraps that in an error of its own. */
  readonly failureOf?: ((error: unknown) => unknown) | undefined;
}

export type WorkMetric = 'monitoring.job.duration' | 'messaging.process.duration';

/** The name of a job (no semantic convention has one). */
export const JOB_NAME = 'monitoring.job.name';
/** Semantic conventions 1.45, messaging. */
export const MESSAGING_SYSTEM = 'messaging.system.name';
export const MESSAGING_DESTINATION = 'messaging.destination.name';
export const MESSAGING_OPERATION = 'messaging.operation.name';
export const MESSAGING_MESSAGE_ID = 'messaging.message.id';

/** One run of the job `name`. */
export function jobRun(name: string, mechanism: string, told?: Attributes): Work {
  return {
    spanName: name,
    spanKind: SpanKind.INTERNAL,
    metric: 'monitoring.job.duration',
    measured: { [JOB_NAME]: name },
    told,
    mechanism,
  };
}

export interface ProcessedMessage {
  /** `messaging.system.name`: `aws_sqs`, `kafka`, `rabbitmq`, `bullmq`. */
  readonly system: string;
  /** The queue or topic. */
  readonly destination: string;
  readonly mechanism: string;
  readonly id?: string | undefined;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  readonly told?: Attributes | undefined;
}

/** The processing of one message. */
export function messageProcessing({ system, destination, mechanism, id, headers, told }: ProcessedMessage): Work {
  return {
    spanName: `process ${destination}`,
    spanKind: SpanKind.CONSUMER,
    metric: 'messaging.process.duration',
    measured: { [MESSAGING_SYSTEM]: system, [MESSAGING_DESTINATION]: destination, [MESSAGING_OPERATION]: 'process' },
    told: { 'messaging.operation.type': 'process', ...(id !== undefined && { [MESSAGING_MESSAGE_ID]: id }), ...told },
    mechanism,
    headers,
  };
}

/** The options of the exporters, each of a type that an application can name: compiled against the declarations in dist, never run. */

import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import {
  type AwsCredentials,
  type AwsOptions,
  CloudWatchLogExporter,
  type CloudWatchLogExporterOptions,
  type LogEntity,
  type LogExporterStatus,
} from '@org/monitoring/exporters/cloudwatch-logs';
import {
  CloudWatchMetricExporter,
  type CloudWatchMetricExporterOptions,
  type CloudWatchMetricExporterStatus,
  type CostEstimate,
  type CostInput,
  type CounterName,
  type CounterReading,
  type DimensionPreset,
  type DimensionSets,
  type EntityState,
  estimateCost,
  type QueueLimits,
  type QueueStatus,
  type SdkClient,
  SelfCounters,
  type SeriesCapStatus,
  type Signal,
} from '@org/monitoring/exporters/cloudwatch-metrics';
import {
  AwsOtlpMetricExporter,
  type AwsOtlpMetricExporterOptions,
  AwsOtlpTraceExporter,
  type AwsOtlpTraceExporterOptions,
  type OtlpExporterOptions,
  type OtlpExporterStatus,
} from '@org/monitoring/exporters/otlp-aws';
import { expectTypeOf } from 'expect-type';

expectTypeOf<AwsOptions>().toEqualTypeOf<{
  readonly region?: string;
  readonly profile?: string;
  readonly credentials?: AwsCredentials | (() => Promise<AwsCredentials>);
  readonly endpoint?: string;
  readonly useFips?: boolean;
  readonly useDualStack?: boolean;
  readonly ignoreConfiguredEndpoints?: boolean;
  readonly connectionTimeout?: number;
  readonly requestTimeout?: number;
  readonly maxAttempts?: number;
}>();
expectTypeOf<AwsCredentials>().toEqualTypeOf<{
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}>();

// No seam of a test and no hook of the delivery worker is among the options.
expectTypeOf<Omit<CloudWatchMetricExporterOptions, keyof AwsOptions>>().toEqualTypeOf<{
  readonly namespace: string;
  readonly client?: SdkClient;
  readonly dimensions?: DimensionPreset | DimensionSets;
  readonly maxSeries?: number;
  readonly exportInterval?: number;
  readonly statisticValues?: boolean;
  readonly storageResolution?: 1 | 60;
  readonly entity?: boolean;
  readonly selfMetrics?: 'none' | 'problems' | 'all';
  readonly counters?: SelfCounters;
  readonly queue?: Partial<QueueLimits>;
  readonly exportTimeout?: number;
  readonly flushTimeout?: number;
  readonly shutdownTimeout?: number;
}>();
expectTypeOf<Omit<CloudWatchLogExporterOptions, keyof AwsOptions>>().toEqualTypeOf<{
  readonly logGroupName: string;
  readonly logStreamName?: string;
  readonly retentionDays?: number;
  readonly client?: SdkClient;
  readonly entity?: LogEntity | false;
  readonly maxEventBytes?: number;
  readonly resourceAttributes?: readonly string[];
  readonly maxQueueSize?: number;
  readonly maxQueueBytes?: number;
  readonly maxAge?: number;
  readonly concurrency?: number;
  readonly flushTimeout?: number;
  readonly shutdownTimeout?: number;
  readonly counters?: SelfCounters;
}>();
expectTypeOf<Omit<OtlpExporterOptions, keyof AwsOptions>>().toEqualTypeOf<{
  readonly maxQueueSize?: number;
  readonly maxQueueBytes?: number;
  readonly maxAge?: number;
  readonly concurrency?: number;
  readonly flushTimeout?: number;
  readonly shutdownTimeout?: number;
  readonly counters?: SelfCounters;
}>();
expectTypeOf<Omit<AwsOtlpTraceExporterOptions, keyof OtlpExporterOptions>>().toEqualTypeOf<{
  readonly maxSpansPerRequest?: number;
}>();
expectTypeOf<Omit<AwsOtlpMetricExporterOptions, keyof OtlpExporterOptions>>().toEqualTypeOf<{
  readonly temporality?: 'delta' | 'cumulative';
}>();

expectTypeOf(CloudWatchMetricExporter).constructorParameters.toEqualTypeOf<[CloudWatchMetricExporterOptions]>();
expectTypeOf(CloudWatchLogExporter).constructorParameters.toEqualTypeOf<[CloudWatchLogExporterOptions]>();
expectTypeOf(AwsOtlpTraceExporter).constructorParameters.toEqualTypeOf<[(AwsOtlpTraceExporterOptions | undefined)?]>();
expectTypeOf(AwsOtlpMetricExporter).constructorParameters.toEqualTypeOf<
  [(AwsOtlpMetricExporterOptions | undefined)?]
>();

expectTypeOf<CloudWatchMetricExporter>().toExtend<PushMetricExporter>();
expectTypeOf<CloudWatchLogExporter>().toExtend<LogRecordExporter>();
expectTypeOf<AwsOtlpTraceExporter>().toExtend<SpanExporter>();
expectTypeOf<AwsOtlpMetricExporter>().toExtend<PushMetricExporter>();

expectTypeOf<ReturnType<CloudWatchMetricExporter['status']>>().toEqualTypeOf<CloudWatchMetricExporterStatus>();
expectTypeOf<CloudWatchMetricExporterStatus>().toEqualTypeOf<{
  readonly namespace: string;
  readonly queue: QueueStatus;
  readonly counters: readonly CounterReading[];
  readonly series: SeriesCapStatus;
  readonly cost: CostEstimate;
  readonly entity: EntityState;
}>();
expectTypeOf<ReturnType<CloudWatchLogExporter['status']>>().toEqualTypeOf<LogExporterStatus>();
expectTypeOf<LogExporterStatus>().toEqualTypeOf<{
  readonly logGroup: string;
  readonly logStream?: string;
  readonly queue: QueueStatus;
  readonly trouble?: string;
  readonly counters: CounterReading[];
}>();
expectTypeOf<ReturnType<AwsOtlpTraceExporter['status']>>().toEqualTypeOf<OtlpExporterStatus>();
expectTypeOf<ReturnType<AwsOtlpMetricExporter['status']>>().toEqualTypeOf<OtlpExporterStatus>();
expectTypeOf<OtlpExporterStatus>().toEqualTypeOf<{
  readonly url?: string;
  readonly region?: string;
  readonly queue: QueueStatus;
  readonly clockOffset: number;
  readonly counters: CounterReading[];
}>();

expectTypeOf<CounterReading>().toEqualTypeOf<{
  readonly name: CounterName;
  readonly signal: Signal;
  readonly reason: string;
  readonly value: number;
}>();
expectTypeOf(new SelfCounters().readings()).toEqualTypeOf<CounterReading[]>();
expectTypeOf(estimateCost).toEqualTypeOf<(input: CostInput) => CostEstimate>();

// A client of the application's own AWS SDK fits, whose types this package does not import.
declare class ForeignClient {
  send(command: object, options?: { abortSignal?: AbortSignal }): Promise<{ $metadata: object }>;
  destroy(): void;
}
expectTypeOf<ForeignClient>().toExtend<SdkClient>();

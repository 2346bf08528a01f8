/** What `@org/monitoring/exporters/otlp-aws` exports. */
export type { AwsCredentials, AwsOptions } from '../aws/client-options.js';
export type { QueueStatus } from '../aws/delivery-queue.js';
export { type CounterName, type CounterReading, SelfCounters, type Signal } from '../aws/self-counters.js';
export type { OtlpExporterOptions } from './delivery-options.js';
export type { OtlpExporterStatus } from './exporter-status.js';
export { AwsOtlpMetricExporter, type AwsOtlpMetricExporterOptions } from './metric-exporter.js';
export { AwsOtlpTraceExporter, type AwsOtlpTraceExporterOptions } from './trace-exporter.js';

/** What `@org/monitoring/exporters/cloudwatch-logs` exports. */
export type { AwsCredentials, AwsOptions } from '../aws/client-options.js';
export type { QueueStatus } from '../aws/delivery-queue.js';
export type { SdkClient } from '../aws/sdk-client.js';
export { type CounterName, type CounterReading, SelfCounters, type Signal } from '../aws/self-counters.js';
export type { LogEntity } from './entity.js';
export { CloudWatchLogExporter, type CloudWatchLogExporterOptions, type LogExporterStatus } from './exporter.js';

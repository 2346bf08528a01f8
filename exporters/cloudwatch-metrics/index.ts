/** What `@org/monitoring/exporters/cloudwatch-metrics` exports. */
export type { AwsCredentials, AwsOptions } from '../aws/client-options.js';
export type { QueueLimits, QueueStatus } from '../aws/delivery-queue.js';
export type { SdkClient } from '../aws/sdk-client.js';
export { type CounterName, type CounterReading, SelfCounters, type Signal } from '../aws/self-counters.js';
export { type CostEstimate, type CostInput, estimateCost } from './cost.js';
export type { DimensionPreset, DimensionSets } from './dimensions.js';
export { EmbeddedMetricExporter, type EmbeddedMetricExporterOptions } from './embedded-exporter.js';
export {
  CloudWatchMetricExporter,
  type CloudWatchMetricExporterOptions,
  type CloudWatchMetricExporterStatus,
} from './exporter.js';
export type { EntityState } from './put-metric-data.js';
export type { SeriesCapStatus } from './series-cap.js';

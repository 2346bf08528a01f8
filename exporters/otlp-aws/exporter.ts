/** What `@org/monitoring/exporters/otlp-aws` exports. */
export { AwsOtlpMetricExporter } from './metric-exporter.js';
export { AwsOtlpTraceExporter } from './trace-exporter.js';

/** The words that settings take. */

export type MetricsDestination = 'cloudwatch' | 'cloudwatch_otlp' | 'emf' | 'otlp' | 'console';
export type TracesDestination = 'xray' | 'otlp' | 'console';
export type LogsDestination = 'cloudwatch' | 'otlp' | 'console';
export type PropagatorName = 'xray' | 'tracecontext' | 'baggage' | 'b3' | 'b3multi';
export type DimensionPreset = 'lite' | 'standard' | 'full';
export type OtlpProtocol = 'http/protobuf' | 'http/json' | 'grpc';
export type Temporality = 'delta' | 'cumulative' | 'lowmemory';
export type HistogramAggregation = 'base2_exponential_bucket_histogram' | 'explicit_bucket_histogram';
export type LogLevel = 'none' | 'error' | 'warn' | 'info' | 'debug' | 'verbose' | 'all';

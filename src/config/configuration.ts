/** The settings in force, parsed and validated: what every other part of the distro reads instead of the environment. */

export type MetricsDestination = 'cloudwatch' | 'cloudwatch_otlp' | 'otlp' | 'console';
export type TracesDestination = 'xray' | 'otlp' | 'console';
export type LogsDestination = 'cloudwatch' | 'otlp' | 'console';
export type PropagatorName = 'xray' | 'tracecontext' | 'baggage' | 'b3' | 'b3multi';
export type DimensionPreset = 'lite' | 'standard' | 'full';
export type OtlpProtocol = 'http/protobuf' | 'http/json' | 'grpc';
export type Temporality = 'delta' | 'cumulative' | 'lowmemory';
export type LogLevel = 'none' | 'error' | 'warn' | 'info' | 'debug' | 'verbose' | 'all';

export type SamplerName =
  | 'always_on'
  | 'always_off'
  | 'traceidratio'
  | 'parentbased_always_on'
  | 'parentbased_always_off'
  | 'parentbased_traceidratio'
  | 'parentbased_reservoir'
  | 'xray';

export interface SamplerConfiguration {
  name: SamplerName;
  /** Sampled requests per second before the ratio applies; `parentbased_reservoir` and the fallback of `xray`. */
  reservoirPerSecond: number;
  /** Sampled fraction, 0..1, of what the reservoir leaves. */
  ratio: number;
  /** Where `xray` asks for rules without signing (an agent or a collector); absent: the X-Ray service itself. */
  endpoint?: string;
  /** Milliseconds between two fetches of the rules of `xray`; absent: the sampler's own. */
  pollingInterval?: number;
}

export interface AwsConfiguration {
  region?: string;
  profile?: string;
  /** `AWS_ENDPOINT_URL` and its service forms; absent: the service's own endpoint. */
  endpoints: { cloudwatch?: string; cloudwatchLogs?: string; xray?: string; sts?: string };
  useFips: boolean;
  useDualStack: boolean;
}

/** What an OTLP exporter of one signal is given; passed to it explicitly, so that it need not look at the environment. */
export interface OtlpConfiguration {
  /** Whole URL, the signal's path included: `http://localhost:4318/v1/traces`; with gRPC without a path: `http://localhost:4317`. */
  url: string;
  /** Secret: never printed. Names in lower case. */
  headers: Record<string, string>;
  protocol: OtlpProtocol;
  /** Milliseconds one export may take. */
  timeout: number;
  compression: 'gzip' | 'none';
  /** Paths of PEM files. */
  tls: { certificateAuthority?: string; clientKey?: string; clientCertificate?: string };
}

export interface BatchConfiguration {
  maxQueueSize: number;
  maxExportBatchSize: number;
  /** Milliseconds. */
  scheduledDelay: number;
  /** Milliseconds. */
  exportTimeout: number;
}

/** https://opentelemetry.io/docs/specs/otel/common/#configurable-parameters */
export interface AttributeLimits {
  attributeCountLimit: number;
  /** Characters; Infinity: no limit. */
  attributeValueLengthLimit: number;
}

/** https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-limits, by the names of `SpanLimits` of the SDK. */
export interface SpanLimits extends AttributeLimits {
  eventCountLimit: number;
  linkCountLimit: number;
  attributePerEventCountLimit: number;
  attributePerLinkCountLimit: number;
}

export interface DeliveryConfiguration {
  /** Milliseconds until a connection must stand. */
  connectTimeout: number;
  /** Milliseconds one request may take. */
  requestTimeout: number;
  /** How often a metric is sent at most while no answer says whether it was taken. */
  maxAttempts: number;
}

export interface Configuration {
  disabled: boolean;
  logLevel: LogLevel;
  /** `OTEL_SERVICE_NAME`; absent: the application's package.json decides (resource/). */
  serviceName?: string;
  resourceAttributes: Record<string, string>;
  aws: AwsConfiguration;
  metrics: {
    /** Empty: `none`. */
    exporters: MetricsDestination[];
    /** Milliseconds between exports. */
    interval: number;
    /** Milliseconds one export may take. */
    timeout: number;
    /** CloudWatch namespace; absent: `service.namespace`, else the service name. */
    namespace?: string;
    /** A preset, or sets of attribute names per metric: `metric=attr,attr;metric=attr`. */
    dimensions: DimensionPreset | Record<string, string[][]>;
    maxSeries: number;
    /** What the `otlp` exporter asks for; CloudWatch's exporters always ask for deltas. */
    temporality: Temporality;
  };
  traces: {
    exporters: TracesDestination[];
    sampler: SamplerConfiguration;
    propagators: PropagatorName[];
    batch: BatchConfiguration;
    /** Each limit is there, so that the SDK asks no environment variable. */
    limits: SpanLimits;
  };
  logs: {
    exporters: LogsDestination[];
    /** CloudWatch log group of the errors; absent: `/<service.namespace or name>/errors`. */
    group?: string;
    retentionDays: number;
    limits: AttributeLimits;
  };
  /** Whether OpenTelemetry's SDK measures itself. */
  sdkMetrics: boolean;
  /** What is reported as an error beside failures. */
  errors: {
    /** Errors given to `console.error`. */
    console: boolean;
    /** Warnings of the process. */
    warnings: boolean;
  };
  otlp: { metrics: OtlpConfiguration; traces: OtlpConfiguration; logs: OtlpConfiguration };
  instrumentations: {
    /** Absent: all that matter. Empty: none. Never one that is in `disabled` too. */
    enabled?: string[];
    disabled: string[];
  };
  host: {
    /** Fraction, 0..1, of requests for which resource readings are taken. */
    sampleRatio: number;
    /** Milliseconds a reading of a state is shared. */
    ttl: number;
  };
  /** Keys and patterns to redact besides the built-in list. */
  redact: string[];
  /** Absolute path of the folder for what outlives a process (delivery/run-folder.ts); absent: nothing is written to disk. */
  runFolder?: string;
  /** Of every request to AWS. */
  delivery: DeliveryConfiguration;
  /** Milliseconds. */
  shutdownTimeout: number;
  requestPath: 'short' | 'full';
}

/** One setting that could not be taken as it stands; the distro runs on with `used`. */
export interface Problem {
  /** The name of the setting; in a configuration file the path of the key: `tracer_provider.sampler`. */
  key: string;
  /** What was given, shortened; `[redacted]` for a secret. */
  value: string;
  /** Where it was given: `environment`, or the path of the configuration file. */
  from: string;
  expected: string;
  used: string;
}

/** Who decided the value of a setting. */
export type Origin = 'default' | 'environment' | 'configuration file';

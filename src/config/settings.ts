import { regionMeant } from './aws-regions.js';
import type {
  DimensionPreset,
  HistogramAggregation,
  LogLevel,
  LogsDestination,
  MetricsDestination,
  OtlpProtocol,
  PropagatorName,
  Temporality,
  TracesDestination,
} from './choices.js';
import { dimensionSets } from './dimension-sets.js';
import { INSTRUMENTATION_NAMES } from './instrumentation-names.js';
import { metricViews } from './metric-views.js';
import { redactionList } from './redaction-list.js';
import { SAMPLER_NAMES } from './sampler-argument.js';
import { type TraceBudgetSetting, traceBudget } from './trace-budget.js';
import {
  attributePairs,
  flag,
  fraction,
  headerPairs,
  milliseconds,
  namesOf,
  oneOf,
  otlpUrl,
  retentionDays,
  text,
  unlimited,
  url,
  type ValueType,
  wholeNumber,
} from './value-types.js';

/** The table of settings. Parsing, validation, printing, redaction and docs/configuration.md follow from it. */

export const SECTIONS = [
  'Service',
  'AWS',
  'Destinations',
  'OTLP',
  'Metrics',
  'Traces',
  'Limits',
  'Errors',
  'Host readings',
  'Instrumentation',
  'Running',
] as const;

interface About<Place extends string = never, Fallback extends string = never> {
  section: (typeof SECTIONS)[number];
  meaning: string;
  /** Where the value stands in the configuration: `traces.batch.maxQueueSize`. Its type follows (configuration.ts). */
  place?: Place;
  /** The setting whose value counts where this one is not set. */
  fallback?: Fallback;
  /** Never shown, neither as given nor in force. */
  secret?: boolean;
  /**
   * The path of the key of a configuration file that says the same: `a.b[].{c,d}`;
   * with `*`, the key of a structure. With a file in force the variable is ignored.
   */
  file?: string;
  /** No variable says it: its name is the path of its key in a configuration file. */
  onlyInFile?: true;
}

/** A setting whose value is a `T`; the type reads and writes all values but `undefined`, which stands for "not set". */
export interface Setting<T, Place extends string = string, Fallback extends string = string>
  extends About<Place, Fallback> {
  type: ValueType<NonNullable<T>>;
  default: T;
  /** The default in words. */
  otherwise: string;
}

function setting<T extends NonNullable<unknown>, const P extends string = never, const F extends string = never>(
  type: ValueType<T>,
  value: NoInfer<T>,
  about: About<P, F>,
  otherwise = type.format(value),
): Setting<T, P, F> {
  return { type, default: value, otherwise, ...about };
}

function optional<T extends NonNullable<unknown>, const P extends string = never, const F extends string = never>(
  type: ValueType<T>,
  otherwise: string,
  about: About<P, F>,
): Setting<T | undefined, P, F> {
  return { type, default: undefined, otherwise, ...about };
}

/** A setting for one case, with one for all cases behind it. */
function inherited<T extends NonNullable<unknown>, const P extends string, const F extends string>(
  type: ValueType<T>,
  about: About<P, F> & { fallback: F },
): Setting<T | undefined, P, F> {
  return optional(type, `\`${about.fallback}\``, about);
}

const MAX_DELAY = 86_400_000;
const MAX_TIMEOUT = 600_000;
const MAX_REQUEST_TIMEOUT = 60_000;
const MAX_QUEUE = 1_000_000;
const MAX_COUNT = 1_000_000;
const MAX_LENGTH = 10_000_000;

const METRICS_DESTINATIONS: readonly MetricsDestination[] = ['cloudwatch', 'cloudwatch_otlp', 'emf', 'otlp', 'console'];
const TRACES_DESTINATIONS: readonly TracesDestination[] = ['xray', 'otlp', 'console'];
const LOGS_DESTINATIONS: readonly LogsDestination[] = ['cloudwatch', 'otlp', 'console'];
const PROPAGATORS: readonly PropagatorName[] = ['xray', 'tracecontext', 'baggage', 'b3', 'b3multi'];
const PROTOCOLS: readonly OtlpProtocol[] = ['http/protobuf', 'http/json', 'grpc'];
const TEMPORALITIES: readonly Temporality[] = ['delta', 'cumulative', 'lowmemory'];
const HISTOGRAM_AGGREGATIONS: readonly HistogramAggregation[] = [
  'base2_exponential_bucket_histogram',
  'explicit_bucket_histogram',
];
const LOG_LEVELS: readonly LogLevel[] = ['none', 'error', 'warn', 'info', 'debug', 'verbose', 'all'];
const DIMENSIONS: DimensionPreset = 'standard';
/** About what the metrics of a small service cost: docs/decisions/0048-trace-budget.md. */
const TRACE_BUDGET: TraceBudgetSetting = { spansPerSecond: 20 };

/** A region, not a zone of it (`us-west-2a`) and not its name in words. */
const REGION = /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/;
/** PutMetricData: 1 to 255 characters of ASCII, no colon first; AWS keeps its own prefix to itself. */
const NAMESPACE = /^(?!:|AWS\/)[\x20-\x7e]{1,255}$/;
/** A path from the root or from a drive; or the word. */
const ABSOLUTE_PATH = /^(\/|[a-z]:[\\/]|none$)/i;
/** CreateLogGroup. */
/** Schemes that open an editor, and the port on which JetBrains' editors listen; another scheme could run code on the page. */
const EDITOR =
  /^(?:(?:vscode|vscode-insiders|vscodium|cursor|windsurf|zed|idea|webstorm|jetbrains|subl|txmt|mvim|nova|emacs):\/\/|http:\/\/(?:localhost|127\.0\.0\.1):\d{1,5}\/)[^\s"'<>]*\{file\}[^\s"'<>]*$/;
const LOG_GROUP = /^(?!aws\/)[\w\-/.#]{1,512}$/;

const region = () => {
  const type = text('a region such as us-west-2', { pattern: REGION });
  return {
    ...type,
    parse(given: string) {
      const meant = REGION.test(given) ? regionMeant(given) : undefined;
      return meant === undefined ? type.parse(given) : { value: given, flaw: `a region that exists, perhaps ${meant}` };
    },
  };
};
const names = () => namesOf<string>(INSTRUMENTATION_NAMES, { expected: 'a list of instrumentations such as http,pg' });

type OtlpSignal = 'traces' | 'metrics' | 'logs';
const FILE_EXPORTER: Record<OtlpSignal, string> = {
  traces: 'tracer_provider.processors[].{batch,simple}.exporter',
  metrics: 'meter_provider.readers[].periodic.exporter',
  logs: 'logger_provider.processors[].{batch,simple}.exporter',
};

/** With the key of `otlp_http` and `otlp_grpc` in a file. */
function aboutOtlp(meaning: string, key: string, signal?: OtlpSignal): About {
  const exporter = signal ? FILE_EXPORTER[signal] : '*';
  return {
    section: 'OTLP',
    meaning: `${meaning}${signal ? `, for ${signal}` : ''}.`,
    file: `${exporter}.{otlp_http,otlp_grpc}.${key}`,
  };
}

function otlpEndpoint(signal: OtlpSignal) {
  return optional(otlpUrl(), `\`OTEL_EXPORTER_OTLP_ENDPOINT\` and \`/v1/${signal}\``, {
    ...aboutOtlp('', 'endpoint', signal),
    meaning: `The whole URL for ${signal}, used as it is; for gRPC scheme, host and port. Makes \`otlp\` the default of ${signal}.`,
  });
}

const HEADERS = { meaning: 'HTTP headers, metadata of gRPC', key: 'headers[].*' };
/** settle.ts adds the headers for all signals. */
const otlpHeaders = <S extends OtlpSignal>(signal: S) =>
  setting(
    headerPairs(),
    {},
    {
      ...aboutOtlp(HEADERS.meaning, HEADERS.key, signal),
      place: `otlp.${signal}.headers` as const,
      secret: true,
    },
  );

const protocol = () => oneOf(PROTOCOLS);

const INSECURE = '`true`: no TLS, for gRPC with an endpoint that has no scheme';
const otlpInsecure = (signal: OtlpSignal) =>
  inherited(flag(), { ...aboutOtlp(INSECURE, 'tls.insecure', signal), fallback: 'OTEL_EXPORTER_OTLP_INSECURE' });

const timeout = () => milliseconds(1, MAX_TIMEOUT);
const compression = () => oneOf(['gzip', 'none']);
const pemFile = () => text('the path of a PEM file');

/** What all signals have in common, for one: by its place, the end of the variable's name, and its key in a file. */
const OTLP = {
  protocol: { name: 'PROTOCOL', meaning: 'Encoding and transport', key: 'encoding' },
  timeout: { name: 'TIMEOUT', meaning: 'Milliseconds that one export may take', key: 'timeout' },
  compression: { name: 'COMPRESSION', meaning: 'Compression', key: 'compression' },
  'tls.certificateAuthority': {
    name: 'CERTIFICATE',
    meaning: "PEM file of the receiver's authority",
    key: 'tls.ca_file',
  },
  'tls.clientKey': {
    name: 'CLIENT_KEY',
    meaning: 'PEM file of the private key for mutual TLS',
    key: 'tls.key_file',
  },
  'tls.clientCertificate': {
    name: 'CLIENT_CERTIFICATE',
    meaning: 'PEM file of the certificate for mutual TLS',
    key: 'tls.cert_file',
  },
} as const;

const aboutAllOtlp = (option: keyof typeof OTLP) => aboutOtlp(OTLP[option].meaning, OTLP[option].key);

const ofOtlp = <T extends NonNullable<unknown>, S extends OtlpSignal, K extends keyof typeof OTLP>(
  type: ValueType<T>,
  signal: S,
  option: K,
) => {
  const name: (typeof OTLP)[K]['name'] = OTLP[option].name;
  return inherited(type, {
    ...aboutOtlp(OTLP[option].meaning, OTLP[option].key, signal),
    place: `otlp.${signal}.${option}` as const,
    fallback: `OTEL_EXPORTER_OTLP_${name}` as const,
  });
};

/** https://opentelemetry.io/docs/specs/otel/common/#attribute-limits: the default of every count. */
const COUNT_LIMIT = 128;
const count = () => wholeNumber(0, MAX_COUNT);
/** The SDK ignores a length of 0. */
const length = () => unlimited(wholeNumber(1, MAX_LENGTH));
const spanCount = <Of extends 'event' | 'link'>(of: Of) =>
  setting(count(), COUNT_LIMIT, {
    section: 'Limits',
    meaning: `Most ${of}s of a span; the SDK drops the others.`,
    place: `traces.limits.${of}CountLimit` as const,
    file: `tracer_provider.limits.${of}_count_limit`,
  });

/** The former names are those that OpenTelemetry's SDK for JavaScript had before it took the names of the specification. */
const ATTRIBUTE_COUNTS = {
  event: {
    place: 'traces.limits.attributePerEventCountLimit',
    former: 'OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT',
    specified: 'OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT',
  },
  link: {
    place: 'traces.limits.attributePerLinkCountLimit',
    former: 'OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT',
    specified: 'OTEL_LINK_ATTRIBUTE_COUNT_LIMIT',
  },
} as const;
const specifiedCount = <Of extends 'event' | 'link'>(of: Of) => {
  const {
    place,
    former,
  }: { place: (typeof ATTRIBUTE_COUNTS)[Of]['place']; former: (typeof ATTRIBUTE_COUNTS)[Of]['former'] } =
    ATTRIBUTE_COUNTS[of];
  return inherited(count(), {
    section: 'Limits',
    meaning: `Most attributes of one ${of} of a span.`,
    place,
    fallback: former,
    file: `tracer_provider.limits.${of}_attribute_count_limit`,
  });
};
const formerCount = (of: 'event' | 'link') =>
  setting(count(), COUNT_LIMIT, {
    section: 'Limits',
    meaning: `The former name of \`${ATTRIBUTE_COUNTS[of].specified}\`, for when that is not set.`,
    file: `tracer_provider.limits.${of}_attribute_count_limit`,
  });

/** What has attributes: by the place of its limits, its name, and its provider in a file. */
const LIMITED = { traces: ['span', 'tracer_provider'], logs: ['log record', 'logger_provider'] } as const;
const attributeCount = <S extends keyof typeof LIMITED>(signal: S) =>
  inherited(count(), {
    section: 'Limits',
    meaning: `Most attributes of a ${LIMITED[signal][0]}.`,
    place: `${signal}.limits.attributeCountLimit` as const,
    fallback: 'OTEL_ATTRIBUTE_COUNT_LIMIT',
    file: `${LIMITED[signal][1]}.limits.attribute_count_limit`,
  });
const attributeLength = <S extends keyof typeof LIMITED>(signal: S) =>
  inherited(length(), {
    section: 'Limits',
    meaning: `Most characters of the value of an attribute of a ${LIMITED[signal][0]}.`,
    place: `${signal}.limits.attributeValueLengthLimit` as const,
    fallback: 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    file: `${LIMITED[signal][1]}.limits.attribute_value_length_limit`,
  });

const awsEndpoint = <K extends string>(key: K, service: string) =>
  inherited(url(), {
    section: 'AWS',
    meaning: `Endpoint for ${service}.`,
    place: `aws.endpoints.${key}` as const,
    fallback: 'AWS_ENDPOINT_URL',
  });

export const settings = {
  OTEL_SERVICE_NAME: optional(
    text('a name of at most 255 characters', { maxLength: 255 }),
    '`service.name`, else the `name` in package.json',
    {
      place: 'serviceName',
      section: 'Service',
      meaning: 'Name of the service (`service.name`).',
      file: 'resource.attributes[].*',
    },
  ),
  OTEL_RESOURCE_ATTRIBUTES: setting(
    attributePairs(),
    {},
    {
      place: 'resourceAttributes',
      section: 'Service',
      meaning:
        'Attributes of the service, such as `service.namespace=shop,deployment.environment.name=production`. They win over what is detected.',
      file: 'resource.attributes[].*',
    },
  ),

  AWS_REGION: optional(region(), "`AWS_DEFAULT_REGION`, else the profile's, else found on ECS, EC2 and Lambda", {
    place: 'aws.region',
    fallback: 'AWS_DEFAULT_REGION',
    section: 'AWS',
    meaning: 'Region that telemetry is sent to.',
  }),
  AWS_DEFAULT_REGION: optional(region(), "the profile's, else found on ECS, EC2 and Lambda", {
    section: 'AWS',
    meaning: 'Region when `AWS_REGION` is not set.',
  }),
  AWS_PROFILE: optional(text('the name of a profile', { maxLength: 255 }), "the AWS SDK's chain of credentials", {
    place: 'aws.profile',
    section: 'AWS',
    meaning: 'Profile in `~/.aws` whose credentials are used.',
  }),
  AWS_ENDPOINT_URL: optional(url(), "the profile's `endpoint_url`, else the service's own", {
    section: 'AWS',
    meaning: 'Endpoint for all AWS services that telemetry is sent to.',
  }),
  AWS_ENDPOINT_URL_CLOUDWATCH: awsEndpoint('cloudwatch', 'CloudWatch'),
  AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: awsEndpoint('cloudwatchLogs', 'CloudWatch Logs'),
  AWS_ENDPOINT_URL_XRAY: awsEndpoint('xray', 'X-Ray'),
  AWS_ENDPOINT_URL_STS: awsEndpoint('sts', 'STS'),
  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: optional(flag(), "the profile's `ignore_configured_endpoint_urls`, else false", {
    place: 'aws.ignoreConfiguredEndpoints',
    section: 'AWS',
    meaning: '`true`: the `AWS_ENDPOINT_URL` settings and the endpoints in `~/.aws/config` are ignored.',
  }),
  AWS_USE_FIPS_ENDPOINT: optional(flag(), "the profile's `use_fips_endpoint`, else false", {
    place: 'aws.useFips',
    section: 'AWS',
    meaning: '`true`: FIPS endpoints. Not for a service that has an endpoint of its own.',
  }),
  AWS_USE_DUALSTACK_ENDPOINT: optional(flag(), "the profile's `use_dualstack_endpoint`, else false", {
    place: 'aws.useDualStack',
    section: 'AWS',
    meaning: '`true`: dual-stack endpoints. Not for a service that has an endpoint of its own.',
  }),

  OTEL_METRICS_EXPORTER: setting(
    namesOf(METRICS_DESTINATIONS, { none: true }),
    ['cloudwatch'],
    {
      place: 'metrics.exporters',
      section: 'Destinations',
      meaning:
        'Where metrics go: `cloudwatch` (PutMetricData), `cloudwatch_otlp` (its OTLP endpoint), `emf` (lines on standard output in the embedded metric format), `otlp` (a collector), `console`, or `none`.',
      file: `${FILE_EXPORTER.metrics}.*`,
    },
    'cloudwatch; emf in a Lambda function; otlp with an OTLP endpoint',
  ),
  OTEL_TRACES_EXPORTER: setting(
    namesOf(TRACES_DESTINATIONS, { none: true }),
    ['xray'],
    {
      place: 'traces.exporters',
      section: 'Destinations',
      meaning: "Where spans go: `xray` (X-Ray's OTLP endpoint), `otlp` (a collector), `console`, or `none`.",
      file: `${FILE_EXPORTER.traces}.*`,
    },
    'xray; otlp with an OTLP endpoint',
  ),
  OTEL_LOGS_EXPORTER: setting(
    namesOf(LOGS_DESTINATIONS, { none: true }),
    ['cloudwatch'],
    {
      place: 'logs.exporters',
      section: 'Destinations',
      meaning:
        'Where errors go: `cloudwatch` (a log group of CloudWatch Logs), `otlp` (a collector), `console`, or `none`.',
      file: `${FILE_EXPORTER.logs}.*`,
    },
    'cloudwatch; otlp with an OTLP endpoint',
  ),

  OTEL_EXPORTER_OTLP_ENDPOINT: optional(otlpUrl(), 'http://localhost:4318, for gRPC http://localhost:4317', {
    ...aboutOtlp('', 'endpoint'),
    meaning:
      'Where OTLP goes; `/v1/traces`, `/v1/metrics` and `/v1/logs` are added, not for gRPC. Makes `otlp` the default of every signal.',
  }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: otlpEndpoint('traces'),
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: otlpEndpoint('metrics'),
  OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: otlpEndpoint('logs'),
  OTEL_EXPORTER_OTLP_HEADERS: setting(headerPairs(), {}, { ...aboutOtlp(HEADERS.meaning, HEADERS.key), secret: true }),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: otlpHeaders('traces'),
  OTEL_EXPORTER_OTLP_METRICS_HEADERS: otlpHeaders('metrics'),
  OTEL_EXPORTER_OTLP_LOGS_HEADERS: otlpHeaders('logs'),
  OTEL_EXPORTER_OTLP_PROTOCOL: setting(protocol(), 'http/protobuf', aboutAllOtlp('protocol')),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: ofOtlp(protocol(), 'traces', 'protocol'),
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: ofOtlp(protocol(), 'metrics', 'protocol'),
  OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: ofOtlp(protocol(), 'logs', 'protocol'),
  OTEL_EXPORTER_OTLP_INSECURE: setting(flag(), false, aboutOtlp(INSECURE, 'tls.insecure')),
  OTEL_EXPORTER_OTLP_TRACES_INSECURE: otlpInsecure('traces'),
  OTEL_EXPORTER_OTLP_METRICS_INSECURE: otlpInsecure('metrics'),
  OTEL_EXPORTER_OTLP_LOGS_INSECURE: otlpInsecure('logs'),
  OTEL_EXPORTER_OTLP_TIMEOUT: setting(timeout(), 10_000, aboutAllOtlp('timeout')),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: ofOtlp(timeout(), 'traces', 'timeout'),
  OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: ofOtlp(timeout(), 'metrics', 'timeout'),
  OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: ofOtlp(timeout(), 'logs', 'timeout'),
  OTEL_EXPORTER_OTLP_COMPRESSION: setting(compression(), 'gzip', aboutAllOtlp('compression')),
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: ofOtlp(compression(), 'traces', 'compression'),
  OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: ofOtlp(compression(), 'metrics', 'compression'),
  OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: ofOtlp(compression(), 'logs', 'compression'),
  OTEL_EXPORTER_OTLP_CERTIFICATE: optional(
    pemFile(),
    'the authorities that Node.js knows',
    aboutAllOtlp('tls.certificateAuthority'),
  ),
  OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: ofOtlp(pemFile(), 'traces', 'tls.certificateAuthority'),
  OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE: ofOtlp(pemFile(), 'metrics', 'tls.certificateAuthority'),
  OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE: ofOtlp(pemFile(), 'logs', 'tls.certificateAuthority'),
  OTEL_EXPORTER_OTLP_CLIENT_KEY: optional(pemFile(), 'none', aboutAllOtlp('tls.clientKey')),
  OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY: ofOtlp(pemFile(), 'traces', 'tls.clientKey'),
  OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY: ofOtlp(pemFile(), 'metrics', 'tls.clientKey'),
  OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY: ofOtlp(pemFile(), 'logs', 'tls.clientKey'),
  OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: optional(pemFile(), 'none', aboutAllOtlp('tls.clientCertificate')),
  OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE: ofOtlp(pemFile(), 'traces', 'tls.clientCertificate'),
  OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE: ofOtlp(pemFile(), 'metrics', 'tls.clientCertificate'),
  OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE: ofOtlp(pemFile(), 'logs', 'tls.clientCertificate'),
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: setting(oneOf(TEMPORALITIES), 'delta', {
    place: 'metrics.temporality',
    section: 'OTLP',
    meaning:
      'Temporality of metrics sent by `otlp`; CloudWatch is always sent deltas. docs/collector.md says why deltas are the default.',
    file: `${FILE_EXPORTER.metrics}.{otlp_http,otlp_grpc}.temporality_preference`,
  }),
  OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: setting(
    oneOf(HISTOGRAM_AGGREGATIONS),
    'base2_exponential_bucket_histogram',
    {
      place: 'metrics.histograms',
      section: 'OTLP',
      meaning: 'Kind of the histograms sent by `otlp`; CloudWatch is always sent the values of exponential ones.',
      file: `${FILE_EXPORTER.metrics}.{otlp_http,otlp_grpc}.default_histogram_aggregation`,
    },
  ),

  OTEL_METRIC_EXPORT_INTERVAL: setting(milliseconds(100, MAX_DELAY), 60_000, {
    place: 'metrics.interval',
    section: 'Metrics',
    meaning:
      'Milliseconds between two exports. CloudWatch keeps a value per minute; more often costs more and shows no more.',
    file: 'meter_provider.readers[].periodic.interval',
  }),
  OTEL_METRIC_EXPORT_TIMEOUT: setting(milliseconds(1, MAX_TIMEOUT), 30_000, {
    place: 'metrics.timeout',
    section: 'Metrics',
    meaning: 'Milliseconds that one export may take; at most the interval.',
    file: 'meter_provider.readers[].periodic.timeout',
  }),
  OTEL_NODE_EXPERIMENTAL_SDK_METRICS: setting(flag(), false, {
    place: 'sdkMetrics',
    section: 'Metrics',
    meaning: "`true`: OpenTelemetry's SDK measures itself, such as the spans that it starts.",
  }),
  'meter_provider.views': setting(metricViews(), [], {
    place: 'metrics.views',
    section: 'Metrics',
    meaning:
      'Only in a configuration file. Drops metrics, or changes their names, descriptions, attributes and aggregations.',
    file: 'meter_provider.views',
    onlyInFile: true,
  }),
  MONITORING_NAMESPACE: optional(
    text('a CloudWatch namespace: 1 to 255 ASCII characters, not beginning with ":" or "AWS/"', { pattern: NAMESPACE }),
    '`service.namespace`, else the name of the service',
    { place: 'metrics.namespace', section: 'Metrics', meaning: 'CloudWatch namespace.' },
  ),
  MONITORING_METRIC_DIMENSIONS: setting(dimensionSets(), DIMENSIONS, {
    place: 'metrics.dimensions',
    section: 'Metrics',
    meaning:
      'Which attributes become CloudWatch dimensions beside `Service` and `Environment`: `lite` (none), `standard` (route and method, peer, database system), `full`, or sets of your own for each metric.',
  }),
  MONITORING_MAX_SERIES: setting(wholeNumber(1, 100_000), 500, {
    place: 'metrics.maxSeries',
    section: 'Metrics',
    meaning:
      'Most series (name and dimensions) sent to CloudWatch, which bills each; what exceeds them goes to an overflow series.',
  }),

  OTEL_TRACES_SAMPLER: setting(oneOf(SAMPLER_NAMES), 'parentbased_reservoir', {
    section: 'Traces',
    meaning:
      "Which requests are traced: `parentbased_reservoir` (so many per second, then a ratio), `xray` (the account's sampling rules), or a standard name.",
    file: 'tracer_provider.sampler.*',
  }),
  OTEL_TRACES_SAMPLER_ARG: optional(
    text('what the sampler takes'),
    '1/s,0.05 for parentbased_reservoir, 1 for a ratio',
    {
      section: 'Traces',
      meaning:
        '`5/s,0.1` or a part of it for `parentbased_reservoir`; a number from 0 to 1 for `traceidratio` and `parentbased_traceidratio`; `endpoint=http://localhost:2000,polling_interval=300` (seconds) for `xray`, without an endpoint the service itself.',
      file: 'tracer_provider.sampler.*',
    },
  ),
  MONITORING_TRACE_BUDGET: setting(traceBudget(), TRACE_BUDGET, {
    place: 'traces.budget',
    section: 'Traces',
    meaning:
      'Most that one process makes of traces which are decided in it: spans a second (`20/s`), or dollars a month (`$30/month`). Ten times as much for traces that a caller has decided to sample. `none`: no bound. Each process has a budget of its own (docs/tracing.md).',
  }),
  OTEL_PROPAGATORS: setting(namesOf(PROPAGATORS, { none: true }), ['xray', 'tracecontext', 'baggage'], {
    place: 'traces.propagators',
    section: 'Traces',
    meaning: 'Headers that carry the trace from and to other services.',
    file: 'propagator.composite[].*',
  }),
  OTEL_BSP_MAX_QUEUE_SIZE: setting(wholeNumber(1, MAX_QUEUE), 32_768, {
    place: 'traces.batch.maxQueueSize',
    section: 'Traces',
    meaning:
      'Most spans waiting to be exported to X-Ray, on their way included; the oldest go first, as they do beyond 32 MB.',
    file: 'tracer_provider.processors[].batch.max_queue_size',
  }),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: setting(wholeNumber(1, MAX_QUEUE), 2048, {
    place: 'traces.batch.maxExportBatchSize',
    section: 'Traces',
    meaning: 'Most spans in one export; at most the queue. Of those that are not servers’, 512 go at once.',
    file: 'tracer_provider.processors[].batch.max_export_batch_size',
  }),
  OTEL_BSP_SCHEDULE_DELAY: setting(milliseconds(0, MAX_DELAY), 5000, {
    place: 'traces.batch.scheduledDelay',
    section: 'Traces',
    meaning: 'Milliseconds that a span waits for others at most.',
    file: 'tracer_provider.processors[].batch.schedule_delay',
  }),
  MONITORING_TRACE_DELIVERIES: setting(flag(), false, {
    place: 'traces.deliveries',
    section: 'Traces',
    meaning:
      'A span for each call of CloudWatch, CloudWatch Logs and X-Ray that monitoring makes, as a trace of the same service; for debugging. Every call has its span, whatever the sampler says; the delivery of these spans makes none.',
  }),
  OTEL_BSP_EXPORT_TIMEOUT: setting(milliseconds(1, MAX_TIMEOUT), 30_000, {
    place: 'traces.batch.exportTimeout',
    section: 'Traces',
    meaning: 'Milliseconds that one request with spans to X-Ray may take; at most `MONITORING_REQUEST_TIMEOUT`.',
    file: 'tracer_provider.processors[].batch.export_timeout',
  }),

  OTEL_ATTRIBUTE_COUNT_LIMIT: setting(count(), COUNT_LIMIT, {
    section: 'Limits',
    meaning: 'Most attributes of a span or a log record; the SDK drops the others.',
    file: 'attribute_limits.attribute_count_limit',
  }),
  OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: setting(length(), Number.POSITIVE_INFINITY, {
    section: 'Limits',
    meaning: 'Most characters of the value of an attribute; the SDK cuts a longer one.',
    file: 'attribute_limits.attribute_value_length_limit',
  }),
  OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: attributeCount('traces'),
  OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: attributeLength('traces'),
  OTEL_SPAN_EVENT_COUNT_LIMIT: spanCount('event'),
  OTEL_SPAN_LINK_COUNT_LIMIT: spanCount('link'),
  OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: specifiedCount('event'),
  OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT: formerCount('event'),
  OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: specifiedCount('link'),
  OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT: formerCount('link'),
  OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: attributeCount('logs'),
  OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: attributeLength('logs'),

  MONITORING_ERROR_LOG_GROUP: optional(
    text('the name of a log group: 1 to 512 of a-z, A-Z, 0-9, _ - / . #, not beginning with aws/', {
      pattern: LOG_GROUP,
    }),
    '`/<service.namespace, else the name of the service>/errors`',
    { place: 'logs.group', section: 'Errors', meaning: 'CloudWatch log group of the errors; made when it is missing.' },
  ),
  MONITORING_ERROR_LOG_RETENTION_DAYS: setting(retentionDays(), 30, {
    place: 'logs.retentionDays',
    section: 'Errors',
    meaning: 'Days that a log group which monitoring made keeps its events.',
  }),
  MONITORING_CONSOLE_ERRORS: setting(flag(), false, {
    place: 'errors.console',
    section: 'Errors',
    meaning: '`true`: an error that the application gives to `console.error` is reported as well.',
  }),
  MONITORING_PROCESS_WARNINGS: setting(flag(), false, {
    place: 'errors.warnings',
    section: 'Errors',
    meaning: '`true`: warnings of the process (deprecations, leaking listeners) are reported as well.',
  }),
  MONITORING_REDACT: setting(redactionList(), [], {
    place: 'redact',
    section: 'Errors',
    meaning:
      'Keys and `/patterns/` that are redacted beside the built-in list (docs/redaction.md); no entry is ever shown.',
    secret: true,
  }),
  MONITORING_RAW_SQL: setting(flag(), false, {
    place: 'rawSql',
    section: 'Errors',
    meaning:
      '`true`: SQL statements keep their literals. By default each literal becomes `?` where a statement takes no parameters.',
  }),

  MONITORING_EDITOR: setting(
    text('an address with {file} whose scheme is that of an editor, like vscode://file/{file}:{line}:{column}', {
      pattern: EDITOR,
    }),
    'vscode://file/{file}:{line}:{column}',
    {
      place: 'editor',
      section: 'Errors',
      meaning:
        'What a frame on the page of `monitoring dev` links to; `{file}`, `{line}` and `{column}` stand for its place.',
    },
  ),

  MONITORING_HOST_METRICS_SAMPLE_RATIO: setting(fraction(), 0.1, {
    place: 'host.sampleRatio',
    section: 'Host readings',
    meaning: 'Ratio of requests for which CPU, heap and event loop are read; below 1, of no more than 50 a second.',
  }),
  MONITORING_HOST_METRICS_TTL: setting(milliseconds(0, MAX_TIMEOUT), 1000, {
    place: 'host.ttl',
    section: 'Host readings',
    meaning: 'Milliseconds for which a reading of a state (memory, CPU) is shared; 0: each is read anew.',
  }),

  OTEL_NODE_ENABLED_INSTRUMENTATIONS: optional(
    names(),
    'all but connect, dns, fs, generic-pool, lru-memoizer, net and router',
    {
      place: 'instrumentations.enabled',
      section: 'Instrumentation',
      meaning: `Only these, out of ${INSTRUMENTATION_NAMES.join(', ')}.`,
    },
  ),
  OTEL_NODE_DISABLED_INSTRUMENTATIONS: setting(names(), [], {
    place: 'instrumentations.disabled',
    section: 'Instrumentation',
    meaning: 'All but these. They win over the enabled ones.',
  }),
  MONITORING_REQUEST_PATH: setting(oneOf(['short', 'full']), 'short', {
    place: 'requestPath',
    section: 'Instrumentation',
    meaning:
      "How incoming requests are measured: `short` (its own layer) or `full` (OpenTelemetry's HTTP instrumentation; several times the cost).",
  }),

  OTEL_SDK_DISABLED: setting(flag(), false, {
    place: 'disabled',
    section: 'Running',
    meaning: '`true`: nothing is measured, nothing is patched. In the environment it wins over a configuration file.',
    file: 'disabled',
  }),
  OTEL_LOG_LEVEL: setting(oneOf(LOG_LEVELS), 'info', {
    place: 'logLevel',
    section: 'Running',
    meaning: 'What monitoring itself writes to stderr.',
    file: 'log_level',
  }),
  OTEL_CONFIG_FILE: optional(text('the path of a YAML file'), 'none', {
    section: 'Running',
    meaning: 'OpenTelemetry configuration file (YAML, `file_format` 1.x).',
  }),
  MONITORING_RUN_FOLDER: optional(
    text('an absolute path, or none', { pattern: ABSOLUTE_PATH }),
    '`org-monitoring-<user id>` in the folder for temporary files',
    {
      section: 'Running',
      meaning:
        'Folder in which a dying process leaves errors that were not delivered, for the next start to deliver; private to the user. `none`: nothing is written to disk.',
    },
  ),
  MONITORING_CONNECT_TIMEOUT: setting(milliseconds(10, MAX_REQUEST_TIMEOUT), 2000, {
    place: 'delivery.connectTimeout',
    section: 'Running',
    meaning: 'Milliseconds until a connection to AWS must stand.',
  }),
  MONITORING_REQUEST_TIMEOUT: setting(milliseconds(100, MAX_REQUEST_TIMEOUT), 10_000, {
    place: 'delivery.requestTimeout',
    section: 'Running',
    meaning: 'Milliseconds that one request to AWS may take.',
  }),
  MONITORING_MAX_ATTEMPTS: setting(wholeNumber(1, 10), 2, {
    place: 'delivery.maxAttempts',
    section: 'Running',
    meaning:
      'How often a metric is sent to AWS at most while no answer says whether it was taken; each time after the first may count it twice. What was certainly not taken is sent to its age limit, and so are spans and errors.',
  }),
  MONITORING_LAMBDA_FLUSH_TIMEOUT: setting(milliseconds(0, 10_000), 300, {
    place: 'lambdaFlushTimeout',
    section: 'Running',
    meaning:
      'Milliseconds that an invocation of a Lambda function waits at most for its telemetry to be delivered, before the runtime has the answer and freezes the process. What has not arrived goes on with the next invocation.',
  }),
  MONITORING_SHUTDOWN_TIMEOUT: setting(milliseconds(100, 60_000), 5000, {
    place: 'shutdownTimeout',
    section: 'Running',
    meaning: 'Milliseconds that the process may be kept from ending, for the last telemetry to be delivered.',
  }),
};

export type SettingName = keyof typeof settings;
export type Values = { [Name in SettingName]: (typeof settings)[Name]['default'] };

export const SETTING_NAMES = Object.keys(settings) as SettingName[];

/** The setting for code that treats all alike. */
export function settingOf(name: SettingName): Setting<unknown, string, SettingName> {
  return settings[name];
}

import type { Draft } from './draft.js';
import type { Environment } from './environment.js';
import { hasScheme, OTLP_SIGNALS, type OtlpSignal, otlpProtocol, withScheme } from './otlp-endpoint.js';
import { formatSamplerArgument, samplerConfiguration } from './sampler-argument.js';
import type { SettingName } from './settings.js';

/** Settings that decide on each other: defaults that follow from others, and contradictions, each with the one that yields. */
export function settle(draft: Draft, env: Environment): void {
  settleServiceName(draft);
  settleDestinations(draft, env);
  settleEndpoints(draft);
  settleHeaders(draft);
  settleAwsEndpoints(draft);
  settleMetricTimeout(draft);
  settleBatch(draft);
  settleSampler(draft);
  settleInstrumentations(draft);
}

function settleServiceName({ values }: Draft): void {
  values.OTEL_SERVICE_NAME ??= values.OTEL_RESOURCE_ATTRIBUTES['service.name'] || undefined;
}

/**
 * In a Lambda function, whose output goes to CloudWatch Logs, `emf` is the default of metrics. An OTLP endpoint makes `otlp` the default of
 * the signals that it covers.
 */
function settleDestinations(draft: Draft, env: Environment): void {
  const { values } = draft;
  if (env.AWS_LAMBDA_FUNCTION_NAME && !draft.isTaken('OTEL_METRICS_EXPORTER')) values.OTEL_METRICS_EXPORTER = ['emf'];
  for (const signal of OTLP_SIGNALS) {
    const exporter: SettingName = `OTEL_${signal}_EXPORTER`;
    const endpoint = values.OTEL_EXPORTER_OTLP_ENDPOINT ?? values[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`];
    if (endpoint !== undefined && !draft.isTaken(exporter)) values[exporter] = ['otlp'];
  }
}

/** A signal's own headers win over those for all. */
function settleHeaders({ values }: Draft): void {
  for (const signal of OTLP_SIGNALS) {
    const name: SettingName = `OTEL_EXPORTER_OTLP_${signal}_HEADERS`;
    values[name] = { ...values.OTEL_EXPORTER_OTLP_HEADERS, ...values[name] };
  }
}

/** An endpoint that no destination uses, or that does not suit the protocol of those that use it. */
function settleEndpoints(draft: Draft): void {
  const { values } = draft;
  const senders = OTLP_SIGNALS.filter((signal) => values[`OTEL_${signal}_EXPORTER`].includes('otlp'));
  const ownName = (signal: OtlpSignal) => `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT` as const;
  const withoutOwn = senders.filter((signal) => values[ownName(signal)] === undefined);
  settleEndpoint(draft, 'OTEL_EXPORTER_OTLP_ENDPOINT', senders.length > 0, withoutOwn);
  for (const signal of OTLP_SIGNALS) {
    const used = senders.includes(signal);
    settleEndpoint(draft, ownName(signal), used, used ? [signal] : []);
  }
}

type EndpointSetting = 'OTEL_EXPORTER_OTLP_ENDPOINT' | `OTEL_EXPORTER_OTLP_${OtlpSignal}_ENDPOINT`;

function settleEndpoint(draft: Draft, setting: EndpointSetting, used: boolean, senders: readonly OtlpSignal[]): void {
  const endpoint = draft.values[setting];
  if (endpoint === undefined) return;
  if (!used) {
    draft.flaw(setting, 'otlp among the exporters that it is for', 'nothing of it');
    return;
  }
  const protocols = senders.map((signal) => otlpProtocol(draft.values, signal));
  const byGrpc = protocols.includes('grpc');
  const byHttp = protocols.some((protocol) => protocol !== 'grpc');
  const url = new URL(withScheme(endpoint, 'http'));
  if (byHttp && !hasScheme(endpoint)) {
    if (!byGrpc) draft.values[setting] = withScheme(endpoint, 'http');
    draft.flaw(setting, 'an http:// or https:// URL', withScheme(endpoint, 'http'));
  } else if (byHttp && url.port === '4317') {
    draft.flaw(setting, "the receiver's HTTP port, usually 4318 (4317 is gRPC's), or OTEL_EXPORTER_OTLP_PROTOCOL=grpc");
  } else if (byGrpc && url.port === '4318') {
    draft.flaw(setting, "the receiver's gRPC port, usually 4317 (4318 is HTTP's)");
  } else if (byGrpc && !byHttp && url.href !== `${url.origin}/`) {
    draft.values[setting] = hasScheme(endpoint) ? url.origin : url.host;
    draft.flaw(setting, 'scheme, host and port alone, for gRPC');
  }
}

const SERVICE_ENDPOINTS = [
  'AWS_ENDPOINT_URL_CLOUDWATCH',
  'AWS_ENDPOINT_URL_CLOUDWATCH_LOGS',
  'AWS_ENDPOINT_URL_XRAY',
  'AWS_ENDPOINT_URL_STS',
] as const;

/** The AWS SDK refuses to work with an endpoint of one's own and a FIPS or dual-stack one together. */
function settleAwsEndpoints(draft: Draft): void {
  const { values } = draft;
  if (values.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS) {
    for (const name of ['AWS_ENDPOINT_URL', ...SERVICE_ENDPOINTS] as const) values[name] = undefined;
    return;
  }
  const all = values.AWS_ENDPOINT_URL !== undefined || SERVICE_ENDPOINTS.every((name) => values[name] !== undefined);
  const some = all || SERVICE_ENDPOINTS.some((name) => values[name] !== undefined);
  for (const name of ['AWS_USE_FIPS_ENDPOINT', 'AWS_USE_DUALSTACK_ENDPOINT'] as const) {
    if (!some || !values[name]) continue;
    values[name] = !all;
    draft.flaw(
      name,
      'no AWS_ENDPOINT_URL beside it',
      all ? 'the given endpoint' : 'the given endpoints, true for the others',
    );
  }
}

/** Two exports must not overlap. A timeout that nobody gave simply follows. */
function settleMetricTimeout(draft: Draft): void {
  const { values } = draft;
  const interval = values.OTEL_METRIC_EXPORT_INTERVAL;
  if (values.OTEL_METRIC_EXPORT_TIMEOUT <= interval) return;
  values.OTEL_METRIC_EXPORT_TIMEOUT = interval;
  draft.flaw('OTEL_METRIC_EXPORT_TIMEOUT', `at most OTEL_METRIC_EXPORT_INTERVAL (${interval})`);
}

function settleBatch(draft: Draft): void {
  const { values } = draft;
  const queue = values.OTEL_BSP_MAX_QUEUE_SIZE;
  if (values.OTEL_BSP_MAX_EXPORT_BATCH_SIZE <= queue) return;
  values.OTEL_BSP_MAX_EXPORT_BATCH_SIZE = queue;
  draft.flaw('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', `at most OTEL_BSP_MAX_QUEUE_SIZE (${queue})`);
}

function settleSampler(draft: Draft): void {
  const { values } = draft;
  const { sampler, flaw } = samplerConfiguration(values.OTEL_TRACES_SAMPLER, values.OTEL_TRACES_SAMPLER_ARG);
  const argument = formatSamplerArgument(sampler) || undefined;
  values.OTEL_TRACES_SAMPLER_ARG = argument;
  if (flaw) draft.flaw('OTEL_TRACES_SAMPLER_ARG', flaw, argument ?? `${sampler.name} without one`);
}

function settleInstrumentations(draft: Draft): void {
  const { values } = draft;
  const disabled = values.OTEL_NODE_DISABLED_INSTRUMENTATIONS;
  const both = values.OTEL_NODE_ENABLED_INSTRUMENTATIONS?.filter((name) => disabled.includes(name)) ?? [];
  if (both.length === 0) return;
  values.OTEL_NODE_ENABLED_INSTRUMENTATIONS = values.OTEL_NODE_ENABLED_INSTRUMENTATIONS?.filter(
    (name) => !disabled.includes(name),
  );
  const setting: SettingName = 'OTEL_NODE_ENABLED_INSTRUMENTATIONS';
  draft.flaw(setting, `no name that OTEL_NODE_DISABLED_INSTRUMENTATIONS has too (${both.join(', ')})`);
}

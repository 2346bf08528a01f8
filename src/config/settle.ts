import type { Draft } from './draft.js';
import { formatSamplerArgument, samplerConfiguration } from './sampler-argument.js';
import type { SettingName } from './settings.js';

/** Settings that decide on each other: defaults that follow from others, and contradictions, each with the one that yields. */
export function settle(draft: Draft): void {
  settleDestinations(draft);
  settleEndpoints(draft);
  settleAwsEndpoints(draft);
  settleMetricTimeout(draft);
  settleBatch(draft);
  settleSampler(draft);
  settleInstrumentations(draft);
}

/** An OTLP endpoint makes `otlp` the default of the signals that it covers. */
function settleDestinations({ values }: Draft): void {
  const all = values.OTEL_EXPORTER_OTLP_ENDPOINT;
  values.OTEL_METRICS_EXPORTER ??= (all ?? values.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT) ? ['otlp'] : ['cloudwatch'];
  values.OTEL_TRACES_EXPORTER ??= (all ?? values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) ? ['otlp'] : ['xray'];
  values.OTEL_LOGS_EXPORTER ??= (all ?? values.OTEL_EXPORTER_OTLP_LOGS_ENDPOINT) ? ['otlp'] : ['cloudwatch'];
}

/** An endpoint that no destination uses, and the port on which collectors speak gRPC. */
function settleEndpoints(draft: Draft): void {
  const { values } = draft;
  const uses = {
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: includesOtlp(values.OTEL_METRICS_EXPORTER),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: includesOtlp(values.OTEL_TRACES_EXPORTER),
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: includesOtlp(values.OTEL_LOGS_EXPORTER),
  };
  const any = Object.values(uses).some(Boolean);
  for (const [name, used] of Object.entries({ OTEL_EXPORTER_OTLP_ENDPOINT: any, ...uses })) {
    const setting = name as keyof typeof uses | 'OTEL_EXPORTER_OTLP_ENDPOINT';
    const endpoint = values[setting];
    if (endpoint === undefined) continue;
    if (!used) draft.flaw(setting, 'otlp among the exporters that it is for', 'nothing of it');
    else if (new URL(endpoint).port === '4317') {
      draft.flaw(setting, "the receiver's HTTP port, usually 4318 (4317 is gRPC's)");
    }
  }
}

function includesOtlp(exporters: readonly string[] | undefined): boolean {
  return exporters?.includes('otlp') ?? false;
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
  if (values.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS) return;
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

import type { Findings } from './file-findings.js';
import {
  anyway,
  both,
  choice,
  each,
  entriesOf,
  ignored,
  join,
  list,
  mapping,
  namedPair,
  say,
  to,
  type Visit,
} from './file-visits.js';
import { SETTING_NAMES } from './settings.js';

/** From the keys of an OpenTelemetry configuration file (file_format 1.x) to settings of ours. */

type Signal = 'TRACES' | 'METRICS' | 'LOGS';

/** Processors or readers of a signal; an empty sequence is an exporter of `none`. */
function pipelines(signal: Signal, visit: Visit): Visit {
  return (node, path, findings) => {
    if (Array.isArray(node) && node.length === 0) findings.give(`OTEL_${signal}_EXPORTER`, 'none', path);
    else each(visit)(node, path, findings);
  };
}

function destination(signal: Signal, name: string, options: Record<string, Visit> = {}): Visit {
  const choose: Visit = (_node, path, findings) => findings.add(`OTEL_${signal}_EXPORTER`, name, path);
  return both(choose, mapping(options));
}

function otlpHttp(signal: Signal, more: Record<string, Visit> = {}): Visit {
  return destination(signal, 'otlp', {
    endpoint: to(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`),
    headers: each(namedPair(`OTEL_EXPORTER_OTLP_${signal}_HEADERS`)),
    headers_list: list(`OTEL_EXPORTER_OTLP_${signal}_HEADERS`, 'first'),
    compression: to(`OTEL_EXPORTER_OTLP_${signal}_COMPRESSION`),
    timeout: to(`OTEL_EXPORTER_OTLP_${signal}_TIMEOUT`),
    encoding: to(`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`, (name) => `http/${name}`),
    tls: mapping({
      ca_file: to(`OTEL_EXPORTER_OTLP_${signal}_CERTIFICATE`),
      key_file: to(`OTEL_EXPORTER_OTLP_${signal}_CLIENT_KEY`),
      cert_file: to(`OTEL_EXPORTER_OTLP_${signal}_CLIENT_CERTIFICATE`),
    }),
    ...more,
  });
}

const SPAN_EXPORTER = choice({
  otlp_http: otlpHttp('TRACES'),
  xray: destination('TRACES', 'xray'),
  console: destination('TRACES', 'console'),
});

const METRIC_EXPORTER = choice({
  otlp_http: otlpHttp('METRICS', {
    temporality_preference: to('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', (name) => name.replace('_', '')),
    default_histogram_aggregation: anyway('base2_exponential_bucket_histogram'),
  }),
  cloudwatch: destination('METRICS', 'cloudwatch'),
  cloudwatch_otlp: destination('METRICS', 'cloudwatch_otlp'),
  console: destination('METRICS', 'console'),
});

const LOG_EXPORTER = choice({
  otlp_http: otlpHttp('LOGS'),
  cloudwatch: destination('LOGS', 'cloudwatch'),
  console: destination('LOGS', 'console'),
});

function attributeLimits(of: '' | 'SPAN_' | 'LOGRECORD_'): Record<string, Visit> {
  return {
    attribute_count_limit: to(`OTEL_${of}ATTRIBUTE_COUNT_LIMIT`),
    attribute_value_length_limit: to(`OTEL_${of}ATTRIBUTE_VALUE_LENGTH_LIMIT`),
  };
}

const SPAN_LIMITS = mapping({
  ...attributeLimits('SPAN_'),
  event_count_limit: to('OTEL_SPAN_EVENT_COUNT_LIMIT'),
  link_count_limit: to('OTEL_SPAN_LINK_COUNT_LIMIT'),
  event_attribute_count_limit: to('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT'),
  link_attribute_count_limit: to('OTEL_LINK_ATTRIBUTE_COUNT_LIMIT'),
});

function sampler(prefix: '' | 'parentbased_'): Visit {
  const named = (name: string) => say('OTEL_TRACES_SAMPLER', name);
  const argument = (translate: (text: string) => string, where: 'first' | 'last' = 'last') =>
    list('OTEL_TRACES_SAMPLER_ARG', where, translate);
  return choice({
    always_on: named(`${prefix}always_on`),
    always_off: named(`${prefix}always_off`),
    trace_id_ratio_based: both(named(`${prefix}traceidratio`), mapping({ ratio: argument(String) })),
    reservoir: both(
      named(`${prefix}reservoir`),
      mapping({ per_second: argument((rate) => `${rate}/s`, 'first'), ratio: argument(String) }),
    ),
    xray: both(
      named('xray'),
      mapping({
        endpoint: argument((url) => `endpoint=${url}`),
        polling_interval: argument((seconds) => `polling_interval=${seconds}`),
      }),
    ),
    ...(prefix === '' && { parent_based: parentBased }),
  });
}

/** The samplers for requests that come with a decision follow that decision. */
function parentBased(node: unknown, path: string, findings: Findings): void {
  mapping({
    root: sampler('parentbased_'),
    remote_parent_sampled: follow('always_on'),
    remote_parent_not_sampled: follow('always_off'),
    local_parent_sampled: follow('always_on'),
    local_parent_not_sampled: follow('always_off'),
  })(node, path, findings);
  if (!findings.given.has('OTEL_TRACES_SAMPLER')) findings.give('OTEL_TRACES_SAMPLER', 'parentbased_always_on', path);
}

function follow(name: string): Visit {
  return (node, path, findings) => {
    const keys = node === null ? [name] : Object.keys(Object.fromEntries(entriesOf(node, path, findings)));
    if (keys.join() !== name) findings.refuse(path, node, `${name}, which can't be changed`, name);
  };
}

/** The levels of the specification (`warn`, `warn2` …) as those of OTEL_LOG_LEVEL. */
function logLevel(name: string): string {
  const level = name.replace(/[2-4]$/, '');
  if (level === 'trace') return 'verbose';
  return level === 'fatal' ? 'error' : level;
}

const PROPAGATOR: Visit = (node, path, findings) => {
  for (const [name] of entriesOf(node, path, findings)) findings.add('OTEL_PROPAGATORS', name, path);
};

const PREFIX = 'MONITORING_';

/** `distribution: { monitoring: { max_series: 200 } }` is MONITORING_MAX_SERIES. */
const OURS = mapping(
  Object.fromEntries(
    SETTING_NAMES.filter((name) => name.startsWith(PREFIX)).map((name) => [
      name.slice(PREFIX.length).toLowerCase(),
      (node: unknown, path: string, findings: Findings) =>
        to(name)(
          Array.isArray(node) && node.every((item) => typeof item !== 'object') ? node.join(',') : node,
          path,
          findings,
        ),
    ]),
  ),
);

const DISTRIBUTION: Visit = (node, path, findings) => {
  if (node === null) return;
  for (const [name, child] of entriesOf(node, path, findings)) {
    if (name === 'monitoring') OURS(child, join(path, name), findings);
  }
};

/** Fills `findings` from the parsed and substituted file. */
export const visitFile = mapping({
  file_format: ignored,
  disabled: to('OTEL_SDK_DISABLED'),
  log_level: to('OTEL_LOG_LEVEL', logLevel),
  resource: mapping({
    attributes: each(namedPair('OTEL_RESOURCE_ATTRIBUTES')),
    attributes_list: list('OTEL_RESOURCE_ATTRIBUTES', 'first'),
  }),
  attribute_limits: mapping(attributeLimits('')),
  propagator: mapping({ composite: each(PROPAGATOR), composite_list: list('OTEL_PROPAGATORS', 'last') }),
  tracer_provider: mapping({
    processors: pipelines(
      'TRACES',
      choice({
        batch: mapping({
          schedule_delay: to('OTEL_BSP_SCHEDULE_DELAY'),
          export_timeout: to('OTEL_BSP_EXPORT_TIMEOUT'),
          max_queue_size: to('OTEL_BSP_MAX_QUEUE_SIZE'),
          max_export_batch_size: to('OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
          exporter: SPAN_EXPORTER,
        }),
        simple: mapping({ exporter: SPAN_EXPORTER }),
      }),
    ),
    limits: SPAN_LIMITS,
    sampler: sampler(''),
  }),
  meter_provider: mapping({
    readers: pipelines(
      'METRICS',
      choice({
        periodic: mapping({
          interval: to('OTEL_METRIC_EXPORT_INTERVAL'),
          timeout: to('OTEL_METRIC_EXPORT_TIMEOUT'),
          exporter: METRIC_EXPORTER,
        }),
      }),
    ),
  }),
  logger_provider: mapping({
    processors: pipelines(
      'LOGS',
      choice({ batch: mapping({ exporter: LOG_EXPORTER }), simple: mapping({ exporter: LOG_EXPORTER }) }),
    ),
    limits: mapping(attributeLimits('LOGRECORD_')),
  }),
  distribution: DISTRIBUTION,
});

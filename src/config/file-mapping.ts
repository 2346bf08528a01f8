import type { ConfigurationModel, OtlpGrpcExporterConfigModel } from '@opentelemetry/configuration';
import type { CheckedFile } from './file-faults.js';
import type { Findings } from './file-findings.js';
import { isScalar, leavesOf, type Scalar } from './file-paths.js';
import { takeSampler } from './file-sampler.js';
import { isInSelector, NO_VIEW, takeViews } from './file-views.js';
import { perhaps } from './nearest-name.js';
import { SETTING_NAMES, type SettingName, settings } from './settings.js';

/** From OpenTelemetry's model of a configuration file to settings. A setting's `file` is the path of the key that says the same. */

/** Fills `findings` from the model, and from what the model does not allow. */
export function mapFile({ model, faults }: Pick<CheckedFile, 'model' | 'faults'>, findings: Findings): void {
  findings.settle('file_format');
  for (const { path, value, expected } of faults) {
    if (isInSelector(path)) findings.refuse(path, value, expected, NO_VIEW);
    else if (!isScalar(value) || !takeScalar(path, value, findings)) findings.refuse(path, value, expected);
  }
  takePipelines('TRACES', model.tracer_provider?.processors, findings);
  takePipelines('METRICS', model.meter_provider?.readers, findings);
  takePipelines('LOGS', model.logger_provider?.processors, findings);
  takeViews(
    model.meter_provider?.views,
    faults.map(({ path }) => path),
    findings,
  );
  takeSampler(model.tracer_provider?.sampler, 'tracer_provider.sampler', findings);
  takeIdGenerator(model.tracer_provider?.id_generator, 'tracer_provider.id_generator', findings);
  takePropagators(model.propagator, findings);
  takeResource(model.resource, findings);
  takeDistribution(model.distribution, findings);
  const vain = leavesOf(model, findings.paths).filter(
    ({ path, value }) => !findings.isSettled(path) && !takeScalar(path, value, findings) && !isSoAnyway(path, value),
  );
  if (vain.length > 0) findings.refuseTogether(vain.map(({ path }) => path));
}

/** `a.b[].{c,d}` of the table as an expression of paths such as `a.b[0].c`. No path has a `*`. */
function patternOf(file: string): RegExp {
  const source = file
    .replace(/[.*]/g, '\\$&')
    .replaceAll('[]', '\\[\\d+\\]')
    .replace(/\{([^}]*)\}/g, (_, names: string) => `(?:${names.replaceAll(',', '|')})`);
  return new RegExp(`^${source}$`);
}

const PATTERNS = SETTING_NAMES.flatMap((name) => {
  const { file } = settings[name];
  return file === undefined ? [] : [{ name, pattern: patternOf(file) }];
});

/** Whether a setting takes the scalar at the path. */
function takeScalar(path: string, value: Scalar, findings: Findings): boolean {
  const name = PATTERNS.find(({ pattern }) => pattern.test(path))?.name;
  if (!name) return false;
  const translate = TRANSLATIONS[name] ?? ((text: string) => text);
  findings.give(name, translate(String(value)), path);
  return true;
}

const httpProtocol = (encoding: string) => `http/${encoding}`;

/** From the words of the file to the words of the variable. */
const TRANSLATIONS: Partial<Record<SettingName, (text: string) => string>> = {
  OTEL_LOG_LEVEL: logLevel,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: httpProtocol,
  OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: httpProtocol,
  OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: httpProtocol,
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: (text) => text.replace('_', ''),
};

/** The levels of the specification (`warn`, `warn2` …) as those of OTEL_LOG_LEVEL. */
function logLevel(name: string): string {
  const level = name.replace(/[2-4]$/, '');
  if (level === 'trace') return 'verbose';
  return level === 'fatal' ? 'error' : level;
}

/** Keys that no setting takes, and the value of each that is so here. */
const SO_ANYWAY: [RegExp, string][] = [[/^meter_provider\.exemplar_filter$/, 'always_off']];

function isSoAnyway(path: string, value: Scalar): boolean {
  return SO_ANYWAY.some(([key, so]) => key.test(path) && value === so);
}

type Signal = 'TRACES' | 'METRICS' | 'LOGS';

/** The kinds of processors or readers that a signal can have. */
const PIPELINES: Record<Signal, string[]> = {
  TRACES: ['batch', 'simple'],
  METRICS: ['periodic'],
  LOGS: ['batch', 'simple'],
};

/** By the name of the exporter in the file. */
const DESTINATIONS: Record<Signal, Record<string, string>> = {
  TRACES: { otlp_http: 'otlp', otlp_grpc: 'otlp', xray: 'xray', console: 'console' },
  METRICS: {
    otlp_http: 'otlp',
    otlp_grpc: 'otlp',
    cloudwatch: 'cloudwatch',
    cloudwatch_otlp: 'cloudwatch_otlp',
    emf: 'emf',
    console: 'console',
  },
  LOGS: { otlp_http: 'otlp', otlp_grpc: 'otlp', cloudwatch: 'cloudwatch', console: 'console' },
};

/** Processors or readers of a signal. Without an exporter the file turns the signal off, as the specification has it. */
function takePipelines(signal: Signal, pipelines: readonly object[] = [], findings: Findings): void {
  for (const pipeline of pipelines) {
    for (const [kind, options] of Object.entries<{ exporter?: object } | null>({ ...pipeline })) {
      const path = `${findings.paths.get(pipeline)}.${kind}`;
      if (!PIPELINES[signal].includes(kind)) findings.refuse(path, options, `one of ${PIPELINES[signal].join(', ')}`);
      else takeExporter(signal, options?.exporter, `${path}.exporter`, findings);
    }
  }
  const setting: SettingName = `OTEL_${signal}_EXPORTER`;
  if (!findings.given.has(setting)) findings.add(setting, 'none', 'file_format');
}

function takeExporter(signal: Signal, exporter: object = {}, path: string, findings: Findings): void {
  for (const [name, options] of Object.entries<OtlpGrpcExporterConfigModel>({ ...exporter })) {
    const at = `${path}.${name}`;
    const known = DESTINATIONS[signal];
    const destination = Object.hasOwn(known, name) ? known[name] : undefined;
    if (destination) findings.add(`OTEL_${signal}_EXPORTER`, destination, at);
    else findings.refuse(at, options, `one of ${Object.keys(known).join(', ')}`);
    if (destination === 'otlp') takeHeaders(signal, options, at, findings);
    if (name === 'otlp_grpc') findings.imply(`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`, 'grpc', at);
  }
}

function takeHeaders(signal: Signal, options: OtlpGrpcExporterConfigModel, path: string, findings: Findings): void {
  const name: SettingName = `OTEL_EXPORTER_OTLP_${signal}_HEADERS`;
  takePairs(name, options?.headers, findings);
  takeList(name, options?.headers_list, `${path}.headers_list`, findings);
}

/** `- name: …, value: …` as one `name=value` of the setting each. */
function takePairs(
  setting: SettingName,
  pairs: readonly { name: string; value: unknown }[] = [],
  findings: Findings,
): void {
  for (const pair of pairs) {
    const { name, value } = pair;
    const path = findings.paths.get(pair) ?? '';
    const text = `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`;
    if (isScalar(value)) findings.add(setting, text, path);
    else if (value !== null) findings.refuse(path, pair, 'a name and one value');
    findings.settle(path);
  }
}

/** Items of less weight than those that have a key each. */
function takeList(setting: SettingName, text: string | null | undefined, path: string, findings: Findings): void {
  findings.settle(path);
  if (text) findings.add(setting, text, path, 'first');
}

/** The ids of X-Ray are random but for the time that they begin with. */
function takeIdGenerator(generator: object = {}, path: string, findings: Findings): void {
  for (const [name, options] of Object.entries(generator)) {
    if (name !== 'random') findings.refuse(`${path}.${name}`, options, 'random, which cannot be changed', 'random');
  }
}

function takePropagators(propagator: ConfigurationModel['propagator'], findings: Findings): void {
  for (const each of propagator?.composite ?? []) {
    for (const name of Object.keys(each)) findings.add('OTEL_PROPAGATORS', name, findings.paths.get(each) ?? '');
  }
  const list = propagator?.composite_list;
  if (list) findings.add('OTEL_PROPAGATORS', list, 'propagator.composite_list');
  findings.settle('propagator.composite_list');
}

function takeResource(resource: ConfigurationModel['resource'], findings: Findings): void {
  takePairs('OTEL_RESOURCE_ATTRIBUTES', resource?.attributes, findings);
  takeList('OTEL_RESOURCE_ATTRIBUTES', resource?.attributes_list, 'resource.attributes_list', findings);
}

const OURS = 'MONITORING_';

/** `distribution: { monitoring: { max_series: 200 } }` is MONITORING_MAX_SERIES. The keys of other distributions are theirs. */
function takeDistribution(distribution: ConfigurationModel['distribution'], findings: Findings): void {
  const keys = SETTING_NAMES.filter((name) => name.startsWith(OURS)).map(keyOf);
  for (const [key, value] of Object.entries({ ...distribution?.monitoring })) {
    const path = `distribution.monitoring.${key}`;
    const name = SETTING_NAMES.find((each) => each.startsWith(OURS) && keyOf(each) === key);
    if (!name) findings.refuse(path, value, `the name of a MONITORING_ setting in lower case${perhaps(key, keys)}`);
    else takeOurs(name, value, path, findings);
  }
  findings.settle('distribution');
}

function keyOf(name: SettingName): string {
  return name.slice(OURS.length).toLowerCase();
}

function takeOurs(name: SettingName, value: unknown, path: string, findings: Findings): void {
  const items = [value].flat().filter((item) => item !== null && item !== '');
  if (!items.every(isScalar)) findings.refuse(path, value, 'one value or a sequence of values');
  else if (items.length > 0) findings.give(name, items.join(','), path);
}

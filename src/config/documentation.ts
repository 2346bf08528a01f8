import { SECTIONS, SETTING_NAMES, type SettingName, settingOf } from './settings.js';

/** docs/configuration.md, from the table of settings. `npm run docs` writes it. */
export function renderConfigurationDocs(): string {
  return [
    '<!-- Written by `npm run docs` from src/config/settings.ts. -->',
    '# Configuration',
    RULES,
    ...SECTIONS.map(renderSection),
    renderFileSection(),
    '',
  ].join('\n\n');
}

const RULES = `Settings are environment variables; none is required. \`monitoring config\` prints those in force, with who decided each.

- An empty variable counts as not set. Spaces around a value don't matter.
- A value that can't be used never stops the application. It is reported in one line, with what was expected and what is used instead:
  \`MONITORING_MAX_SERIES="abc" (environment): expected a whole number from 1 to 100000; using 500\`.
- Durations are whole milliseconds without a unit, as OpenTelemetry has it.
- In a list, names that are not known are left out and the others taken; \`none\` stands by itself.
- Secrets, marked below, are never printed. Neither are passwords in URLs.
- A \`MONITORING_*\` variable that is no setting is reported with the name that it resembles.
- AWS credentials are found as the AWS SDK finds them; no setting here holds any.`;

const OF_ONE_SIGNAL = /^OTEL_EXPORTER_OTLP_(?:TRACES|METRICS|LOGS)_/;

/** `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT` is told in the row of `OTEL_EXPORTER_OTLP_TIMEOUT`. */
function generalName(name: string): string {
  const general = name.replace(OF_ONE_SIGNAL, 'OTEL_EXPORTER_OTLP_');
  return SETTING_NAMES.some((known) => known === general) ? general : name;
}

function renderSection(section: (typeof SECTIONS)[number]): string {
  const names = SETTING_NAMES.filter((name) => settingOf(name).section === section && generalName(name) === name);
  const heading = [`## ${section}`, '', '| Setting | Default | Accepts | Meaning |', '|---|---|---|---|'];
  return [...heading, ...names.map(renderRow)].join('\n');
}

function renderRow(name: SettingName): string {
  const { otherwise, type, meaning, secret } = settingOf(name);
  const ofOneSignal = SETTING_NAMES.filter((other) => other !== name && generalName(other) === name);
  const forOne = ofOneSignal.length > 0 ? `<br>for one signal: ${ofOneSignal.map(code).join(', ')}` : '';
  const cells = [code(name) + forOne, otherwise, type.expected, secret ? `${meaning} Secret.` : meaning];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function code(name: string): string {
  return `\`${name}\``;
}

function renderFileSection(): string {
  const rows = SETTING_NAMES.flatMap((name) => {
    const { file } = settingOf(name);
    return file && !name.startsWith('OTEL_EXPORTER_OTLP_') ? [`| ${code(name)} | ${code(file)} |`] : [];
  });
  return [FILE_INTRODUCTION, '', '| Setting | In the file |', '|---|---|', ...rows, OTLP_ROW].join('\n');
}

const OTLP_ROW =
  '| `OTEL_EXPORTER_OTLP_*` | `otlp_http` or `otlp_grpc` of the exporter: `endpoint`, `headers`, `headers_list`, `encoding`, `timeout`, `compression`, `tls`, `temporality_preference`, `default_histogram_aggregation` |';

const FILE_INTRODUCTION = `## Configuration file

\`OTEL_CONFIG_FILE\` names a file in OpenTelemetry's declarative format (YAML, \`file_format\` 1.x), with \`\${NAME}\` and \`\${NAME:-default}\` replaced
from the environment. As the specification has it, the file then decides what a file can say: the variables in the table below are ignored, and reported unless
the file refers to them. A signal that the file names no exporter of is off. Anything else that the file leaves out has the default of this page. Two variables
are stronger than the file: \`OTEL_SDK_DISABLED=true\`, and any \`MONITORING_*\` variable.

OpenTelemetry's own model of the file (\`@opentelemetry/configuration\`) says what is allowed. What it does not allow is reported, one line a key, and the rest of the
file is used. Keys that it allows and that mean nothing here (\`exemplar_filter\`, say) are reported together in one line. A file that can't be read, or is not YAML, is
reported once and not used.

Views (\`meter_provider.views\`) change the metrics of the application, the host, requests and instrumentations, not \`monitoring.exporter.*\`, which the worker counts.

- A view drops a metric, or gives it another name, description or aggregation, fewer attributes (\`attribute_keys\`, patterns with \`*\` and \`?\` allowed) or a limit of series.
- Metrics of requests and of instrumentations are kept outside OpenTelemetry's SDK. They take \`drop\`, names, descriptions and attributes. Their aggregation and their
  limits stay, which one line for each view says.
- With \`cloudwatch\`, \`http.server.request.duration\` keeps the attributes that faults, errors and routes need; \`MONITORING_METRIC_DIMENSIONS\` chooses dimensions. A
  view that drops or renames this metric takes faults and errors away, too. Dashboards and alarms look for the names that this package gives.
- A histogram stays of the kind that it has without views (\`default_histogram_aggregation\`) unless the view says otherwise.
- \`instrument_name\` has at most one \`*\`, \`meter_schema_url\` selects nothing, and two views that select one instrument need different names: the SDK would count it twice.
  A view that breaks one of these rules, or whose selector has a key that is not known, is not used, and one line says so.

Beside the standard names, exporters may be \`xray\`, \`cloudwatch\`, \`cloudwatch_otlp\` and \`emf\`, propagators \`xray\`, samplers \`xray\` and (in \`parent_based\`)
\`reservoir\`. \`MONITORING_*\` settings are written in lower case and without the prefix under \`distribution.monitoring\`.

\`\`\`yaml
file_format: "1.0"
resource:
  attributes:
    - name: service.name
      value: \${SERVICE:-checkout}
propagator:
  composite:
    - xray:
    - tracecontext:
    - baggage:
tracer_provider:
  sampler:
    parent_based:
      root:
        reservoir:
          per_second: 1
          ratio: 0.05
  processors:
    - batch:
        max_queue_size: 32768
        exporter:
          xray:
meter_provider:
  readers:
    - periodic:
        interval: 60000
        exporter:
          cloudwatch:
  views:
    - selector:
        instrument_name: http.client.request.duration
      stream:
        attribute_keys:
          excluded:
            - server.port
logger_provider:
  processors:
    - batch:
        exporter:
          otlp_http:
            endpoint: http://localhost:4318/v1/logs
distribution:
  monitoring:
    max_series: 200
    error_log_group: /checkout/errors
\`\`\``;

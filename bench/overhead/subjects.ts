import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface Subject {
  readonly name: string;
  readonly title: string;
  /** Flags of Node that preload it. */
  flags(): string[];
  /** A file of the package whose version is told; default: what the last flag names. */
  packageFile?(): string;
  env(telemetryUrl: string): Record<string, string>;
}

const require = createRequire(import.meta.url);

const REGISTER = fileURLToPath(new URL('../../dist/register.cjs', import.meta.url));

const ours = (name: string, title: string, settings: Record<string, string> = {}): Subject => ({
  name,
  title,
  flags: () => ['--require', REGISTER],
  env: (url) => ({
    AWS_REGION: 'us-west-2',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_ENDPOINT_URL: url,
    ...settings,
  }),
});

const otlp = (url: string): Record<string, string> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: url,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
});

const UPSTREAM = '@opentelemetry/auto-instrumentations-node/register';

/** Everybody at defaults, apart from where to send to. */
export const SUBJECTS: readonly Subject[] = [
  { name: 'bare', title: 'bare', flags: () => [], env: () => ({}) },
  ours('ours', '`@org/monitoring`'),
  ours('ours-off', '`@org/monitoring`, nothing sampled', { OTEL_TRACES_SAMPLER: 'always_off' }),
  ours('ours-all', '`@org/monitoring`, everything sampled', {
    OTEL_TRACES_SAMPLER: 'always_on',
    MONITORING_TRACE_BUDGET: 'none',
  }),
  ours('ours-full', '`@org/monitoring`, `…_REQUEST_PATH=full`', { MONITORING_REQUEST_PATH: 'full' }),
  {
    name: 'upstream',
    title: 'OpenTelemetry auto-instrumentations',
    flags: () => ['--require', require.resolve(UPSTREAM)],
    env: otlp,
  },
  {
    name: 'upstream-5',
    title: 'the same, 5 % sampled',
    flags: () => ['--require', require.resolve(UPSTREAM)],
    env: (url) => ({
      ...otlp(url),
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.05',
    }),
  },
  {
    name: 'adot',
    title: 'ADOT JS (AWS)',
    flags: () => ['--require', require.resolve('@aws/aws-distro-opentelemetry-node-autoinstrumentation/register')],
    env: otlp,
  },
  {
    name: 'edot',
    title: 'EDOT (Elastic)',
    flags: () => ['--import', pathToFileURL(require.resolve('@elastic/opentelemetry-node')).href],
    env: otlp,
  },
  {
    name: 'dd-trace',
    title: 'dd-trace (Datadog)',
    flags: () => ['--require', require.resolve('dd-trace/init')],
    env: (url) => ({ DD_TRACE_AGENT_URL: url }),
  },
  {
    name: 'sentry',
    title: 'Sentry, `tracesSampleRate: 1`',
    flags: () => ['--require', fileURLToPath(new URL('./sentry.cjs', import.meta.url))],
    packageFile: () => require.resolve('@sentry/node'),
    env: (url) => ({ SENTRY_DSN: url.replace('http://', 'http://key@').concat('/1') }),
  },
];

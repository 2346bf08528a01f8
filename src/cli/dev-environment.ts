import type { Environment } from '../config/environment.js';

/** What the application under `monitoring dev` finds in its environment. */
export interface DevSetting {
  readonly name: string;
  readonly value: string;
}

/** Where the application's own account would come from; files of the AWS CLI are looked at by the caller. */
export interface AwsAccount {
  readonly credentials: boolean;
  readonly region: boolean;
}

/** Milliseconds between exports: soon enough to watch, long enough to make a datum of more than one request. */
const EXPORT_INTERVAL = '2000';
const SPAN_DELAY = '1000';

/** Commands that are Node themselves, but are not the application: npm tells its scripts the options, and keeps out of them itself. */
const RUNNERS = /^(npm|npx|pnpm|pnpx)(\.cmd)?$/i;

/**
 * Only what must differ from production: the destination, which is local, and the pace. What the environment says already stays, but for
 * destinations. AWS endpoints are set by service, so that the application's own calls of other services go where they always go.
 *
 * @param url the local endpoint's address
 * @param register the preload's file
 */
export function devEnvironment(
  env: Environment,
  aws: AwsAccount,
  { url, register, command }: { readonly url: string; readonly register: string; readonly command: string },
): DevSetting[] {
  const settings: [string, string][] = [
    ['AWS_ENDPOINT_URL_CLOUDWATCH', url],
    ['AWS_ENDPOINT_URL_CLOUDWATCH_LOGS', url],
    ['AWS_ENDPOINT_URL_XRAY', url],
    ...otlpEndpoints(env, url),
    ...otlpProtocols(env),
    [nodeOptionsName(command), withPreload(env[nodeOptionsName(command)], register)],
  ];
  const defaults: [string, string][] = [
    ['OTEL_METRIC_EXPORT_INTERVAL', EXPORT_INTERVAL],
    ['OTEL_METRIC_EXPORT_TIMEOUT', EXPORT_INTERVAL],
    ['OTEL_BSP_SCHEDULE_DELAY', SPAN_DELAY],
    ['OTEL_TRACES_SAMPLER', 'parentbased_always_on'],
    // Which series there are then follows from the requests, and not from chance.
    ['MONITORING_HOST_METRICS_SAMPLE_RATIO', '1'],
    // The page costs nothing.
    ['MONITORING_TRACE_BUDGET', 'none'],
    ...(aws.region ? [] : ([['AWS_REGION', 'us-east-1']] as [string, string][])),
  ];
  if (!aws.credentials) settings.push(['AWS_ACCESS_KEY_ID', 'local'], ['AWS_SECRET_ACCESS_KEY', 'local']);
  return [...settings, ...defaults.filter(([name]) => !env[name])].map(([name, value]) => ({ name, value }));
}

/** A collector that the environment names is for production. */
function otlpEndpoints(env: Environment, url: string): [string, string][] {
  const signals = ['TRACES', 'METRICS', 'LOGS'] as const;
  const own = signals.map((signal) => [`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`, `${url}/v1/${signal.toLowerCase()}`]);
  const all = [['OTEL_EXPORTER_OTLP_ENDPOINT', url], ...own] as [string, string][];
  return all.filter(([name]) => env[name]);
}

/** The page takes OTLP by HTTP. */
function otlpProtocols(env: Environment): [string, string][] {
  return ['', 'TRACES_', 'METRICS_', 'LOGS_']
    .map((signal) => `OTEL_EXPORTER_OTLP_${signal}PROTOCOL`)
    .filter((name) => env[name]?.trim() === 'grpc')
    .map((name) => [name, 'http/protobuf']);
}

const nodeOptionsName = (command: string): string =>
  RUNNERS.test(command.slice(Math.max(command.lastIndexOf('/'), command.lastIndexOf('\\')) + 1))
    ? 'npm_config_node_options'
    : 'NODE_OPTIONS';

/** NODE_OPTIONS is split at spaces; inside double quotes, backslash and double quote are written with a backslash. */
function withPreload(options: string | undefined, register: string): string {
  const file = /[\s"\\]/.test(register) ? `"${register.replace(/[\\"]/g, '\\$&')}"` : register;
  return `${options ? `${options} ` : ''}--require ${file}`;
}

/** Whether the environment alone gives the application credentials and a region. */
export function accountOf(
  env: Environment,
  files: { readonly credentials: boolean; readonly region: boolean },
): AwsAccount {
  const sources = [
    'AWS_ACCESS_KEY_ID',
    'AWS_PROFILE',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ];
  return {
    credentials: files.credentials || sources.some((name) => env[name]),
    region: files.region || Boolean(env.AWS_REGION || env.AWS_DEFAULT_REGION),
  };
}

import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { type Environment, environment } from '../config/environment.js';
import { readConfiguration } from '../config/read.js';
import { startGuard } from '../guardian/guard.js';
import { describeCost, inDollars } from '../pricing/monthly-cost.js';
import { describeTrafficPrices } from '../pricing/traffic.js';
import type { Studio } from '../studio/endpoint.js';
import type { CostView } from '../studio/views/cost.js';
import type { Overview } from '../studio/views/overview.js';
import { commandLines } from './command-lines.js';
import { accountOf, type DevSetting, devEnvironment } from './dev-environment.js';
import { CouldNotRun, FAILED, OK } from './exit.js';
import { productionOf } from './production.js';
import { type Ended, endedBy, FORWARDED, forwards, STOPPED_BY } from './signals.js';
import type { Terminal } from './terminal.js';

/** Where OpenTelemetry SDKs and collectors send without being told; taken when it is free. */
const OTLP_PORT = 4318;
const MEBIBYTE = 1024 * 1024;
const MIN_MEMORY = 1;

interface DevOptions {
  readonly port?: number;
  readonly keep?: boolean;
  readonly maxCost?: number;
  readonly requestsPerMonth?: number;
  readonly dashboards?: string[];
  readonly memory: number;
}

/** `monitoring dev`: the local endpoint and its page, and a command that sends there. */
export function devCommand(terminal: Terminal): Command {
  return new Command('dev')
    .description('see dashboards, errors, traces and the cost of an application here, before AWS does')
    .argument(
      '[command...]',
      'what to run, preloaded and pointed at the page; without it, the page waits for whoever sends',
    )
    .option(
      '--port <number>',
      `of the page and of all that is sent to it (default: ${OTLP_PORT}, or any when that is taken)`,
      portNumber,
    )
    .option('--keep', 'stay when the command has ended, until Ctrl-C')
    .option(
      '--max-cost <dollars>',
      'exit with 1 when the series would cost more a month; with --requests-per-month error logs and traces as well',
      dollarAmount,
    )
    .option('--requests-per-month <number>', 'how many requests like these come in production', requestCount)
    .option('--dashboards <folder>', 'show the dashboard bodies (*.json) in it as well; may be repeated', collect)
    .option('--memory <MiB>', 'for what has arrived; the oldest is pushed out', memorySize, 64)
    .passThroughOptions()
    .addHelpText('after', HELP)
    .action(async (command: string[], options: DevOptions) => {
      process.exitCode = await dev(command, options, terminal);
    });
}

const HELP = `
The command gets NODE_OPTIONS with the preload, the address of the page as its AWS endpoint of CloudWatch, CloudWatch Logs and X-Ray,
short export intervals, and every request traced; what its environment says of these already stays. The page listens on 127.0.0.1 only, and
nothing leaves this machine. Ends with the exit code of the command.

  $ monitoring dev -- node app.js
  $ monitoring dev -- npm start
  $ monitoring dev --dashboards ./dashboards -- node app.js
  $ monitoring dev --max-cost 20 -- npm run test:load
  $ monitoring dev --max-cost 50 --requests-per-month 10000000 -- npm run test:load
  $ monitoring dev`;

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('A port is 0 to 65535; 0 is any.');
  return port;
}

function requestCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Requests a month, like 10000000.');
  return Number(text);
}

function dollarAmount(text: string): number {
  const amount = Number(text.replace(/^\$/, ''));
  if (text.trim() === '' || !(amount >= 0)) throw new InvalidArgumentError('Dollars a month, like 20.');
  return amount;
}

function memorySize(text: string): number {
  const size = Number(text);
  if (!(size >= MIN_MEMORY && size <= 4096)) throw new InvalidArgumentError(`Mebibytes, ${MIN_MEMORY} to 4096.`);
  return size;
}

const collect = (folder: string, before: string[] = []): string[] => [...before, folder];

async function dev(command: string[], options: DevOptions, terminal: Terminal): Promise<number> {
  const folders = (options.dashboards ?? []).map(dashboardFolder);
  const studio = await startPage(options, folders);
  const say = (text: string): void => terminal.problem(`[monitoring] ${text}`);
  say(`${terminal.style('strong', studio.url)} shows what arrives there; nothing leaves this machine`);
  try {
    const [file, ...args] = command;
    if (file === undefined) {
      for (const line of howToSend(studio.url)) terminal.problem(line);
      await interrupted();
      return await verdict(studio, options, say, OK);
    }
    const ended = await run(file, args, studio.url);
    for await (const line of summary(studio, options)) say(line);
    if (options.keep) {
      say(`the command has ended (${ended.signal ?? ended.code}); the page stays until Ctrl-C`);
      await interrupted();
    }
    const code = await verdict(studio, options, say, ended.code);
    // Ends as the command did, so that whoever started this command sees the same.
    if (ended.signal !== undefined && code === ended.code) process.kill(process.pid, ended.signal);
    return code;
  } finally {
    await studio.close();
  }
}

function dashboardFolder(given: string): string {
  const folder = resolve(given);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CouldNotRun(`--dashboards ${given}: there is no such folder`);
  }
  return folder;
}

async function startPage({ port, memory }: DevOptions, folders: readonly string[]): Promise<Studio> {
  const { startStudio } = await import('../studio/endpoint.js');
  const start = (on: number): Promise<Studio> =>
    startStudio({
      port: on,
      maxBytes: memory * MEBIBYTE,
      ...productionOf(environment()),
      editor: readConfiguration(environment()).configuration.editor,
      dashboards: [join(__dirname, '../dashboards'), ...folders],
    });
  try {
    return await start(port ?? OTLP_PORT);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (port === undefined && code === 'EADDRINUSE') return start(0);
    throw new CouldNotRun(
      `cannot listen on 127.0.0.1:${port ?? OTLP_PORT} (${code ?? error}); --port 0 takes any that is free`,
    );
  }
}

const howToSend = (url: string): string[] => [
  '',
  'An application with the preload:',
  ...commandLines(
    [
      ['AWS_ENDPOINT_URL', url],
      ['AWS_REGION', 'us-east-1'],
      ['AWS_ACCESS_KEY_ID', 'local'],
      ['AWS_SECRET_ACCESS_KEY', 'local'],
      ['OTEL_METRIC_EXPORT_INTERVAL', '2000'],
      ['OTEL_METRIC_EXPORT_TIMEOUT', '2000'],
    ],
    'node --require @org/monitoring/register app.js',
  ),
  'Any other OpenTelemetry SDK, or a collector:',
  `  OTEL_EXPORTER_OTLP_ENDPOINT=${url} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`,
  '',
  'Ctrl-C ends.',
];

const interrupted = (): Promise<unknown> =>
  new Promise((resolve) => {
    for (const signal of STOPPED_BY) process.once(signal, resolve);
  });

/** Milliseconds that a command has to end when its terminal is gone. Then it ends with `monitoring dev`. */
const AFTER_HANGUP = 3000;

/**
 * Signals go on to the command, which ends the way it always does; a terminal's Ctrl-C has reached it already. The guardian ends what outlives
 * this process.
 */
async function run(file: string, args: readonly string[], url: string): Promise<Ended> {
  // On Windows a command such as npm is a script (npm.cmd), which only its interpreter can run.
  const { default: spawn } = await import('cross-spawn');
  const env = { ...environment() };
  const register = join(__dirname, 'register.cjs');
  for (const { name, value } of settingsFor(env, { url, register, command: file })) env[name] = value;
  return new Promise((resolve, reject) => {
    const guard = startGuard();
    const child = spawn(file, args, { stdio: 'inherit', env });
    if (child.pid !== undefined) guard.watch(child.pid);
    const forward = (signal: NodeJS.Signals): void => {
      guard.remember();
      if (forwards(signal)) child.kill(signal);
      if (signal === 'SIGHUP') setTimeout(() => ended(null, signal), AFTER_HANGUP);
    };
    const ended = (code: number | null, signal: NodeJS.Signals | null): void => {
      for (const name of FORWARDED) process.removeListener(name, forward);
      resolve(endedBy(code, signal));
    };
    for (const signal of FORWARDED) process.on(signal, forward);
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new CouldNotRun(`cannot run ${file}: ${error.code === 'ENOENT' ? 'there is no such command' : error.message}`),
      ),
    );
    child.once('exit', ended);
  });
}

function settingsFor(env: Environment, where: Parameters<typeof devEnvironment>[2]): DevSetting[] {
  const folder = join(homedir(), '.aws');
  const configuration = read(env.AWS_CONFIG_FILE ?? join(folder, 'config'));
  const credentials = read(env.AWS_SHARED_CREDENTIALS_FILE ?? join(folder, 'credentials'));
  const account = accountOf(env, {
    credentials:
      credentials !== '' ||
      /^\s*(sso_|credential_process|role_arn|aws_access_key_id|login_session)/m.test(configuration),
    region: /^\s*region\s*=/m.test(configuration),
  });
  return devEnvironment(env, account, where);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

async function ask<T>(studio: Studio, path: string): Promise<T> {
  return (await (await fetch(studio.url + path)).json()) as T;
}

/** How much arrived, and what a month of it costs. */
async function* summary(studio: Studio, { requestsPerMonth }: DevOptions): AsyncGenerator<string> {
  const { anything, requests, errors } = await ask<Overview>(studio, '/api/overview');
  if (!anything) {
    yield 'nothing has arrived: did the command start Node.js? `monitoring doctor` looks for reasons';
    return;
  }
  const kinds = errors.kinds === 1 ? '1 kind' : `${errors.kinds} kinds`;
  yield `${requests.total} requests, ${errors.total} errors of ${kinds}`;
  const { says, traffic, at } = await askCost(studio, requestsPerMonth);
  yield `cost: ${says}`;
  if (at !== null) yield `cost at ${at.requests} requests a month: ${describeCost(at.cost)}`;
  else if (traffic !== null)
    yield `${describeTrafficPrices(traffic.prices)}; --requests-per-month <number> adds them up`;
}

const askCost = (studio: Studio, requestsPerMonth: number | undefined): Promise<CostView> =>
  ask(studio, requestsPerMonth === undefined ? '/api/cost' : `/api/cost?requests=${requestsPerMonth}`);

/**
 * Judges what follows from the work alone: the series, and all of it where the requests a month are given. The
 * command's own failure counts more than the cost.
 */
async function verdict(
  studio: Studio,
  { maxCost, requestsPerMonth }: DevOptions,
  say: (text: string) => void,
  code: number,
): Promise<number> {
  if (maxCost === undefined) return code;
  const cost = await askCost(studio, requestsPerMonth);
  const dollars = cost.at?.cost.dollars ?? cost.dollars;
  if (dollars <= maxCost) return code;
  const most = cost.metrics.slice(0, 3).map(({ name, series }) => `${name} ${series} series`);
  say(`would cost ${inDollars(dollars)} a month, more than ${inDollars(maxCost)}: ${most.join(', ')}`);
  return code === OK ? FAILED : code;
}

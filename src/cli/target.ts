import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { partitionOf } from '../../exporters/aws/endpoints.js';
import { sanitiseNamespace, sanitiseValue } from '../../exporters/cloudwatch-metrics/dimensions.js';
import { environmentOf } from '../../exporters/cloudwatch-metrics/entity.js';
import { name, version } from '../../package.json';
import type { TemplateValues } from '../cloudwatch/template.js';
import type { Configuration, IdentifiedConfiguration, Problem } from '../config/configuration.js';
import { namedEndpoints } from '../config/endpoints.js';
import type { Environment } from '../config/environment.js';
import { type Reading, readConfiguration } from '../config/read.js';
import type { SettingName } from '../config/settings.js';
import { identify } from '../resource/identity.js';
import { CouldNotRun } from './exit.js';
import { entryFile, findRunning, type RunningProcess } from './running.js';
import { describeProcess, disagreements, type Named, sortProcesses } from './which-process.js';

/** What the application calls itself and where its telemetry goes, as it would find out here; or as the options say. */
export interface Target extends TemplateValues {
  /** The endpoints, FIPS and dual stack of the profile in `~/.aws` are among the settings. */
  readonly configuration: Configuration;
  /** The same with the names in AWS that follow from the service. */
  readonly identified: IdentifiedConfiguration;
  /** What is wrong with the settings. */
  readonly problems: readonly Problem[];
  /** What is wrong with the profile, one line each. */
  readonly remarks: readonly string[];
  /** `aws`, `aws-cn`, … */
  readonly partition: string;
  /** Empty: no region is known, and {@link Target.region} stands for any. */
  readonly regionFrom: 'option' | 'settings' | 'profile' | '';
}

/** Of a command that speaks of an application: which one is meant. */
export interface SubjectOptions {
  /** The entry file. */
  readonly app?: string;
  /** The running process; `none`: no process, but the entry or this shell. */
  readonly pid?: number | 'none';
  readonly service?: string;
  /** Nobody is asked; a process only when `pid` names it, for its socket is a file of this machine. */
  readonly offline?: boolean;
}

/**
 * Whose settings a command speaks of. The running process, if it is the one meant, goes before the named entry, and the entry before this
 * shell. A process is taken when it is named, or when it disagrees with nothing that is named and no other remains.
 */
export interface Subject {
  readonly running?: RunningProcess;
  /** The entry file by which the application is found: the named one, or that of the process. */
  readonly entry?: string;
  /** In a few words, for a line of output: `process 4711`, `dist/app.js`, `this shell`. */
  readonly whose: string;
  /** The same for the head of an answer, with the processes that are not meant, and why. */
  readonly source: string;
  /** The environment of this shell, with what the options name. */
  readonly env: Environment;
  /** The settings of that environment. */
  readonly reading: Reading;
}

/** {@link addSubjectOptions} as commander reads them. */
export type SubjectFlags = { -readonly [Name in 'app' | 'pid' | 'service']?: SubjectOptions[Name] | undefined };

export function subjectOf({ app, pid, service }: SubjectFlags): SubjectOptions {
  return {
    ...(app !== undefined && { app }),
    ...(pid !== undefined && { pid }),
    ...(service !== undefined && { service }),
  };
}

export function addSubjectOptions(command: Command): Command {
  return command
    .option('--app <entry file>', "the application's entry: the process that runs it, else its files and this shell")
    .addOption(
      new Option('--pid <pid>', 'the running process; none: no process is asked').argParser((text) =>
        text === 'none' ? text : processId(text),
      ),
    )
    .option('--service <name>', 'the service (default: OTEL_SERVICE_NAME, else the one that runs here)');
}

function processId(text: string): number {
  const pid = Number(text);
  if (!Number.isInteger(pid) || pid <= 0) throw new InvalidArgumentError('Expected the number of a process, or none.');
  return pid;
}

/** @throws CouldNotRun when the named process can't be asked or is another one, or when several may be meant */
export async function findSubject(options: SubjectOptions, shell: Environment): Promise<Subject> {
  const env = options.service === undefined ? shell : { ...shell, OTEL_SERVICE_NAME: options.service };
  const reading = readConfiguration(env);
  const ranked = await findProcess(options, reading);
  const entry = options.app ?? ranked.running?.snapshot.application?.entry;
  return { ...ranked, ...(entry !== undefined && { entry }), env, reading };
}

type Ranked = Pick<Subject, 'running' | 'whose' | 'source'>;

async function findProcess(options: SubjectOptions, reading: Reading): Promise<Ranked> {
  const { pid, offline = false, app } = options;
  if (pid === 'none') return withoutProcess(app, 'no process was asked');
  if (typeof pid === 'number') return namedProcess(pid, options, reading);
  if (offline) return withoutProcess(app, 'no process was asked');
  const { running, silent } = await findRunning(reading.configuration.runFolder);
  const { candidates, strangers } = sortProcesses(running, {
    ...namedByOptions(options),
    ...namedByShell(options, reading),
  });
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) return ofProcess(only);
  if (only !== undefined) throw new CouldNotRun(severalMayBeMeant(candidates));
  const passedOver = [
    ...strangers.map(({ process, because }) => `process ${process.pid} is another: ${because.join('; ')}`),
    ...silent.map((each) => `process ${each.pid} does not answer: ${each.reason}`),
  ];
  const remark = passedOver.length > 0 ? `${passedOver.join('. ')}. --pid asks it` : 'no running process was found';
  return withoutProcess(app, remark);
}

const ofProcess = (running: RunningProcess): Ranked => ({
  running,
  whose: `process ${running.pid}`,
  source: `running process ${running.pid}`,
});

function withoutProcess(app: string | undefined, remark: string): Ranked {
  if (app === undefined) return { whose: 'this shell', source: `settings of this shell; ${remark}` };
  return { whose: app, source: `entry ${app} with the settings of this shell; ${remark}` };
}

async function namedProcess(pid: number, options: SubjectOptions, { configuration }: Reading): Promise<Ranked> {
  const { running, silent } = await findRunning(configuration.runFolder, pid);
  const [process] = running;
  if (process === undefined) {
    const folder = configuration.runFolder ?? 'a run folder (MONITORING_RUN_FOLDER=none)';
    const [why] = silent;
    throw new CouldNotRun(
      why === undefined
        ? `process ${pid} has no status socket in ${folder}; is it this user's, and preloaded?`
        : `process ${pid} can't be asked: ${why.reason}`,
    );
  }
  const because = disagreements(process, namedByOptions(options));
  if (because.length > 0) throw new CouldNotRun(`process ${pid} is another one: ${because.join('; ')}`);
  return ofProcess(process);
}

function severalMayBeMeant(candidates: readonly RunningProcess[]): string {
  const lines = candidates.map((each) => `  ${describeProcess(each)}`);
  return [`${candidates.length} running processes may be meant: --pid or --service names one`, ...lines].join('\n');
}

function namedByOptions({ service, app }: SubjectOptions): Named {
  return {
    ...(service !== undefined && { service: { value: service, by: '--service' } }),
    ...(app !== undefined && { entry: { value: entryFile(app) ?? resolve(app), by: '--app' } }),
    endpoints: {},
  };
}

/** What this shell's settings name. What follows from a profile, or from the package.json here, is not named. */
function namedByShell({ service }: SubjectOptions, reading: Reading): Named {
  const { configuration, values, origins } = reading;
  const name = configuration.serviceName ?? configuration.resourceAttributes['service.name'];
  const given = (value: string | undefined, by: string) => (value ? { value, by: `${by} here` } : undefined);
  const by = (setting: SettingName) => (origins[setting] === 'default' ? undefined : values[setting]);
  const named = {
    // The option goes before the setting.
    service:
      service === undefined ? given(name === undefined ? undefined : String(name), 'OTEL_SERVICE_NAME') : undefined,
    region: given(configuration.aws.region, 'AWS_REGION'),
    namespace: given(by('MONITORING_NAMESPACE') as string | undefined, 'MONITORING_NAMESPACE'),
    logGroup: given(by('MONITORING_ERROR_LOG_GROUP') as string | undefined, 'MONITORING_ERROR_LOG_GROUP'),
  };
  const present = Object.entries(named).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(present), endpoints: namedEndpoints(configuration) };
}

export interface TargetOptions {
  readonly service?: string;
  readonly environment?: string;
  readonly namespace?: string;
  readonly region?: string;
  readonly logGroup?: string;
  readonly profile?: string;
}

export function addTargetOptions(command: Command): Command {
  return command
    .option('--service <name>', 'service (default: as the application would find it here)')
    .option('--environment <name>', 'deployment environment (default: likewise)')
    .option('--namespace <name>', 'CloudWatch namespace of the metrics (default: likewise)')
    .option('--log-group <name>', 'log group of the errors (default: likewise)')
    .option('--region <name>', 'region of metrics and logs (default: AWS_REGION, else the profile’s)')
    .option('--profile <name>', 'profile in ~/.aws to call AWS with (default: AWS_PROFILE)');
}

/** Loaded when a command asks: OpenTelemetry's API comes with them, which no help has to wait for. */
const profiles = () => ({
  ...(require('./aws/services.js') as Pick<typeof import('./aws/services.js'), 'withProfile'>),
  ...(require('../../exporters/aws/service-location.js') as Pick<
    typeof import('../../exporters/aws/service-location.js'),
    'profileRegion'
  >),
});

/** Stands for the region in checks that need none. */
const ANY_REGION = 'us-east-1';

/** Who the application is in CloudWatch, and where it sends to, from the settings in `env` and the package.json here; options win. */
export async function findTarget(options: TargetOptions, env: Environment): Promise<Target> {
  const given = { ...env, ...(options.profile && { AWS_PROFILE: options.profile }) };
  const reading = readConfiguration(given);
  const remarks = new Set<string>();
  const say = (line: string) => void remarks.add(line);
  const configuration = { ...reading.configuration, aws: await profiles().withProfile(reading.configuration.aws, say) };
  const named = options.service === undefined ? configuration : { ...configuration, serviceName: options.service };
  const identity = identify(named, env, {
    distro: { name, version },
    pid: process.pid,
    nodeVersion: process.versions.node,
  });
  const region = await findRegion(options, configuration, say);
  return {
    configuration,
    identified: identity.configuration,
    problems: reading.problems,
    remarks: [...remarks],
    service: sanitiseValue(identity.service.name),
    environment: sanitiseValue(options.environment ?? environmentOf(identity.attributes)),
    namespace: sanitiseNamespace(options.namespace ?? identity.configuration.metrics.namespace) ?? '',
    logGroup: options.logGroup ?? identity.configuration.logs.group,
    ...region,
    partition: partitionOf(region.region).name,
  };
}

async function findRegion(
  options: TargetOptions,
  { aws }: Configuration,
  say: (line: string) => void,
): Promise<Pick<Target, 'region' | 'regionFrom'>> {
  if (options.region !== undefined) {
    if (!/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/.test(options.region)) {
      throw new CouldNotRun(`--region ${options.region}: expected a region such as us-west-2`);
    }
    return { region: options.region, regionFrom: 'option' };
  }
  if (aws.region) return { region: aws.region, regionFrom: 'settings' };
  const ofProfile = await profiles().profileRegion(aws.profile, say);
  return ofProfile ? { region: ofProfile, regionFrom: 'profile' } : { region: ANY_REGION, regionFrom: '' };
}

/** @throws CouldNotRun where no region is known */
export function requireRegion({ regionFrom }: Target): void {
  if (regionFrom === '')
    throw new CouldNotRun('no AWS region: set AWS_REGION, give --region, or set one in the profile');
}

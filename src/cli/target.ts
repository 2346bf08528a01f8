import type { Command } from 'commander';
import { partitionOf } from '../../exporters/aws/endpoints.js';
import { sanitiseNamespace, sanitiseValue } from '../../exporters/cloudwatch-metrics/dimensions.js';
import { environmentOf } from '../../exporters/cloudwatch-metrics/entity.js';
import { name, version } from '../../package.json';
import type { TemplateValues } from '../cloudwatch/template.js';
import type { Configuration, Problem } from '../config/configuration.js';
import type { Environment } from '../config/environment.js';
import { readConfiguration } from '../config/read.js';
import { regionOfProfile } from '../resource/credentials-source.js';
import { homeDirectory, identify, readText } from '../resource/identity.js';
import { CouldNotRun } from './exit.js';

/** What the application calls itself and where its telemetry goes, as it would find out here; or as the options say. */
export interface Target extends TemplateValues {
  readonly configuration: Configuration;
  /** What is wrong with the settings. */
  readonly problems: readonly Problem[];
  /** `aws`, `aws-cn`, … */
  readonly partition: string;
  /** Empty: no region is known, and {@link Target.region} stands for any. */
  readonly regionFrom: 'option' | 'settings' | 'profile' | '';
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

/** Stands for the region in checks that need none. */
const ANY_REGION = 'us-east-1';

/** Who the application is in CloudWatch, and where it sends to, from the settings in `env` and the package.json here; options win. */
export function findTarget(options: TargetOptions, env: Environment): Target {
  const given = { ...env, ...(options.profile && { AWS_PROFILE: options.profile }) };
  const { configuration, problems } = readConfiguration(given);
  const named = options.service === undefined ? configuration : { ...configuration, serviceName: options.service };
  const identity = identify(named, env, {
    distro: { name, version },
    pid: process.pid,
    nodeVersion: process.versions.node,
  });
  const region = findRegion(options, configuration, env);
  return {
    configuration,
    problems,
    service: sanitiseValue(identity.service.name),
    environment: sanitiseValue(options.environment ?? environmentOf(identity.attributes)),
    namespace: sanitiseNamespace(options.namespace ?? identity.configuration.metrics.namespace) ?? '',
    logGroup: options.logGroup ?? identity.configuration.logs.group,
    ...region,
    partition: partitionOf(region.region).name,
  };
}

function findRegion(
  options: TargetOptions,
  { aws }: Configuration,
  env: Environment,
): Pick<Target, 'region' | 'regionFrom'> {
  if (options.region !== undefined) {
    if (!/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/.test(options.region)) {
      throw new CouldNotRun(`--region ${options.region}: expected a region such as us-west-2`);
    }
    return { region: options.region, regionFrom: 'option' };
  }
  if (aws.region) return { region: aws.region, regionFrom: 'settings' };
  const ofProfile = regionOfProfile(aws.profile, env, { ...homeDirectory(), readFile: readText });
  return ofProfile ? { region: ofProfile, regionFrom: 'profile' } : { region: ANY_REGION, regionFrom: '' };
}

/** @throws CouldNotRun where no region is known */
export function requireRegion({ regionFrom }: Target): void {
  if (regionFrom === '')
    throw new CouldNotRun('no AWS region: set AWS_REGION, give --region, or set one in the profile');
}

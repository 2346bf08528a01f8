import { readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import type { Attributes } from '@opentelemetry/api';
import type { Configuration, IdentifiedConfiguration } from '../config/configuration.js';
import type { Environment } from '../config/environment.js';
import { findCredentialsSource } from './credentials-source.js';
import { nameDestinations } from './destination-names.js';
import { createInstanceId } from './instance-id.js';
import { type Platform, recognisePlatform } from './platform.js';
import { createResourceAttributes } from './resource.js';
import { findPackageFile, findService, type Service } from './service.js';

export interface Identity {
  configuration: IdentifiedConfiguration;
  attributes: Attributes;
  platform: Platform;
  service: Service;
  /** One phrase: where credentials will come from. */
  credentials: string;
  /** Whether that is known without asking anybody. */
  hasKeys: boolean;
  packageFile: { appPackageJson?: string };
}

export interface IdentityOptions {
  distro: { name: string; version: string };
  /** `SDK_INFO` of OpenTelemetry's core; absent in a command, which makes no telemetry. */
  sdk?: Attributes;
  /** The entry script; absent in a REPL. */
  entry?: string;
  pid: number;
  /** `process.versions.node`. */
  nodeVersion: string;
}

/** Who and where a process with these settings is, as far as can be known without asking anybody. */
export function identify(given: Configuration, env: Environment, options: IdentityOptions): Identity {
  const platform = recognisePlatform(env, readText);
  const application = {
    ...(options.entry && { entry: options.entry }),
    cwd: workingDirectory(),
    readFile: readText,
  };
  const service = findService({
    ...application,
    ...(given.serviceName && { serviceName: given.serviceName }),
    resourceAttributes: given.resourceAttributes,
    ...(platform.serviceName && { platformName: platform.serviceName }),
  });
  const packageFile = findPackageFile(application);
  const configuration = nameDestinations(given, service);
  const attributes = createResourceAttributes({
    service,
    platform,
    resourceAttributes: given.resourceAttributes,
    distro: options.distro,
    ...(options.sdk && { sdk: options.sdk }),
    instanceId: createInstanceId(readText),
    hostName: hostname(),
    pid: options.pid,
    nodeVersion: options.nodeVersion,
    ...(given.logs.exporters.includes('cloudwatch') && { errorLogGroup: configuration.logs.group }),
  });
  const credentials = findCredentialsSource(env, {
    ...(given.aws.profile && { profile: given.aws.profile }),
    ...homeDirectory(),
    onInstance: !['generic', 'lambda'].includes(platform.name),
    readFile: readText,
  });
  return {
    configuration,
    attributes,
    platform,
    service,
    credentials: credentials.description,
    hasKeys: credentials.hasKeys,
    packageFile: packageFile ? { appPackageJson: packageFile } : {},
  };
}

export function readText(path: string): string {
  return readFileSync(path, 'utf8');
}

export function homeDirectory(): { home?: string } {
  try {
    return { home: homedir() };
  } catch {
    return {};
  }
}

/** The directory may have been removed under the process. */
export function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '/';
  }
}

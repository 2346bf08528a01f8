import type { Attributes } from '@opentelemetry/api';
import type { Configuration, IdentifiedConfiguration, OtlpConfiguration } from '../../config/configuration.js';
import type { Environment } from '../../config/environment.js';
import type { Reading } from '../../config/read.js';
import type { Limits } from '../../host/limits.js';
import type { Platform } from '../../resource/platform.js';
import type { Service } from '../../resource/service.js';
import type { AwsAnswer, AwsCall } from '../aws/call.js';
import type { LoadedCredentials } from '../aws/credentials.js';
import type { AwsService } from '../aws/services.js';
import type { RunningProcess } from '../running.js';
import type { Application } from './application.js';
import type { Reach } from './reach.js';
import type { RegionFound } from './region.js';

export interface DoctorOptions {
  /** Nothing but files and this process. */
  readonly offline: boolean;
  /** One metric, one error and one trace may be written. */
  readonly writeProbe: boolean;
  /** Milliseconds to wait for what was written to be readable. */
  readonly wait: number;
  /** Whether CloudTrail's event history is looked at. */
  readonly cloudTrail: boolean;
}

/** All that checks may know of the world: what was read before they run, and what they may ask. Each question is asked once. */
export interface CheckContext {
  readonly options: DoctorOptions;
  readonly env: Environment;
  readonly reading: Reading;
  /** With the names in AWS that follow from the service's filled in. */
  readonly configuration: IdentifiedConfiguration;
  readonly service: Service;
  readonly platform: Platform;
  readonly attributes: Attributes;
  /** One phrase: where this shell's credentials will come from (src/resource/credentials-source.ts). */
  readonly shellCredentialsSource: string;
  /** Of the application: `process.versions.node` of its process or of this one. */
  readonly nodeVersion: string;
  /** Whose settings these are, in a few words: `process 4711`, `dist/app.js`, `this shell`. */
  readonly whose: string;
  /** The running process that is meant; absent where there is none. */
  readonly running?: RunningProcess;
  /** The application's package; absent where there is none. */
  readonly application?: Application;
  limits(): Limits;
  /** The text of a file; throws when it can't be read. */
  readFile(path: string): string;
  /** Epoch milliseconds. */
  now(): number;
  region(): Promise<RegionFound>;
  /** @throws the credential source's error */
  credentials(): Promise<LoadedCredentials>;
  /** The steps of a connection to where telemetry of that kind goes. Never rejects. */
  reach(service: AwsService): Promise<Reach>;
  /** As {@link reach}, for a collector, by its protocol and with the PEM files of the settings. */
  reachCollector(collector: OtlpConfiguration): Promise<Reach>;
  /** One signed call. @throws what keeps it from being made: no credentials, no region, no connection */
  call(call: AwsCall, signal: AbortSignal): Promise<AwsAnswer>;
  /** Whether a name is known to the DNS. */
  resolves(host: string): Promise<boolean>;
}

/** AWS services that the configuration sends to. */
export function servicesInUse({ metrics, logs, traces }: Configuration): AwsService[] {
  return [
    ...(metrics.exporters.some((name) => name === 'cloudwatch' || name === 'cloudwatch_otlp')
      ? ['monitoring' as const]
      : []),
    ...(logs.exporters.includes('cloudwatch') ? ['logs' as const] : []),
    ...(traces.exporters.includes('xray') ? ['xray' as const] : []),
  ];
}

/** Why checks of that service don't apply; undefined: they do. */
export function unlessUsed(service: AwsService): (context: CheckContext) => string | undefined {
  return ({ configuration }) =>
    configuration.disabled || !servicesInUse(configuration).includes(service)
      ? `nothing is sent to ${SERVICE_TITLES[service]}`
      : undefined;
}

export function unlessAws({ configuration }: CheckContext): string | undefined {
  return configuration.disabled || servicesInUse(configuration).length === 0 ? 'nothing is sent to AWS' : undefined;
}

export const SERVICE_TITLES: Readonly<Record<AwsService, string>> = {
  monitoring: 'CloudWatch',
  logs: 'CloudWatch Logs',
  xray: 'X-Ray',
  sts: 'STS',
  cloudtrail: 'CloudTrail',
};

import { diag } from '@opentelemetry/api';
import type { AwsOptions } from './client-options.js';
import { regionOf } from './endpoints.js';

/** The AWS services that clients of ours call, by the name that requests are signed for. */
export type AwsService = 'monitoring' | 'logs' | 'xray' | 'sts' | 'cloudtrail';

/** The name of each service in `AWS_ENDPOINT_URL_<NAME>` and in a `services` section of `~/.aws/config`. */
const CONFIGURATION_NAMES: Readonly<Record<AwsService, string>> = {
  monitoring: 'cloudwatch',
  logs: 'cloudwatch_logs',
  xray: 'xray',
  sts: 'sts',
  cloudtrail: 'cloudtrail',
};

/** Where the requests to one service go. */
export interface ServiceLocation {
  /** Absent: no option, variable, profile or endpoint names a region. */
  readonly region?: string;
  /** Base URL in place of the service's own, without user name and password. */
  readonly endpoint?: string;
  readonly useFips: boolean;
  readonly useDualStack: boolean;
}

/** Takes one line about a value that is not used. */
type Say = (line: string) => void;
type Values = Readonly<Record<string, string | undefined>>;

/** How the AWS SDK reads one value: from the environment, else from the profile. */
interface Selectors<T> {
  environmentVariableSelector(env: Values): T | undefined;
  configFileSelector(profile: Values, file?: Readonly<Record<string, Values>>): T | undefined;
  default: T;
}

/**
 * Resolves where one service is, for every client of ours: options first, then `AWS_*` variables, then the profile in `~/.aws/config`
 * and `~/.aws/credentials`. The files are read anew on each call. A value that is not usable costs one line and is left out.
 *
 * An endpoint of the user's excludes FIPS and dual stack: the AWS SDK refuses both together.
 */
export async function locate(
  options: AwsOptions,
  service: AwsService,
  say: Say = (line) => diag.warn(line),
): Promise<ServiceLocation> {
  if (isComplete(options)) return locationOf(options, undefined);
  const load = await loader(options, say);
  const ignores = options.ignoreConfiguredEndpoints ?? (await load(flag('ignore_configured_endpoint_urls')));
  const endpoint = options.endpoint ?? (ignores ? undefined : valid(await load(endpointUrl(service)), say));
  const named = options.region ?? region(await load(text('region')), say);
  const found = {
    ...(named !== undefined && { region: named }),
    ...(endpoint !== undefined && { endpoint }),
    useFips: options.useFips ?? (await load(flag('use_fips_endpoint'))),
    useDualStack: options.useDualStack ?? (await load(flag('use_dualstack_endpoint'))),
  };
  return locationOf(found, say);
}

/** The region that a profile names, the default one when `profile` is absent. */
export async function profileRegion(profile: string | undefined, say: Say): Promise<string | undefined> {
  const load = await loader({ ...(profile !== undefined && { profile }), readsEnvironment: false }, say);
  return region(await load(text('region')), say);
}

type Load = <T>(selectors: Selectors<T>) => Promise<T>;

async function loader({ profile, readsEnvironment = true }: AwsOptions, say: Say): Promise<Load> {
  const { loadConfig } = await import('@smithy/core/config');
  return async (selectors) => {
    const { environmentVariableSelector } = selectors;
    const provider = loadConfig(
      { ...selectors, environmentVariableSelector: readsEnvironment ? environmentVariableSelector : () => undefined },
      { ignoreCache: true, ...(profile === undefined ? {} : { profile }) },
    );
    // The AWS SDK looks for a home directory first, and throws where there is none.
    return provider().catch((error: unknown) => {
      say(`the AWS configuration files are not read: ${error instanceof Error ? error.message : String(error)}`);
      return selectors.default;
    });
  };
}

/** Whether the options leave nothing to be looked up. */
function isComplete({ region, endpoint, ignoreConfiguredEndpoints, useFips, useDualStack }: AwsOptions): boolean {
  if (region === undefined) return false;
  if (endpoint !== undefined) return true;
  return ignoreConfiguredEndpoints === true && useFips !== undefined && useDualStack !== undefined;
}

function locationOf(
  { region, endpoint, useFips = false, useDualStack = false }: AwsOptions,
  say: Say | undefined,
): ServiceLocation {
  if (endpoint === undefined) return { ...(region !== undefined && { region }), useFips, useDualStack };
  const url = withoutUserInfo(endpoint);
  if (useFips) say?.(`use_fips_endpoint is not used beside the endpoint ${url}`);
  const signedFor = region ?? regionOf(new URL(url).hostname);
  return { ...(signedFor !== undefined && { region: signedFor }), endpoint: url, useFips: false, useDualStack: false };
}

/** A user name and a password in the URL would show wherever the URL does; AWS has no use for them. */
export function withoutUserInfo(endpoint: string): string {
  if (!URL.canParse(endpoint)) return endpoint;
  const url = new URL(endpoint);
  if (url.username === '' && url.password === '') return endpoint;
  url.username = '';
  url.password = '';
  return url.href;
}

/** `us-west-2a` is an availability zone. */
const REGION = /^[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}$/;

function region(given: string | undefined, say: Say): string | undefined {
  if (given === undefined || REGION.test(given)) return given;
  say(`region ${JSON.stringify(given)} in the AWS configuration is no region such as us-west-2: it is not used`);
  return undefined;
}

function valid(endpoint: string | undefined, say: Say): string | undefined {
  if (endpoint === undefined) return undefined;
  if (URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)) return endpoint;
  const shown = endpoint.replace(/\/\/[^/@]*@/, '//[redacted]@');
  say(`endpoint_url ${JSON.stringify(shown)} is no http or https URL: the service's own endpoint is used`);
  return undefined;
}

function text(key: string): Selectors<string | undefined> {
  return {
    environmentVariableSelector: (env) => env[`AWS_${key.toUpperCase()}`] || undefined,
    configFileSelector: (profile) => profile[key] || undefined,
    default: undefined,
  };
}

function flag(key: string): Selectors<boolean> {
  return {
    environmentVariableSelector: (env) => truth(env[`AWS_${key.toUpperCase()}`]),
    configFileSelector: (profile) => truth(profile[key]),
    default: false,
  };
}

function truth(value: string | undefined): boolean | undefined {
  const word = value?.trim().toLowerCase();
  if (word === 'true') return true;
  return word === 'false' ? false : undefined;
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
function endpointUrl(service: AwsService): Selectors<string | undefined> {
  const name = CONFIGURATION_NAMES[service];
  return {
    environmentVariableSelector: (env) =>
      env[`AWS_ENDPOINT_URL_${name.toUpperCase()}`] || env.AWS_ENDPOINT_URL || undefined,
    configFileSelector: (profile, file) =>
      file?.[`services.${profile.services}`]?.[`${name}.endpoint_url`] || profile.endpoint_url || undefined,
    default: undefined,
  };
}

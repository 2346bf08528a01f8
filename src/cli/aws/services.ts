import type { AwsOptions } from '../../../exporters/aws/client-options.js';
import { partitionOf, regionOf } from '../../../exporters/aws/endpoints.js';
import { type AwsService, locate } from '../../../exporters/aws/service-location.js';
import type { AwsConfiguration } from '../../config/configuration.js';

export type { AwsService };

type Endpoints = AwsConfiguration['endpoints'];

const SETTINGS: Readonly<Partial<Record<AwsService, keyof Endpoints>>> = {
  monitoring: 'cloudwatch',
  logs: 'cloudwatchLogs',
  xray: 'xray',
  sts: 'sts',
};

/** What a client of the service is made with, by the settings. */
export function awsOptions(
  { profile, endpoints, useFips, useDualStack, ignoreConfiguredEndpoints }: AwsConfiguration,
  service: AwsService,
  region: string | undefined,
): AwsOptions {
  const setting = SETTINGS[service];
  const endpoint = setting && endpoints[setting];
  return {
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
    ...(endpoint !== undefined && { endpoint }),
    ...(useFips !== undefined && { useFips }),
    ...(useDualStack !== undefined && { useDualStack }),
    ...(ignoreConfiguredEndpoints !== undefined && { ignoreConfiguredEndpoints }),
    // The settings hold what the environment says, of a running process where one is asked.
    readsEnvironment: false,
  };
}

/** Whether the user names the service's endpoint, and which. */
export function givenEndpoint(service: AwsService, { endpoints }: AwsConfiguration): string | undefined {
  const setting = SETTINGS[service];
  return setting && endpoints[setting];
}

/** Where a service is in a region: the endpoint that the settings name, or its own. */
export function endpointOf(service: AwsService, region: string, aws: AwsConfiguration): URL {
  const given = givenEndpoint(service, aws);
  if (given !== undefined) return new URL(given);
  const { name, dnsSuffix, dualStackDnsSuffix } = partitionOf(region);
  // GovCloud's CloudWatch has no separate FIPS host: its ordinary one is validated.
  const fips = aws.useFips && !(service === 'monitoring' && name === 'aws-us-gov');
  const host = fips ? `${service}-fips` : service;
  return new URL(`https://${host}.${region}.${aws.useDualStack ? dualStackDnsSuffix : dnsSuffix}`);
}

/**
 * The settings with what the profile in `~/.aws` adds to them: endpoints, FIPS, dual stack. The region stays as it is set.
 * @param say takes a line about each value of the profile that is not usable
 */
export async function withProfile(aws: AwsConfiguration, say: (line: string) => void): Promise<AwsConfiguration> {
  const { useFips, useDualStack } = await locate(
    { ...awsOptions({ ...aws, endpoints: {} }, 'monitoring', undefined), ignoreConfiguredEndpoints: true },
    'monitoring',
    say,
  );
  const endpoints: AwsConfiguration['endpoints'] = {};
  for (const service of ['monitoring', 'logs', 'xray', 'sts'] as const) {
    const setting = SETTINGS[service];
    const { endpoint } = await locate(awsOptions(aws, service, undefined), service, say);
    if (setting !== undefined && endpoint !== undefined) endpoints[setting] = endpoint;
  }
  return { ...aws, endpoints, useFips, useDualStack };
}

/** The region that an endpoint of the user's names, where it names one. */
export function endpointRegion(url: string): string | undefined {
  return regionOf(new URL(url).hostname);
}

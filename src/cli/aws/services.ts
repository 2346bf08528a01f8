import { partitionOf, regionOf } from '../../../exporters/aws/endpoints.js';
import type { AwsConfiguration } from '../../config/configuration.js';

/** Services that the command line calls, by the name that their requests are signed for. */
export type AwsService = 'monitoring' | 'logs' | 'xray' | 'sts' | 'cloudtrail';

type Endpoints = AwsConfiguration['endpoints'];

const SETTINGS: Readonly<Partial<Record<AwsService, keyof Endpoints>>> = {
  monitoring: 'cloudwatch',
  logs: 'cloudwatchLogs',
  xray: 'xray',
  sts: 'sts',
};

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

/** The region that an endpoint of the user's names, where it names one. */
export function endpointRegion(url: string): string | undefined {
  return regionOf(new URL(url).hostname);
}

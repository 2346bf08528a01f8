import { diag } from '@opentelemetry/api';
import type { AwsOptions } from '../../../exporters/aws/client-options.js';
import { systemClock } from '../../../exporters/aws/clock.js';
import { CredentialsCache, credentialsSource } from '../../../exporters/aws/credentials.js';
import type { OnCall } from '../../../exporters/aws/observed-call.js';
import {
  type AwsService,
  locate,
  profileRegion,
  type ServiceLocation,
} from '../../../exporters/aws/service-location.js';
import type { AwsConfiguration } from '../../config/configuration.js';

type Destination = Extract<AwsService, 'monitoring' | 'logs' | 'xray'>;

const ENDPOINTS: Readonly<Record<Destination, keyof AwsConfiguration['endpoints']>> = {
  monitoring: 'cloudwatch',
  logs: 'cloudwatchLogs',
  xray: 'xray',
};

/** A region to sign for where only an endpoint of the user's is known. */
const REGION_OF_OWN_ENDPOINTS = 'us-east-1';

/** How all clients of the worker reach AWS: resolved once, with credentials that they share. */
export class AwsAccess {
  readonly credentials: CredentialsCache;

  constructor(
    /** Absent: nobody names one. */
    readonly region: string | undefined,
    /** Who names the region, for a person. */
    readonly regionFrom: string,
    private readonly profile: string | undefined,
    private readonly locations: Readonly<Record<Destination, ServiceLocation>>,
    private readonly observer?: (service: Destination) => OnCall,
  ) {
    const source = credentialsSource({ ...(region && { region }), ...(profile && { profile }) });
    this.credentials = new CredentialsCache(source, systemClock);
  }

  /** What a client of the service is made with: nothing is left to be looked up. Without a region it can't send. */
  optionsFor(service: Destination): AwsOptions {
    const location = this.locations[service];
    const region = this.region ?? location.region ?? (location.endpoint ? REGION_OF_OWN_ENDPOINTS : undefined);
    return {
      ...location,
      ...(region && { region }),
      ...(this.profile && { profile: this.profile }),
      sharedCredentials: this.credentials,
      ignoreConfiguredEndpoints: true,
      readsEnvironment: false,
      ...(this.observer && { onCall: this.observer(service) }),
    };
  }
}

/**
 * Resolves the ways to AWS from the settings, then the profile in `~/.aws`, then what the platform says of its region. A value in the
 * profile that is not usable costs one line. Never rejects.
 *
 * @param observer gives what the clients of a service tell their calls to; absent: nobody is told
 */
export async function openAwsAccess(
  { region, profile, endpoints, useFips, useDualStack, ignoreConfiguredEndpoints }: AwsConfiguration,
  detected: { readonly region: string | undefined; readonly source: string },
  observer?: (service: Destination) => OnCall,
): Promise<AwsAccess> {
  const said = new Set<string>();
  const say = (line: string) => {
    if (!said.has(line)) diag.warn(line);
    said.add(line);
  };
  const ofProfile = region === undefined ? await profileRegion(profile, say) : undefined;
  const known = region ?? ofProfile ?? detected.region;
  const from = ofProfile === undefined ? detected.source : `profile "${profile ?? 'default'}"`;
  const common = {
    ...(known !== undefined && { region: known }),
    ...(profile !== undefined && { profile }),
    ...(useFips !== undefined && { useFips }),
    ...(useDualStack !== undefined && { useDualStack }),
    ...(ignoreConfiguredEndpoints !== undefined && { ignoreConfiguredEndpoints }),
    readsEnvironment: false,
  };
  const find = (service: Destination) => {
    const endpoint = endpoints[ENDPOINTS[service]];
    return locate({ ...common, ...(endpoint !== undefined && { endpoint }) }, service, say);
  };
  const locations = { monitoring: await find('monitoring'), logs: await find('logs'), xray: await find('xray') };
  return new AwsAccess(known, region === undefined ? from : 'settings', profile, locations, observer);
}

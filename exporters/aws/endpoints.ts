/** AWS partitions and the host names of services in them. */

export interface Partition {
  readonly name: string;
  /** Matches the partition's regions, those of the future included. */
  readonly regions: RegExp;
  readonly dnsSuffix: string;
  readonly dualStackDnsSuffix: string;
}

/** As in the endpoint rules that all AWS SDKs share (`partitions.json`). */
export const PARTITIONS: readonly Partition[] = [
  partition('aws', /^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$/, 'amazonaws.com', 'api.aws'),
  partition('aws-cn', /^cn-\w+-\d+$/, 'amazonaws.com.cn', 'api.amazonwebservices.com.cn'),
  partition('aws-eusc', /^eusc-(de)-\w+-\d+$/, 'amazonaws.eu', 'api.amazonwebservices.eu'),
  partition('aws-iso', /^us-iso-\w+-\d+$/, 'c2s.ic.gov', 'api.aws.ic.gov'),
  partition('aws-iso-b', /^us-isob-\w+-\d+$/, 'sc2s.sgov.gov', 'api.aws.scloud'),
  partition('aws-iso-e', /^eu-isoe-\w+-\d+$/, 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'),
  partition('aws-iso-f', /^us-isof-\w+-\d+$/, 'csp.hci.ic.gov', 'api.aws.hci.ic.gov'),
  partition('aws-us-gov', /^us-gov-\w+-\d+$/, 'amazonaws.com', 'api.aws'),
];

function partition(name: string, regions: RegExp, dnsSuffix: string, dualStackDnsSuffix: string): Partition {
  return { name, regions, dnsSuffix, dualStackDnsSuffix };
}

/** A region of no known partition is taken for one of `aws`, as the AWS SDKs do. */
export function partitionOf(region: string): Partition {
  return PARTITIONS.find(({ regions }) => regions.test(region)) ?? (PARTITIONS[0] as Partition);
}

/** Both the first part of the host name and the name that requests are signed for. */
export type OtlpService = 'xray' | 'monitoring';

export interface EndpointOptions {
  readonly service: OtlpService;
  readonly region: string;
  readonly useFips?: boolean | undefined;
  readonly useDualStack?: boolean | undefined;
}

/** The service's own endpoint in a region, without a path: `https://xray.eu-west-1.amazonaws.com`. */
export function serviceEndpoint({ service, region, useFips, useDualStack }: EndpointOptions): string {
  const { name, dnsSuffix, dualStackDnsSuffix } = partitionOf(region);
  // GovCloud's CloudWatch has no separate FIPS host: its ordinary one is validated.
  const alwaysFips = service === 'monitoring' && name === 'aws-us-gov';
  const host = useFips && !alwaysFips ? `${service}-fips` : service;
  return `https://${host}.${region}.${useDualStack ? dualStackDnsSuffix : dnsSuffix}`;
}

/**
 * Where a request is posted: the path is added to a base URL unless it already ends in it. An endpoint that was given as that of a
 * signal stands for its service.
 * @param endpoint `https://vpce-1a2b.xray.us-east-1.vpce.amazonaws.com`, `http://127.0.0.1:4318`, with or without a signal's path
 * @throws TypeError when it is not an http or https URL
 */
export function serviceUrl(endpoint: string, path: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new TypeError(`endpoint is not an http or https URL: ${endpoint}`);
  url.pathname = url.pathname.replace(/\/+$/, '').replace(SIGNAL_PATH, '') + path;
  url.hash = '';
  return url;
}

const SIGNAL_PATH = /\/v1\/(?:traces|metrics)$/;

/** A region as a label of a host name. */
const REGION_LABEL = /^[a-z]{2,4}(-[a-z]+){1,2}-\d+$/;

/**
 * The region that an AWS host name names (public, FIPS, dual-stack, VPC endpoint), of any partition; undefined for other hosts.
 */
export function regionOf(host: string): string | undefined {
  const known = PARTITIONS.some(
    ({ dnsSuffix, dualStackDnsSuffix }) => host.endsWith(`.${dnsSuffix}`) || host.endsWith(`.${dualStackDnsSuffix}`),
  );
  return known ? host.split('.').find((label) => REGION_LABEL.test(label)) : undefined;
}

import { BlockList, isIP } from 'node:net';

/** Addresses that no proxy reaches: this host, and the metadata and credentials services beside it. */
const DIRECT = new BlockList();
DIRECT.addSubnet('127.0.0.0', 8, 'ipv4');
DIRECT.addAddress('::1', 'ipv6');
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html, and ECS and EKS beside it
DIRECT.addSubnet('169.254.0.0', 16, 'ipv4');
DIRECT.addSubnet('fe80::', 10, 'ipv6');
DIRECT.addSubnet('fd00:ec2::', 32, 'ipv6');

/** Whether requests to the host never go through a proxy: loopback and link-local addresses. @param host without a port */
export function isDirect(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  const family = isIP(name);
  if (family === 0) return name === 'localhost' || name.endsWith('.localhost');
  return DIRECT.check(name, family === 6 ? 'ipv6' : 'ipv4');
}

/** Whether an endpoint is on this host or beside it, and so is not AWS. @param endpoint a base URL */
export const isLocal = (endpoint: string | undefined): boolean =>
  endpoint !== undefined && URL.canParse(endpoint) && isDirect(new URL(endpoint).hostname);

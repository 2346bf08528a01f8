import type { Environment } from '../../config/environment.js';
import type { Reach } from './reach.js';

/** Variables that name a proxy. The exporters and the checks of the network go through it. */
const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];

/** The variables of a proxy that are set; what they hold may have a password in it. */
export function proxyVariables(env: Environment): string[] {
  return PROXY_VARIABLES.filter((name) => env[name]?.trim());
}

/** Why a connection did not come about, and what to do, in the words of somebody who knows the network. */
export function explainFailure(
  { failure, url, proxy }: Reach,
  { env, vpcService }: { env: Environment; vpcService?: string },
): { cause: string; remedy: string } {
  const code = failure?.code ?? '';
  if (proxy !== undefined && (failure?.step === 'DNS' || failure?.step === 'TCP')) {
    return {
      cause: `the proxy ${proxy} can't be reached (${code})`,
      remedy: `correct ${proxyVariables(env).join(', ') || 'HTTPS_PROXY'}, or let NO_PROXY name ${new URL(url).hostname}`,
    };
  }
  const { host, hostname } = new URL(url);
  const endpoint = vpcService ? `; in a private subnet a VPC endpoint ${vpcService} or a NAT gateway` : '';
  switch (failure?.step) {
    case 'DNS':
      if (code === 'ENOTFOUND') {
        return {
          cause: `no address is known for ${hostname}`,
          remedy: `nslookup ${hostname}; is the name right, and is enableDnsSupport on in the VPC?`,
        };
      }
      if (code === 'TIMEOUT') {
        return {
          cause: 'the name server does not answer in time',
          remedy: `nslookup ${hostname}; look at /etc/resolv.conf and at the ndots option in Kubernetes`,
        };
      }
      return {
        cause: `the name server can't be asked (${code})`,
        remedy: 'look at /etc/resolv.conf; UDP and TCP port 53 must be open to the name server',
      };
    case 'TCP':
      if (code === 'ECONNREFUSED') {
        return {
          cause: `nothing listens on ${host}`,
          remedy: `start what should listen there, or correct the AWS_ENDPOINT_URL setting that names ${host}`,
        };
      }
      return {
        cause: `packets to ${host} get lost: a firewall, a security group, no route`,
        remedy: `allow outgoing TCP 443 in the security group and the network ACL${endpoint}`,
      };
    case 'CONNECT':
      return {
        cause: `the proxy ${proxy} does not let the connection through (${code}: ${failure.message})`,
        remedy: `allow CONNECT to ${host} in the proxy, or a VPC endpoint whose hosts are in NO_PROXY`,
      };
    case 'TLS':
      if (/SELF_SIGNED|UNABLE_TO|UNABLE_TO_GET_ISSUER|LEAF_SIGNATURE/.test(code)) {
        return {
          cause:
            'the certificate is signed by an authority that Node.js does not know: a proxy that opens TLS, as a rule',
          remedy: "NODE_EXTRA_CA_CERTS=<the proxy's authority in PEM>, before the application starts",
        };
      }
      if (/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/.test(code)) {
        return {
          cause: 'the certificate is not valid at this time',
          remedy: 'is the clock right? Otherwise whoever runs the endpoint must renew it',
        };
      }
      if (/ALTNAME/.test(code)) {
        return {
          cause: `the certificate is for another name than ${hostname}`,
          remedy:
            'take the name that the certificate has: that of the VPC endpoint, or the public one with private DNS switched on',
        };
      }
      return {
        cause: `no encrypted connection (${code})`,
        remedy: `openssl s_client -connect ${host} -servername ${hostname}`,
      };
    default:
      if (code === 'TIMEOUT') {
        return {
          cause: `${host} takes the request and does not answer`,
          remedy: `curl -v ${url}; look at what stands between: proxy, load balancer, service mesh`,
        };
      }
      return {
        cause: `the connection broke before an answer (${code}: ${failure?.message ?? ''})`,
        remedy: `curl -v ${url}; look at what stands between: proxy, load balancer, service mesh`,
      };
  }
}

/** `DNS 3 ms: 52.94.5.1`, a line for each step. */
export function describeSteps({ url, steps, failure }: Reach): string[] {
  const taken = steps.map(({ step, duration, detail }) => `${step} ${duration} ms: ${detail}`);
  return [url, ...taken, ...(failure ? [`${failure.step} ${failure.code}: ${failure.message}`] : [])];
}

import { type Check, failed, pass } from '../check.js';
import { SERVICE_TITLES, servicesInUse, unlessAws } from '../context.js';
import { describeSteps, explainFailure } from '../network-trouble.js';

export const network: Check = {
  id: 'MON-NET-001',
  title: 'AWS can be reached',
  about:
    'A connection to each service in use, as far as it comes: name, TCP, TLS, first byte of an answer to an unsigned GET, each with its time. Fails when none of them can be reached; one among others has a check of its own.',
  troubles: [
    {
      cause: 'No name server, or one that does not know the name.',
      remedy: '`nslookup monitoring.<region>.amazonaws.com`; look at /etc/resolv.conf.',
    },
    {
      cause:
        'Nothing gets out of the subnet: no NAT gateway, no VPC endpoint, a security group without outgoing TCP 443.',
      remedy: 'Interface endpoints com.amazonaws.<region>.monitoring, .logs and .xray, or a NAT gateway.',
    },
    {
      cause: 'The connection is refused: nothing listens at the endpoint of your own.',
      remedy: 'Start it, or correct AWS_ENDPOINT_URL.',
    },
    { cause: 'A proxy opens TLS with an authority of its own.', remedy: 'NODE_EXTRA_CA_CERTS=<its authority in PEM>' },
    {
      cause: 'Something takes the request and never answers.',
      remedy: '`curl -v` to the address; look at proxies and load balancers.',
    },
  ],
  needs: ['MON-CONF-004', 'MON-CONF-005'],
  reaches: 'network',
  provenBy: 'any',
  timeout: 13_000,
  unless: unlessAws,
  async run(context) {
    const services = servicesInUse(context.configuration);
    const reaches = await Promise.all(services.map((service) => context.reach(service)));
    const reached = services.filter((_, index) => reaches[index]?.failure === undefined);
    if (reached.length > 0)
      return pass(
        `${reached.map((service) => SERVICE_TITLES[service]).join(', ')} answer${reached.length > 1 ? '' : 's'}`,
      );
    const [first] = reaches;
    const urls = new Set(reaches.map(({ url }) => url));
    return failed(
      `${urls.size > 1 ? 'no service of AWS' : [...urls][0]} can be reached`.replace(
        /^(http\S+) can be/,
        '$1 can not be',
      ),
      {
        ...(first ? explainFailure(first, { env: context.env }) : { cause: '', remedy: '' }),
        evidence: reaches
          .filter((reach, index) => reaches.findIndex(({ url }) => url === reach.url) === index)
          .flatMap(describeSteps),
      },
    );
  },
};

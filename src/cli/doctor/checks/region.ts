import { endpointRegion, givenEndpoint } from '../../aws/services.js';
import { type Check, failed, pass, type Verdict, warning } from '../check.js';
import { type CheckContext, SERVICE_TITLES, servicesInUse, unlessAws } from '../context.js';
import type { RegionFound } from '../region.js';

export const region: Check = {
  id: 'MON-CONF-004',
  title: 'The region is known, and everything names the same',
  about:
    'Where the application looks, in its order: AWS_REGION, AWS_DEFAULT_REGION, the profile in ~/.aws/config, the metadata of ECS, EC2 or Lambda. All that name one are compared, as are endpoints of your own.',
  troubles: [
    { cause: 'No region anywhere: nothing is sent to AWS.', remedy: 'Set AWS_REGION.' },
    {
      cause:
        'An endpoint of your own belongs to another region than the requests are signed for: AWS refuses the signature.',
      remedy: "Set AWS_REGION to the endpoint's region, or take the endpoint of the region.",
    },
    {
      cause: 'Two sources name different regions: data goes to the first and is looked for in the second.',
      remedy: 'Look in the region in force, or set AWS_REGION to the other.',
    },
  ],
  needs: [],
  reaches: 'offline',
  unless: unlessAws,
  async run(context) {
    return judgeRegion(await context.region(), strangeEndpoints(context));
  },
};

function strangeEndpoints({ configuration }: CheckContext): { service: string; url: string; region: string }[] {
  return servicesInUse(configuration).flatMap((service) => {
    const url = givenEndpoint(service, configuration.aws);
    const named = url === undefined ? undefined : endpointRegion(url);
    return url === undefined || named === undefined ? [] : [{ service: SERVICE_TITLES[service], url, region: named }];
  });
}

export function judgeRegion(
  found: RegionFound,
  endpoints: readonly { service: string; url: string; region: string }[],
): Verdict {
  const evidence = found.named.map(({ region: name, source }) => `${source}: ${name}`);
  if (found.region === undefined) {
    return failed('no region is set', {
      cause: `neither AWS_REGION, AWS_DEFAULT_REGION, the profile nor the platform names one for ${found.source}`,
      evidence: found.failure ? [`metadata of the platform: ${found.failure}`] : [],
      remedy: 'AWS_REGION=<region>, such as us-west-2',
    });
  }
  const strange = endpoints.filter(({ region: name }) => name !== found.region);
  const [first] = strange;
  if (first !== undefined) {
    return failed(
      `requests are signed for ${found.region}, but the endpoint of ${first.service} is in ${first.region}`,
      {
        cause: 'AWS refuses a signature for another region',
        evidence: [...evidence, ...strange.map(({ service, url }) => `${service}: ${url}`)],
        remedy: `AWS_REGION=${first.region}, or an endpoint in ${found.region}`,
      },
    );
  }
  const others = found.named.filter(({ region: name }) => name !== found.region);
  const [other] = others;
  if (other !== undefined) {
    return warning(`${found.region} by ${found.source}, although ${other.source} says ${other.region}`, {
      cause: `data goes to ${found.region}; whoever looks in ${other.region} sees nothing`,
      evidence,
      remedy: `look in ${found.region}, or set AWS_REGION=${other.region}`,
    });
  }
  return pass(`${found.region} (${found.source})`, { evidence });
}

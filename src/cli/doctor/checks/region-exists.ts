import { partitionOf } from '../../../../exporters/aws/endpoints.js';
import { regionMeant } from '../../../config/aws-regions.js';
import { givenEndpoint } from '../../aws/services.js';
import { type Check, failed, pass } from '../check.js';
import { servicesInUse, unlessAws } from '../context.js';

export const regionExists: Check = {
  id: 'MON-CONF-005',
  title: 'The region exists',
  about:
    "The host names of the region's services are looked up. Where AWS's other names can be resolved and these can't, there is no such region.",
  troubles: [
    { cause: 'A slip in AWS_REGION (us-wst-2), or a region that AWS does not have.', remedy: 'Correct AWS_REGION.' },
  ],
  needs: ['MON-CONF-004'],
  reaches: 'network',
  provenBy: 'any',
  unless: (context) =>
    unlessAws(context) ??
    (servicesInUse(context.configuration).every((service) => givenEndpoint(service, context.configuration.aws))
      ? 'the endpoints are your own'
      : undefined),
  async run(context) {
    const { region = '', source } = await context.region();
    const { dnsSuffix } = partitionOf(region);
    const host = `monitoring.${region}.${dnsSuffix}`;
    if (await context.resolves(host)) return pass(`${host} is known`);
    // Without it, the name of the region says nothing: no name may be known here.
    const known = `sts.${dnsSuffix === 'amazonaws.com' ? '' : `${region}.`}${dnsSuffix}`;
    if (!(await context.resolves(known)))
      return pass(`not decided: ${known} is not known either (MON-NET-001 looks at that)`);
    return failed(`there is no region ${region}`, {
      cause: `${host} is not known, while ${known} is`,
      evidence: [`${source}: ${region}`],
      remedy: `AWS_REGION=${regionMeant(region) ?? '<a region that exists>'}: aws ec2 describe-regions --all-regions lists them`,
    });
  },
};

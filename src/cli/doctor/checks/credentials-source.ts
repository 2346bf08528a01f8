import { INSTANCE_ROLE, NO_CREDENTIALS_SOURCE } from '../../../resource/credentials-source.js';
import { type Check, failed, info, pass, type Verdict } from '../check.js';
import { type CheckContext, unlessAws } from '../context.js';
import { THIS_SHELL } from '../judged.js';

export const credentialsSource: Check = {
  id: 'MON-CRED-001',
  title: 'There is a source of credentials',
  about:
    "Where the AWS SDK will look, in its order, without asking anybody: the profile in ~/.aws, the environment, web identity, the container's role, the instance's.",
  troubles: [
    {
      cause: 'AWS_PROFILE names a profile that is in neither ~/.aws/credentials nor ~/.aws/config.',
      remedy:
        'Correct the name, or `aws configure --profile <name>`; in a container, mount ~/.aws or give the task a role.',
    },
    {
      cause: 'No profile, no keys in the environment, no role: on a laptop or in a container without one.',
      remedy:
        'ECS: set taskRoleArn. EKS: a service account with a role (IRSA) or Pod Identity. EC2: an instance profile. Elsewhere: AWS_PROFILE.',
    },
    {
      cause: 'AWS_ACCESS_KEY_ID without AWS_SECRET_ACCESS_KEY, or the other way round.',
      remedy: 'Set both; for temporary ones AWS_SESSION_TOKEN as well.',
    },
  ],
  needs: [],
  reaches: 'offline',
  provenBy: 'any',
  unless: unlessAws,
  run(context) {
    const own = context.running?.snapshot.application?.credentialsSource;
    if (own !== undefined) return judgeSource(own, context);
    const { shellCredentialsSource } = context;
    return { ...judgeSource(shellCredentialsSource, context), ...(context.running && { judged: THIS_SHELL }) };
  },
};

export function judgeSource(
  source: string,
  { configuration, platform }: Pick<CheckContext, 'configuration' | 'platform'>,
): Verdict {
  const { profile } = configuration.aws;
  if (source.startsWith(NO_CREDENTIALS_SOURCE)) {
    const why = source.slice(NO_CREDENTIALS_SOURCE.length).replace(/^: /, '');
    return failed(why || 'no credentials are to be found', {
      cause: why
        ? 'without it there is nothing to sign requests with'
        : 'no profile, no keys in the environment, no role',
      remedy: remedyFor(profile, platform.name),
    });
  }
  // The profile that was asked for is not there, and something else is used in its place.
  const fallen = /^(.*?) \((profile .*)\)$/.exec(source);
  if (fallen !== null) {
    return failed(fallen[2] ?? source, {
      cause: `the AWS SDK goes on to: ${fallen[1]}`,
      remedy: remedyFor(profile, platform.name),
    });
  }
  return source.startsWith(INSTANCE_ROLE) ? info(`${source} (not yet checked)`) : pass(source);
}

function remedyFor(profile: string | undefined, platform: string): string {
  if (profile)
    return `aws configure --profile ${profile}, or set AWS_PROFILE to one that exists (aws configure list-profiles)`;
  const remedies: Record<string, string> = {
    ecs: 'give the task definition a taskRoleArn',
    eks: 'annotate the service account with eks.amazonaws.com/role-arn, or associate it by EKS Pod Identity',
    kubernetes: 'give the pod a web identity: AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE',
    ec2: 'attach an instance profile',
    beanstalk: 'give the environment an instance profile',
    lambda: "the function's execution role gives them: is the environment passed on to this process?",
  };
  return remedies[platform] ?? 'AWS_PROFILE=<profile>, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
}

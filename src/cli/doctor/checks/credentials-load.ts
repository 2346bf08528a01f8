import { NO_CREDENTIALS_SOURCE } from '../../../resource/credentials-source.js';
import { type Check, failed, info, pass, type Verdict, warning } from '../check.js';
import { unlessAws } from '../context.js';

/** Credentials that end sooner than this are about to be renewed, or to be missed. Milliseconds. */
const SOON = 15 * 60_000;

export const credentialsLoad: Check = {
  id: 'MON-CRED-002',
  title: 'The source gives credentials, and they have not expired',
  about:
    "The AWS SDK's chain is asked as the application asks it: files are read, processes run, roles assumed, metadata services asked. Nothing of what it gives is shown.",
  troubles: [
    {
      cause: 'The session of a single sign-on has expired, or nobody has signed in.',
      remedy: '`aws sso login --profile <name>`',
    },
    {
      cause: 'The metadata service of EC2 does not answer from a container: the hop limit of its answers is 1.',
      remedy: '`aws ec2 modify-instance-metadata-options --http-put-response-hop-limit 2 --instance-id <id>`',
    },
    {
      cause: "The role of the profile or of the web identity can't be assumed.",
      remedy: "The role's trust policy must name who assumes it.",
    },
    { cause: 'Temporary credentials in files or the environment have passed their end.', remedy: 'Get new ones.' },
  ],
  needs: ['MON-CRED-001'],
  // It may ask a metadata service or STS.
  reaches: 'network',
  provenBy: 'any',
  timeout: 8000,
  unless: unlessAws,
  async run(context) {
    const { running, whose, shellCredentialsSource: here } = context;
    if (running !== undefined && here.startsWith(NO_CREDENTIALS_SOURCE))
      return info(`this shell has no credentials of its own, and those of ${whose} stay with it`, {
        overruledBy: whose,
      });
    try {
      const { credentials, duration } = await context.credentials();
      return judgeExpiry(credentials.expiration, context.now(), Math.round(duration));
    } catch (error) {
      return judgeChainError(error, context.configuration.aws.profile);
    }
  },
};

export function judgeExpiry(expiration: Date | undefined, now: number, duration: number): Verdict {
  if (expiration === undefined) return pass(`found in ${duration} ms; they don't say when they end`);
  const left = expiration.getTime() - now;
  const end = expiration.toISOString();
  if (left <= 0) {
    return failed(`the credentials expired at ${end}`, {
      cause: 'whatever renews them does not',
      remedy: 'get new ones, or use a source that renews them (a role, single sign-on)',
    });
  }
  if (left < SOON) {
    return warning(`the credentials end at ${end}, in ${Math.round(left / 60_000)} min`, {
      cause: 'unless their source renews them, nothing arrives after that',
      remedy: 'renew them, or use a source that does (a role, single sign-on)',
    });
  }
  return pass(`found in ${duration} ms, good until ${end}`);
}

export function judgeChainError(error: unknown, profile: string | undefined): Verdict {
  const name = error instanceof Error ? error.name : 'Error';
  const message = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
  const evidence = [`${name}: ${message}`];
  const login = `aws sso login${profile ? ` --profile ${profile}` : ''}`;
  if (
    /sso|token.*(expired|refresh|invalid)|login/i.test(message) &&
    /expired|refresh|sign|login|not found|invalid/i.test(message)
  ) {
    return failed('the single sign-on session is not valid', {
      cause: 'it has expired, or nobody has signed in',
      evidence,
      remedy: login,
    });
  }
  if (/expired/i.test(message)) {
    return failed('the credentials of the source have expired', {
      cause: 'whatever renews them does not',
      evidence,
      remedy: 'renew them, or use a source that does (a role, single sign-on)',
    });
  }
  if (/metadata|IMDS|169\.254|instance/i.test(`${name} ${message}`)) {
    return failed('the metadata service gives no credentials', {
      cause: 'it does not answer, or the instance has no role; from a container the hop limit must be 2',
      evidence,
      remedy:
        'aws ec2 modify-instance-metadata-options --http-put-response-hop-limit 2 --instance-id <id>; attach an instance profile',
    });
  }
  if (/AccessDenied|not authorized to perform: sts:/i.test(`${name} ${message}`)) {
    return failed("the role can't be assumed", {
      cause: "the role's trust policy does not name this identity",
      evidence,
      remedy: "add the identity to the role's trust policy for sts:AssumeRole",
    });
  }
  return failed('the source gives no credentials', {
    cause: 'the AWS SDK found none that it can use',
    evidence,
    remedy: profile
      ? `aws sts get-caller-identity --profile ${profile} shows whether the AWS CLI can use them`
      : 'AWS_PROFILE=<profile>, or a role for this process',
  });
}

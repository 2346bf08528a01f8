import type { AwsAnswer } from '../../aws/call.js';
import { type Check, failed, pass, type Verdict, warning } from '../check.js';
import { unlessAws } from '../context.js';

export const identity: Check = {
  id: 'MON-CRED-003',
  title: 'AWS knows the credentials',
  about:
    'One call of sts:GetCallerIdentity, which needs no permission: whose credentials these are, and of which account.',
  troubles: [
    { cause: 'The session token has expired.', remedy: 'Renew it; a role or single sign-on renews by itself.' },
    {
      cause: 'The access key was deleted or deactivated, or belongs to another partition (China, GovCloud).',
      remedy: 'Make a new one, or better use a role.',
    },
    {
      cause: 'The secret does not belong to the access key.',
      remedy: 'Copy both anew; look for blanks and missing characters.',
    },
  ],
  needs: ['MON-CRED-002', 'MON-NET-001', 'MON-CLOCK-001'],
  reaches: 'aws',
  provenBy: 'any',
  calls: ['sts:GetCallerIdentity'],
  unless: unlessAws,
  async run(context, signal) {
    const [reach, source] = [await context.reach('sts'), context.shellCredentialsSource];
    if (reach.failure !== undefined) {
      return warning("STS can't be reached: whose credentials these are is not known", {
        cause: `${reach.failure.step}: ${reach.failure.message}`,
        evidence: [reach.url],
        remedy:
          'nothing, if it is so on purpose: telemetry needs STS only to assume roles; else a VPC endpoint for sts',
      });
    }
    return judgeIdentity(await context.call({ service: 'sts', action: 'GetCallerIdentity' }, signal), source);
  },
};

export function judgeIdentity({ error, body, requestId }: AwsAnswer, source: string): Verdict {
  if (error === undefined) return pass(`${arnIn(body)} (from ${source})`);
  const evidence = [`${error.name}: ${error.message}${requestId ? ` (request ${requestId})` : ''}`];
  if (error.kind === 'throttled' || error.kind === 'retry') {
    return warning('STS can not say at the moment whose credentials these are', {
      cause: 'it answered with an error of its own',
      evidence,
      remedy: 'again in a minute: monitoring doctor',
    });
  }
  if (/expired/i.test(error.name) || /token.*expired/i.test(error.message)) {
    return failed('the credentials have expired', {
      cause: `they come from: ${source}`,
      evidence,
      remedy: /profile "([^"]+)" .*SSO/.exec(source)?.[1]
        ? `aws sso login --profile ${/profile "([^"]+)"/.exec(source)?.[1]}`
        : 'get new ones (AWS_SESSION_TOKEN goes with its keys), or use a role, which renews by itself',
    });
  }
  if (/InvalidClientTokenId|UnrecognizedClient/.test(error.name)) {
    return failed('AWS does not know these credentials', {
      cause: 'the access key was deleted or deactivated, is of another partition, or its session token is missing',
      evidence: [...evidence, `they come from: ${source}`],
      remedy: 'aws iam list-access-keys shows those there are; temporary keys (ASIA…) need AWS_SESSION_TOKEN as well',
    });
  }
  if (/SignatureDoesNotMatch|InvalidSignature/.test(error.name)) {
    return failed('the secret does not belong to the access key', {
      cause: 'AWS computes another signature',
      evidence: [...evidence, `they come from: ${source}`],
      remedy: 'copy both keys anew; look for blanks and missing characters',
    });
  }
  return failed('AWS refuses the credentials', {
    cause: error.message,
    evidence,
    remedy: 'aws sts get-caller-identity shows the same',
  });
}

/** The ARN in the answer of GetCallerIdentity. */
export function arnIn(body: unknown): string {
  return /<Arn>([^<]*)<\/Arn>/.exec(String(body))?.[1] ?? 'an identity without an ARN';
}

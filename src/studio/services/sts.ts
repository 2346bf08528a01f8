import type { Account } from '../arrival.js';
import { AwsError } from '../aws-error.js';
import { toXml } from '../query-protocol.js';

export const STS_VERSION = '2011-06-15';
export const STS_NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** @throws AwsError for anything but GetCallerIdentity */
export function answerSts(action: string, account: Account, requestId: string): string {
  if (action !== 'GetCallerIdentity') {
    throw new AwsError('InvalidAction', `Could not find operation ${action} for version ${STS_VERSION}`);
  }
  const identity = { Arn: account.arn, UserId: account.userId, Account: account.id };
  const answer = { GetCallerIdentityResult: identity, ResponseMetadata: { RequestId: requestId } };
  return `<GetCallerIdentityResponse xmlns="${STS_NAMESPACE}">${toXml(answer)}</GetCallerIdentityResponse>`;
}

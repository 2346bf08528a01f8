import { partitionOf } from '../../../exporters/aws/endpoints.js';
import { statementFor as statement } from '../iam/policy-document.js';

export interface PolicyValues {
  readonly region?: string | undefined;
  readonly account?: string | undefined;
  readonly logGroup?: string | undefined;
  readonly namespace?: string | undefined;
}

/** The statement that allows one action, as it goes into a policy, with the user's own resource. */
export function statementFor(action: string, values: PolicyValues): string {
  const partition = partitionOf(values.region ?? 'us-east-1').name;
  return JSON.stringify(statement(action, { ...values, partition }));
}

/** Why AWS refuses, from the words of its answer: who has to change what. */
export function refusalOf(message: string): { cause: string; who: string } {
  if (/explicit deny in a service control policy|no service control policy/i.test(message)) {
    return {
      cause: 'a service control policy of the organization denies it',
      who: 'whoever administers the organization must allow',
    };
  }
  if (/resource control policy/i.test(message)) {
    return {
      cause: 'a resource control policy of the organization denies it',
      who: 'whoever administers the organization must allow',
    };
  }
  if (/VPC endpoint policy/i.test(message)) {
    return { cause: 'the policy of the VPC endpoint denies it', who: 'the policy of the VPC endpoint must allow' };
  }
  if (/permissions boundary/i.test(message)) {
    return {
      cause: "the permissions boundary of the identity doesn't allow it",
      who: 'the permissions boundary must allow',
    };
  }
  if (/session policy/i.test(message)) {
    return { cause: "the session's policy doesn't allow it", who: 'the policy given to AssumeRole must allow' };
  }
  if (/explicit deny/i.test(message)) {
    return { cause: 'a policy denies it explicitly', who: 'the statement that denies it must go; then allow' };
  }
  return { cause: 'no policy of the identity allows it', who: 'attach to the identity' };
}

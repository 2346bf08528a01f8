import type { AwsAnswer } from '../../aws/call.js';
import { type Check, info, pass, type Verdict, warning } from '../check.js';
import { unlessUsed } from '../context.js';
import { isDenied } from './permission.js';

export const retention: Check = {
  id: 'MON-LOGS-002',
  title: 'The log group forgets',
  about:
    'The retention of the group, by DescribeLogGroups. It is set on a group that the application makes; one that was there keeps its own.',
  troubles: [
    {
      cause: 'The group was made by hand, and keeps its events for ever: $0.03 per GB and month.',
      remedy: '`aws logs put-retention-policy --log-group-name <group> --retention-in-days 30`',
    },
  ],
  needs: ['MON-LOGS-001'],
  reaches: 'aws',
  calls: ['logs:DescribeLogGroups'],
  unless: unlessUsed('logs'),
  async run(context, signal) {
    const { group = '', retentionDays } = context.configuration.logs;
    const { region } = await context.region();
    const answer = await context.call(
      { service: 'logs', action: 'DescribeLogGroups', input: { logGroupNamePrefix: group } },
      signal,
    );
    return judgeRetention(answer, { group, wanted: retentionDays, region });
  },
};

export function judgeRetention(
  { error, body }: AwsAnswer,
  { group, wanted, region }: { group: string; wanted: number; region?: string | undefined },
): Verdict {
  if (error !== undefined) {
    const why = isDenied(error.name, error.message)
      ? 'logs:DescribeLogGroups is denied, which the application does not need'
      : `${error.name}: ${error.message}`;
    return info(`not known: ${why}`);
  }
  const groups =
    (body as { logGroups?: { logGroupName: string; retentionInDays?: number; logGroupClass?: string }[] }).logGroups ??
    [];
  const found = groups.find(({ logGroupName }) => logGroupName === group);
  if (found === undefined) return info('there is no group yet');
  if (found.retentionInDays === undefined) {
    return warning(`${group} keeps its events for ever`, {
      cause: 'it was made without a retention',
      evidence: ['retentionInDays is not set'],
      remedy: `aws logs put-retention-policy --log-group-name ${group} --retention-in-days ${wanted} --region ${region}`,
    });
  }
  return pass(`${found.retentionInDays} days`);
}

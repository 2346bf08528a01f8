import { type Check, info, pass, warning } from '../check.js';
import { unlessUsed } from '../context.js';
import { NO_STREAM } from './permission.js';

export const logGroup: Check = {
  id: 'MON-LOGS-001',
  title: 'The log group is there',
  about:
    'The answer to PutLogEvents for a stream that does not exist tells whether the group does. A group that is missing is made with the first error, if logs:CreateLogGroup is allowed.',
  troubles: [
    {
      cause: 'The group does not exist, and no error has happened yet.',
      remedy: '`aws logs create-log-group --log-group-name <group> --region <region>`, or let the first error make it.',
    },
    {
      cause: 'The group does not exist, and the application may not make it.',
      remedy: 'Make it by hand, or allow logs:CreateLogGroup and logs:PutRetentionPolicy.',
    },
  ],
  needs: ['MON-PERM-002', 'MON-LOGS-003'],
  reaches: 'aws',
  calls: ['logs:PutLogEvents'],
  unless: unlessUsed('logs'),
  async run(context, signal) {
    const { configuration } = context;
    const { region } = await context.region();
    const { group } = configuration.logs;
    const create = `aws logs create-log-group --log-group-name ${group} --region ${region}`;
    const input = {
      logGroupName: group,
      logStreamName: NO_STREAM,
      logEvents: [{ timestamp: context.now(), message: 'monitoring doctor' }],
    };
    const { error } = await context.call({ service: 'logs', action: 'PutLogEvents', input }, signal);
    if (error?.name !== 'ResourceNotFoundException') return info(`not known: ${error?.name}: ${error?.message}`);
    if (/stream/i.test(error.message)) return pass(`${group} is there`, { evidence: [error.message] });
    return warning(`${group} does not exist yet`, {
      cause: 'no error has happened so far, or the application may not make the group',
      evidence: [`${error.name}: ${error.message}`],
      remedy: create,
    });
  },
};

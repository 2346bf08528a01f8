import assert from 'node:assert/strict';
import { CloudWatchClient, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { CREDENTIALS, clientConfiguration, runningStudio } from './running.js';

const TOKEN = { ...CREDENTIALS, sessionToken: 'FwoGZXIvYXdzEXAMPLE' };

describe('Identity', () => {
  const studio = runningStudio(() => ({ account: { id: '123456789012', credentials: TOKEN } }));
  const configuration = (credentials: object) => ({
    ...clientConfiguration(studio()),
    credentials: { ...TOKEN, ...credentials },
  });

  it('is told by STS', async () => {
    const answer = await new STSClient(configuration({})).send(new GetCallerIdentityCommand({}));
    assert.equal(answer.Account, '123456789012');
    assert.equal(answer.Arn, 'arn:aws:iam::123456789012:user/local');
    assert.equal(typeof answer.UserId, 'string');
  });

  it('is all that STS tells', async () => {
    const asked = new STSClient(configuration({})).send(
      new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::1:role/r', RoleSessionName: 'session' }),
    );
    await assert.rejects(asked, { name: 'InvalidAction' });
  });

  it('is refused to a wrong secret, by the name that each service gives it', async () => {
    const wrong = configuration({ secretAccessKey: 'wrong' });
    await assert.rejects(new STSClient(wrong).send(new GetCallerIdentityCommand({})), {
      name: 'SignatureDoesNotMatch',
    });
    await assert.rejects(new CloudWatchClient(wrong).send(new ListMetricsCommand({})), {
      name: 'SignatureDoesNotMatch',
    });
    await assert.rejects(new CloudWatchLogsClient(wrong).send(new DescribeLogGroupsCommand({})), {
      name: 'InvalidSignatureException',
    });
  });

  it('is refused to an unknown key and to a wrong session token', async () => {
    const send = (credentials: object) =>
      new STSClient(configuration(credentials)).send(new GetCallerIdentityCommand({}));
    await assert.rejects(send({ accessKeyId: 'AKIDOTHER' }), { name: 'InvalidClientTokenId' });
    await assert.rejects(send({ sessionToken: 'other' }), { name: 'InvalidClientTokenId' });
  });

  it('must be given', async () => {
    const answer = await fetch(studio().url, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'Logs_20140328.DescribeLogGroups' },
    });
    assert.equal(answer.status, 400);
    const body = (await answer.json()) as { __type: string };
    assert.equal(body.__type, 'MissingAuthenticationTokenException');
  });
});

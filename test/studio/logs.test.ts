import assert from 'node:assert/strict';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  InvalidParameterException,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  ResourceAlreadyExistsException,
  ResourceNotFoundException,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { Input } from '../../src/cloudwatch/input.js';
import { AwsError } from '../../src/studio/aws-error.js';
import { RETENTION_DAYS } from '../../src/studio/services/logs.js';
import { checkBatch, type InputEvent, MAX_BATCH_BYTES, readEvents } from '../../src/studio/services/put-log-events.js';
import { clientConfiguration, runningStudio } from './running.js';

const NOW = Date.UTC(2026, 10, 22, 12);
const HOUR = 3600_000;
const DAY = 24 * HOUR;
const GROUP = '/experimentation-platform/errors';
const target = { logGroupName: GROUP, logStreamName: 'api/1' };
const event = (timestamp: number, message = 'x'): InputEvent => ({ timestamp, message });
const check = (events: readonly InputEvent[], retention?: number) => checkBatch(events, NOW, retention);
const refusedWith = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AwsError);
  assert.equal(error.code, 'InvalidParameterException');
  assert.match(error.message, message);
  return true;
};

describe('PutLogEvents validation', () => {
  it('counts 26 bytes with each message: a batch of 1 048 576 is taken, one of 1 048 577 is not', () => {
    const half = 'x'.repeat(MAX_BATCH_BYTES / 2 - 26);
    assert.equal(check([event(NOW, half), event(NOW, half)]).accepted.length, 2);
    assert.throws(
      () => check([event(NOW, half), event(NOW, `${half}x`)]),
      refusedWith(/^Upload too large: 1048577 bytes exceeds limit of 1048576$/),
    );
  });

  it('counts UTF-8: an event of 1 048 576 bytes is taken, one more is not', () => {
    const most = 'é'.repeat((MAX_BATCH_BYTES - 26) / 2);
    assert.equal(check([event(NOW, most)]).accepted.length, 1);
    assert.throws(
      () => check([event(NOW, `${most}x`)]),
      refusedWith(/^Log event too large: 1048577 bytes exceeds limit/),
    );
  });

  it('takes equal timestamps and refuses a step back', () => {
    assert.equal(check([event(NOW), event(NOW)]).accepted.length, 2);
    assert.throws(
      () => check([event(NOW), event(NOW - 1)]),
      refusedWith(/^Log events in a single PutLogEvents request must be in chronological order\.$/),
    );
  });

  it('takes events 24 hours apart and not a millisecond more', () => {
    assert.equal(check([event(NOW - DAY), event(NOW)]).accepted.length, 2);
    assert.throws(() => check([event(NOW - DAY - 1), event(NOW)]), refusedWith(/cannot span more than 24 hours/));
  });

  it('measures the 24 hours over the events that remain', () => {
    const batch = check([event(NOW - 15 * DAY), event(NOW)]);
    assert.deepEqual(batch.accepted, [event(NOW)]);
  });

  it('takes what is 14 days old, rejects alone what is older', () => {
    assert.equal(check([event(NOW - 14 * DAY)]).rejected, undefined);
    const batch = check([event(NOW - 14 * DAY - 1), event(NOW - 14 * DAY)]);
    assert.deepEqual(batch.rejected, { tooOldLogEventEndIndex: 1 });
    assert.equal(batch.accepted.length, 1);
  });

  it('takes what is 2 hours ahead, rejects alone what is further', () => {
    assert.equal(check([event(NOW + 2 * HOUR)]).rejected, undefined);
    const batch = check([event(NOW), event(NOW + 2 * HOUR), event(NOW + 2 * HOUR + 1)]);
    assert.deepEqual(batch.rejected, { tooNewLogEventStartIndex: 2 });
    assert.equal(batch.accepted.length, 2);
  });

  it('rejects alone what is older than the retention', () => {
    assert.equal(check([event(NOW - DAY)], 1).rejected, undefined);
    assert.deepEqual(check([event(NOW - DAY - 1), event(NOW - DAY)], 1).rejected, { expiredLogEventEndIndex: 1 });
  });

  it('reports each reason by its own index', () => {
    const batch = check([event(NOW - 20 * DAY), event(NOW - 2 * DAY), event(NOW), event(NOW + 3 * HOUR)], 1);
    assert.deepEqual(batch.rejected, {
      tooNewLogEventStartIndex: 3,
      tooOldLogEventEndIndex: 1,
      expiredLogEventEndIndex: 2,
    });
    assert.equal(batch.rejectedCount, 3);
  });

  const read = (logEvents: unknown) => readEvents(Input.of({ logEvents }));

  it('takes 1 to 10 000 events', () => {
    const events = (count: number) => Array.from({ length: count }, () => ({ timestamp: 0, message: 'x' }));
    assert.throws(() => read([]), refusedWith(/greater than or equal to 1/));
    assert.equal(read(events(10_000)).length, 10_000);
    assert.throws(() => read(events(10_001)), refusedWith(/less than or equal to 10000/));
  });

  it('takes messages of one character and times from 0, and none less', () => {
    assert.equal(read([{ timestamp: 0, message: 'x' }]).length, 1);
    assert.throws(() => read([{ timestamp: 0, message: '' }]), refusedWith(/logEvents\.1\.member\.message/));
    assert.throws(() => read([{ timestamp: -1, message: 'x' }]), refusedWith(/logEvents\.1\.member\.timestamp/));
    assert.throws(() => read([{ timestamp: 1.5, message: 'x' }]), refusedWith(/timestamp/));
  });
});

describe('CloudWatch Logs, called by the AWS SDK', () => {
  const studio = runningStudio(() => ({ now: () => NOW }));
  const client = () => new CloudWatchLogsClient(clientConfiguration(studio()));
  const create = async () => {
    await client().send(new CreateLogGroupCommand({ logGroupName: GROUP }));
    await client().send(new CreateLogStreamCommand(target));
  };
  const put = (logEvents: InputEvent[]) => client().send(new PutLogEventsCommand({ ...target, logEvents }));

  it('asks for the group, then for the stream', async () => {
    await assert.rejects(put([event(NOW)]), (error) => {
      assert.ok(error instanceof ResourceNotFoundException);
      assert.equal(error.message, 'The specified log group does not exist.');
      return true;
    });
    await client().send(new CreateLogGroupCommand({ logGroupName: GROUP }));
    await assert.rejects(put([event(NOW)]), /The specified log stream does not exist\./);
    await client().send(new CreateLogStreamCommand(target));
    await put([event(NOW)]);
    await assert.rejects(
      client().send(new CreateLogGroupCommand({ logGroupName: GROUP })),
      ResourceAlreadyExistsException,
    );
    await assert.rejects(client().send(new CreateLogStreamCommand(target)), ResourceAlreadyExistsException);
  });

  it('gives the events back by time, in pages', async () => {
    await create();
    await put([event(NOW - 1000, 'second'), event(NOW, 'third')]);
    await put([event(NOW - 2000, 'first')]);
    const read = (nextToken?: string) =>
      client().send(new GetLogEventsCommand({ ...target, startFromHead: true, limit: 2, nextToken }));
    const page = await read();
    assert.deepEqual(
      page.events?.map(({ message }) => message),
      ['first', 'second'],
    );
    const next = await read(page.nextForwardToken);
    assert.deepEqual(
      next.events?.map(({ message, timestamp }) => [message, timestamp]),
      [['third', NOW]],
    );
    const end = await read(next.nextForwardToken);
    assert.deepEqual(end.events, []);
    assert.equal(end.nextForwardToken, next.nextForwardToken);
  });

  it('reports the events that it rejects and keeps the others', async () => {
    await create();
    const answer = await put([event(NOW - 20 * DAY), event(NOW)]);
    assert.deepEqual(answer.rejectedLogEventsInfo, { tooOldLogEventEndIndex: 1 });
    assert.equal(studio().store.ledger.held.events, 1);
    const [refusal] = studio().store.refused.list();
    assert.equal(refusal?.code, 'partial');
    assert.equal(refusal?.items, 1);
  });

  it('finds events by text and by JSON condition', async () => {
    await create();
    const error = {
      severityText: 'ERROR',
      attributes: { 'exception.type': 'TypeError', 'http.route': '/pay' },
      status: 500,
    };
    await put([event(NOW, JSON.stringify(error)), event(NOW, 'plain text 1-620ca1d6-07f7494e51e410242c9d67f3')]);
    const count = async (filterPattern: string) =>
      (await client().send(new FilterLogEventsCommand({ logGroupName: GROUP, filterPattern }))).events?.length;
    assert.equal(await count(''), 2);
    assert.equal(await count('"1-620ca1d6-07f7494e51e410242c9d67f3"'), 1);
    assert.equal(await count('{ $.severityText = "ERROR" }'), 1);
    assert.equal(await count('{ $.severityText = "INFO" }'), 0);
    await assert.rejects(count('{ $.severityText ~ "INFO" }'), InvalidParameterException);
  });

  it('describes groups and streams', async () => {
    await create();
    await client().send(new PutRetentionPolicyCommand({ logGroupName: GROUP, retentionInDays: 30 }));
    await put([event(NOW - 5), event(NOW)]);
    const { logGroups } = await client().send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/exp' }));
    assert.deepEqual(logGroups, [
      {
        logGroupName: GROUP,
        creationTime: NOW,
        retentionInDays: 30,
        metricFilterCount: 0,
        arn: `arn:aws:logs:us-west-2:000000000000:log-group:${GROUP}:*`,
        logGroupArn: `arn:aws:logs:us-west-2:000000000000:log-group:${GROUP}`,
        logGroupClass: 'STANDARD',
        storedBytes: 54,
      },
    ]);
    const { logStreams } = await client().send(new DescribeLogStreamsCommand({ logGroupName: GROUP }));
    assert.equal(logStreams?.[0]?.firstEventTimestamp, NOW - 5);
    assert.equal(logStreams?.[0]?.lastEventTimestamp, NOW);
  });

  it('knows the retention periods of AWS and no others', async () => {
    await create();
    for (const retentionInDays of RETENTION_DAYS) {
      await client().send(new PutRetentionPolicyCommand({ logGroupName: GROUP, retentionInDays }));
    }
    const put = (retentionInDays: number) =>
      client().send(new PutRetentionPolicyCommand({ logGroupName: GROUP, retentionInDays }));
    await assert.rejects(put(2), InvalidParameterException);
    await assert.rejects(put(3654), InvalidParameterException);
  });

  it('takes names of 512 characters and not 513, without forbidden characters', async () => {
    const group = (logGroupName: string) => client().send(new CreateLogGroupCommand({ logGroupName }));
    const stream = (logStreamName: string) =>
      client().send(new CreateLogStreamCommand({ logGroupName: GROUP, logStreamName }));
    await create();
    await group('g'.repeat(512));
    await assert.rejects(group('g'.repeat(513)), InvalidParameterException);
    await assert.rejects(group('with space'), InvalidParameterException);
    await assert.rejects(group('aws/mine'), /reserved/);
    await stream('s'.repeat(512));
    await assert.rejects(stream('s'.repeat(513)), InvalidParameterException);
    await assert.rejects(stream('a:b'), InvalidParameterException);
    await assert.rejects(stream('a*b'), InvalidParameterException);
  });

  it('forgets a deleted group with its events', async () => {
    await create();
    await put([event(NOW)]);
    await client().send(new DeleteLogGroupCommand({ logGroupName: GROUP }));
    assert.equal(studio().store.ledger.held.events, 0);
    assert.equal(studio().store.ledger.bytes, 0);
  });

  it('says that it runs no Insights queries', async () => {
    const query = new StartQueryCommand({
      logGroupName: GROUP,
      startTime: 0,
      endTime: 1,
      queryString: 'fields @message',
    });
    await assert.rejects(client().send(query), /does not run Logs Insights queries/);
  });
});

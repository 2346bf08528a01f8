import assert from 'node:assert/strict';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { ExportResult } from '@opentelemetry/core';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { CloudWatchLogExporter, type CloudWatchLogExporterOptions } from '../../exporters/cloudwatch-logs/exporter.js';
import { hrTime, record } from '../exporters/cloudwatch-logs/records.js';
import { runningMoto } from './moto-server.js';

const GROUP = '/org/checkout';
const STREAM = 'checkout/task-1/42';

const SUCCESS = 0;

describe('moto, by CloudWatchLogExporter', () => {
  const moto = runningMoto();

  let logs: CloudWatchLogsClient;
  const exporters: CloudWatchLogExporter[] = [];
  const exporter = (options: Partial<CloudWatchLogExporterOptions> = {}) => {
    const made = new CloudWatchLogExporter({
      ...moto(),
      logGroupName: GROUP,
      logStreamName: STREAM,
      entity: false,
      ...options,
    });
    exporters.push(made);
    return made;
  };
  beforeEach(() => {
    logs = new CloudWatchLogsClient({ ...moto(), maxAttempts: 1 });
  });
  afterEach(async () => {
    for (const made of exporters.splice(0)) await made.shutdown();
    logs.destroy();
  });

  it('creates group and stream on demand and keeps the group for the next number of days that the service takes', async () => {
    const result = await exportLogs(exporter({ retentionDays: 4 }), [record()]);
    assert.equal(result.code, SUCCESS);
    const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({}));
    assert.deepEqual(
      logGroups.map(({ logGroupName, retentionInDays }) => [logGroupName, retentionInDays]),
      [[GROUP, 5]],
    );
    assert.deepEqual(await streams(logs), [STREAM]);
  });

  it('leaves the retention of a group that was there', async () => {
    await logs.send(new CreateLogGroupCommand({ logGroupName: GROUP }));
    await exportLogs(exporter({ retentionDays: 7 }), [record()]);
    const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({}));
    assert.equal(logGroups.length, 1);
    assert.equal(logGroups[0]?.retentionInDays, undefined);
    assert.equal((await events(logs)).length, 1);
  });

  it('writes the events in the order of their times, each byte as it was made', async () => {
    const now = Date.now();
    const at = (ago: number, body: string): ReadableLogRecord => record({ hrTime: hrTime(now - ago), body });
    const bodies = ['plain', 'two\nlines\t"quoted" \\', 'Malmö 語 \u{1f600}', '\u2028\u0000', '</script>'];
    const given = bodies.map((body, i) => at((i % 3) * 1000, body));
    const result = await exportLogs(exporter(), given);
    assert.equal(result.code, SUCCESS);
    const expected = [2, 1, 4, 0, 3].map((i) => {
      const timestamp = now - (i % 3) * 1000;
      return { timestamp, message: eventText(timestamp, bodies[i] ?? '') };
    });
    assert.deepEqual(await events(logs), expected);
  });

  it('writes U+FFFD in place of half a surrogate pair, which UTF-8 cannot hold', async () => {
    const now = Date.now();
    await exportLogs(exporter(), [record({ hrTime: hrTime(now), body: 'half \ud83d' })]);
    assert.deepEqual(await events(logs), [{ timestamp: now, message: eventText(now, 'half \ufffd') }]);
  });

  it('writes more than one request holds', async () => {
    const now = Date.now();
    const texts = Array.from({ length: 40 }, (_, i) => String.fromCharCode(97 + (i % 26)).repeat(100_000));
    const given = texts.map((body, i) => record({ hrTime: hrTime(now - 40 + i), body }));
    const result = await exportLogs(exporter(), given);
    assert.equal(result.code, SUCCESS);
    const expected = texts.map((body, i) => ({ timestamp: now - 40 + i, message: eventText(now - 40 + i, body) }));
    assert.deepEqual(await events(logs), expected);
  });

  it('writes what the service takes and counts what is too old or too new for it', async () => {
    const now = Date.now();
    const day = 86_400_000;
    const ages = [14 * day - 60_000, 14 * day + 60_000, 0, -2 * 3_600_000 + 60_000, -2 * 3_600_000 - 60_000];
    const made = exporter();
    const result = await exportLogs(
      made,
      ages.map((age) => record({ hrTime: hrTime(now - age), body: String(age) })),
    );
    assert.notEqual(result.code, SUCCESS);
    assert.deepEqual(
      (await events(logs)).map(({ timestamp }) => now - timestamp),
      [14 * day - 60_000, 0, -2 * 3_600_000 + 60_000],
    );
    const dropped = made.status().counters.filter(({ name }) => name === 'dropped');
    assert.deepEqual(dropped.map(({ reason, value }) => [reason, value]).sort(), [
      ['too_new', 1],
      ['too_old', 1],
    ]);
  });

  it('creates a group again that was deleted while the process ran', async () => {
    const made = exporter();
    await exportLogs(made, [record({ hrTime: hrTime(Date.now()), body: 'before' })]);
    await logs.send(new DeleteLogGroupCommand({ logGroupName: GROUP }));
    const now = Date.now();
    const result = await exportLogs(made, [record({ hrTime: hrTime(now), body: 'after' })]);
    assert.equal(result.code, SUCCESS);
    assert.deepEqual(await events(logs), [{ timestamp: now, message: eventText(now, 'after') }]);
  });
});

function exportLogs(exporter: CloudWatchLogExporter, records: ReadableLogRecord[]): Promise<ExportResult> {
  return new Promise((resolve) => exporter.export(records, resolve));
}

async function streams(client: CloudWatchLogsClient): Promise<(string | undefined)[]> {
  const { logStreams = [] } = await client.send(new DescribeLogStreamsCommand({ logGroupName: GROUP }));
  return logStreams.map(({ logStreamName }) => logStreamName);
}

async function events(client: CloudWatchLogsClient) {
  const answer = await client.send(
    new GetLogEventsCommand({ logGroupName: GROUP, logStreamName: STREAM, startFromHead: true }),
  );
  return (answer.events ?? []).map(({ timestamp = 0, message }) => ({ timestamp, message }));
}

/** The event of `record({ body })`, written out. */
function eventText(timestamp: number, body: string): string {
  const head = `{"timestamp":"${new Date(timestamp).toISOString()}","severityText":"ERROR","severityNumber":17`;
  const resource = '{"service.name":"checkout","deployment.environment.name":"prod","host.name":"ip-10-0-0-1"}';
  return `${head},"body":${JSON.stringify(body)},"resource":{"attributes":${resource}},"scope":{"name":"pino"}}`;
}

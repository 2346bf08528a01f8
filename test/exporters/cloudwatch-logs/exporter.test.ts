import assert from 'node:assert/strict';
import { context, DiagLogLevel, diag, ROOT_CONTEXT } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { type ExportResult, ExportResultCode, isTracingSuppressed } from '@opentelemetry/core';
import { BatchLogRecordProcessor, LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { systemClock } from '../../../exporters/aws/clock.js';
import {
  CloudWatchLogExporter,
  type CloudWatchLogExporterOptions,
  type LogExporterInternals,
} from '../../../exporters/cloudwatch-logs/exporter.js';
import { assertSigned } from '../aws/recompute-signature.js';
import { settled, until } from '../aws/waiting.js';
import { answerError, type FakeLogs, startLogs } from './fake-logs.js';
import { hrTime, record, resource } from './records.js';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const GROUP = '/checkout/errors';

describe('CloudWatch log exporter', () => {
  let logs: FakeLogs;
  let made: CloudWatchLogExporter[] = [];
  const lines: string[] = [];

  beforeEach(async () => {
    logs = await startLogs({ group: GROUP, stream: 's' });
    lines.length = 0;
    const line = (text: string) => lines.push(text);
    diag.setLogger({ error: line, warn: line, info: line, debug: () => {}, verbose: () => {} }, DiagLogLevel.WARN);
  });

  afterEach(async () => {
    diag.disable();
    await logs.close();
    await Promise.all(made.map((exporter) => exporter.shutdown()));
    made = [];
  });

  function create(
    options: Partial<CloudWatchLogExporterOptions> = {},
    internals: LogExporterInternals = {},
  ): CloudWatchLogExporter {
    const exporter = new CloudWatchLogExporter(
      {
        logGroupName: GROUP,
        logStreamName: 's',
        region: 'eu-west-1',
        credentials: CREDENTIALS,
        endpoint: logs.url,
        shutdownTimeout: 300,
        ...options,
      },
      { random: () => 0, ...internals },
    );
    made.push(exporter);
    return exporter;
  }

  const send = (exporter: CloudWatchLogExporter, records: ReadableLogRecord[]) =>
    new Promise<ExportResult>((resolve) => exporter.export(records, resolve));
  const at = (offset: number, body: string) => record({ hrTime: hrTime(Date.now() + offset), body });
  const bodies = () => logs.events().map(({ message }) => JSON.parse(message).body);
  const dropped = (exporter: CloudWatchLogExporter) =>
    Object.fromEntries(
      exporter
        .status()
        .counters.filter(({ name }) => name === 'dropped')
        .map(({ reason, value }) => [reason, value]),
    );
  const sent = (exporter: CloudWatchLogExporter) =>
    exporter.status().counters.find(({ name }) => name === 'sent')?.value ?? 0;

  it('delivers records in the order of time, signed, and calls back with success', async () => {
    const exporter = create();
    const result = await send(exporter, [at(-1000, 'second'), at(-2000, 'first')]);
    assert.equal(result.code, ExportResultCode.SUCCESS);
    assert.deepEqual(bodies(), ['first', 'second']);
    assert.equal(sent(exporter), 2);
    const [request] = logs.server.received;
    assert.ok(request);
    assertSigned(request, { ...CREDENTIALS, service: 'logs', region: 'eu-west-1' });
    assert.match(String(request.headers['user-agent']), /org-monitoring/);
  });

  it('links the events to the service', async () => {
    await send(create(), [at(0, 'x')]);
    const [request] = logs.accepted;
    assert.deepEqual((request?.entity as { keyAttributes: unknown } | undefined)?.keyAttributes, {
      Type: 'Service',
      Name: 'checkout',
      Environment: 'prod',
    });
  });

  it('sends no entity when told not to', async () => {
    await send(create({ entity: false }), [at(0, 'x')]);
    assert.equal(logs.accepted[0]?.entity, undefined);
  });

  it('says that the entity was refused and goes on without it', async () => {
    logs.answer = { rejectedEntityInfo: { errorType: 'InvalidAttributes' } };
    const exporter = create();
    assert.equal((await send(exporter, [at(0, 'x')])).code, ExportResultCode.SUCCESS);
    await send(exporter, [at(0, 'y')]);
    assert.equal(logs.accepted[1]?.entity, undefined);
    assert.equal(lines.filter((line) => /entity \(InvalidAttributes\)/.test(line)).length, 1);
  });

  it('sends again without the entity when the whole request was refused for it', async () => {
    logs.misbehave = (_operation, response, { body }) => {
      if (!body.includes('keyAttributes')) return false;
      answerError(response, 'InvalidParameterException', "1 validation error: value at 'entity.attributes' …");
      return true;
    };
    const exporter = create();
    assert.equal((await send(exporter, [at(0, 'x'), at(0, 'y')])).code, ExportResultCode.SUCCESS);
    assert.deepEqual(bodies(), ['x', 'y']);
    assert.deepEqual(dropped(exporter), {});
  });

  it('creates stream, group and retention when they are missing, then delivers', async () => {
    await logs.close();
    logs = await startLogs();
    const exporter = create({ retentionDays: 25 });
    assert.equal((await send(exporter, [at(0, 'x')])).code, ExportResultCode.SUCCESS);
    assert.deepEqual(logs.calls, [
      'PutLogEvents',
      'CreateLogStream',
      'CreateLogGroup',
      'PutRetentionPolicy',
      'CreateLogStream',
      'PutLogEvents',
    ]);
    assert.equal(logs.retention.get(GROUP), 30);
    assert.deepEqual(bodies(), ['x']);
    await send(exporter, [at(0, 'y')]);
    assert.equal(logs.calls.length, 7);
  });

  it('creates them once for many exports at the same time', async () => {
    await logs.close();
    logs = await startLogs();
    const exporter = create();
    await Promise.all(Array.from({ length: 20 }, (_, index) => send(exporter, [at(index, `r${index}`)])));
    await exporter.forceFlush();
    assert.equal(logs.calls.filter((call) => call === 'CreateLogGroup').length, 1);
    assert.equal(bodies().length, 20);
  });

  it('waits for another process that is creating the group', async () => {
    await logs.close();
    logs = await startLogs();
    let conflicts = 2;
    logs.misbehave = (operation, response) => {
      if (operation !== 'CreateLogGroup' || conflicts === 0) return false;
      conflicts -= 1;
      if (conflicts === 0) logs.groups.add(GROUP);
      answerError(response, 'OperationAbortedException');
      return true;
    };
    assert.equal((await send(create(), [at(0, 'x')])).code, ExportResultCode.SUCCESS);
    assert.deepEqual(bodies(), ['x']);
  });

  it('keeps the events where it may not create the group, says so once, and delivers when it may', async () => {
    await logs.close();
    logs = await startLogs();
    let later = 0;
    const clock = { ...systemClock, now: () => Date.now() + later };
    logs.misbehave = (operation, response) => {
      if (operation !== 'CreateLogGroup') return false;
      answerError(response, 'AccessDeniedException', 'User is not authorized to perform: logs:CreateLogGroup');
      return true;
    };
    const exporter = create({}, { clock });
    assert.equal((await send(exporter, [at(0, 'x')])).code, ExportResultCode.SUCCESS);
    assert.match(exporter.status().trouble ?? '', /logs:CreateLogGroup/);
    await send(exporter, [at(0, 'y')]);
    assert.equal(logs.calls.filter((call) => call === 'CreateLogGroup').length, 1);
    assert.equal(lines.filter((line) => /logs:CreateLogGroup/.test(line)).length, 1);
    assert.equal(exporter.status().queue.items, 2);

    logs.misbehave = () => false;
    later = 300_000;
    await exporter.forceFlush();
    assert.deepEqual(bodies(), ['x', 'y']);
    assert.deepEqual(dropped(exporter), {});
  });

  it('does not blame the events when the group may not be named so', async () => {
    await logs.close();
    logs = await startLogs();
    logs.misbehave = (operation, response) => {
      if (operation !== 'CreateLogGroup') return false;
      answerError(response, 'InvalidParameterException', 'group');
      return true;
    };
    const exporter = create();
    await send(exporter, [at(0, 'x'), at(0, 'y')]);
    assert.equal(exporter.status().queue.items, 2);
    assert.deepEqual(dropped(exporter), {});
  });

  for (const [what, misbehave] of [
    ['a throttled request', (r) => answerError(r, 'ThrottlingException')],
    ['a 503 with a page of a proxy', (r) => r.writeHead(503, { 'content-type': 'text/html' }).end('<html>busy</html>')],
    ['a 500', (r) => answerError(r, 'ServiceUnavailableException', 'x', 500)],
    ['a reset connection', (r) => r.destroy()],
    ['an expired token', (r) => answerError(r, 'ExpiredTokenException')],
    ['a denied request', (r) => answerError(r, 'AccessDeniedException')],
  ] as [string, (response: import('node:http').ServerResponse) => void][]) {
    it(`keeps the events over ${what} and delivers them later, with their own time`, async () => {
      let failures = 2;
      logs.misbehave = (_operation, response) => {
        if (failures === 0) return false;
        failures -= 1;
        misbehave(response);
        return true;
      };
      const exporter = create();
      const given = at(-5000, 'x');
      assert.equal((await send(exporter, [given])).code, ExportResultCode.SUCCESS);
      assert.equal(exporter.status().queue.items, 1);
      await exporter.forceFlush();
      await until(() => logs.accepted.length === 1, 'delivery');
      assert.equal(logs.events()[0]?.timestamp, Math.floor(given.hrTime[0] * 1000 + given.hrTime[1] / 1e6));
      assert.ok(exporter.status().counters.some(({ name }) => name === 'retries'));
      assert.deepEqual(dropped(exporter), {});
    });
  }

  it('takes a request for delivered that the service says it already has', async () => {
    logs.misbehave = (_operation, response) => {
      answerError(response, 'DataAlreadyAcceptedException');
      return true;
    };
    const exporter = create();
    assert.equal((await send(exporter, [at(0, 'x')])).code, ExportResultCode.SUCCESS);
    assert.equal(sent(exporter), 1);
    await exporter.forceFlush();
    assert.equal(exporter.status().queue.items, 0);
  });

  it('counts, by reason, what the service set aside from an accepted request', async () => {
    logs.answer = {
      rejectedLogEventsInfo: { tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 2, tooNewLogEventStartIndex: 4 },
    };
    const exporter = create();
    const result = await send(
      exporter,
      [0, 1, 2, 3, 4, 5].map((index) => at(index - 100, `r${index}`)),
    );
    assert.equal(result.code, ExportResultCode.FAILED);
    assert.match(result.error?.message ?? '', /^4 items dropped/);
    assert.deepEqual(dropped(exporter), { too_old: 1, expired: 1, too_new: 2 });
    assert.equal(sent(exporter), 2);
  });

  it('tells once for each record whether it was taken or why it is lost, also where the callback throws', async () => {
    logs.answer = { rejectedLogEventsInfo: { tooOldLogEventEndIndex: 1 } };
    const told: [string, string | undefined][] = [];
    const onSettled: LogExporterInternals['onSettled'] = (record, lost) => {
      told.push([String(record.body), lost]);
      throw new Error('on purpose');
    };
    const exporter = create({ maxEventBytes: 1024 }, { onSettled });
    const unreadable = record({ body: 'unreadable' });
    Object.defineProperty(unreadable, 'attributes', {
      get() {
        throw new Error('no');
      },
    });
    const day = 24 * 3_600_000;
    await send(exporter, [at(-3, 'a'), at(-2, 'b'), at(day, 'ahead'), unreadable]);
    await exporter.forceFlush();
    assert.deepEqual(
      new Map(told),
      new Map([
        ['a', 'too_old'],
        ['b', undefined],
        ['ahead', 'too_new'],
        ['unreadable', 'unreadable'],
      ]),
    );
    assert.equal(told.length, 4);
  });

  it('tells of what a shutdown gives up', async () => {
    logs.misbehave = (_operation, response) => {
      response.writeHead(503).end();
      return true;
    };
    const told: [unknown, string | undefined][] = [];
    const exporter = create({}, { onSettled: (record, lost) => told.push([record.body, lost]) });
    await send(exporter, [at(0, 'a')]);
    assert.deepEqual(told, []);
    await exporter.shutdown();
    assert.deepEqual(told, [['a', 'shutdown']]);
  });

  it('does not send what the service would refuse for its time', async () => {
    const exporter = create();
    const day = 24 * 3_600_000;
    await send(exporter, [at(-15 * day, 'old'), at(-13 * day, 'a'), at(0, 'b'), at(day, 'new')]);
    await exporter.forceFlush();
    assert.deepEqual(bodies().sort(), ['a', 'b']);
    assert.equal(logs.accepted.length, 2);
    assert.deepEqual(dropped(exporter), { too_old: 1, too_new: 1 });
  });

  it('splits what is too large for one request', async () => {
    const exporter = create({ maxEventBytes: 1_048_550, maxQueueBytes: 50_000_000 });
    await send(
      exporter,
      Array.from({ length: 5 }, (_, index) => at(index, 'é'.repeat(200_000))),
    );
    await exporter.forceFlush();
    assert.equal(logs.accepted.length, 3);
    assert.equal(sent(exporter), 5);
  });

  it('halves what the service finds too large all the same', async () => {
    logs.misbehave = (_operation, response, { body }) => {
      if (JSON.parse(body.toString()).logEvents.length <= 2) return false;
      response.writeHead(413).end();
      return true;
    };
    const exporter = create();
    assert.equal(
      (
        await send(
          exporter,
          [1, 2, 3, 4, 5].map((i) => at(i, `r${i}`)),
        )
      ).code,
      ExportResultCode.SUCCESS,
    );
    assert.deepEqual(bodies().sort(), ['r1', 'r2', 'r3', 'r4', 'r5']);
  });

  it('finds the one event that the service refuses', async () => {
    logs.misbehave = (_operation, response, { body }) => {
      if (!body.includes('poison')) return false;
      answerError(response, 'InvalidParameterException');
      return true;
    };
    const exporter = create();
    await send(
      exporter,
      ['a', 'b', 'poison', 'c', 'd'].map((body, index) => at(index, body)),
    );
    assert.deepEqual(bodies().sort(), ['a', 'b', 'c', 'd']);
    assert.deepEqual(dropped(exporter), { refused: 1 });
  });

  it('cuts an event that is too long and says so in it', async () => {
    await send(create({ maxEventBytes: 2048 }), [record({ hrTime: hrTime(Date.now()), body: '😀'.repeat(5000) })]);
    const [event] = logs.events();
    assert.ok(Buffer.byteLength(event?.message ?? '') <= 2048);
    assert.equal(JSON.parse(event?.message ?? '').truncated, true);
  });

  it('drops and counts a record that cannot be read, and delivers the others', async () => {
    const hostile = {
      get boom(): string {
        throw new Error('getter');
      },
    };
    const exporter = create();
    const result = await send(exporter, [record({ attributes: hostile as never }), at(0, 'fine')]);
    assert.equal(result.code, ExportResultCode.FAILED);
    assert.deepEqual(dropped(exporter), { unreadable: 1 });
    assert.deepEqual(bodies(), ['fine']);
  });

  it('holds no more than it may, drops the oldest and counts them', async () => {
    logs.misbehave = (_operation, response) => {
      answerError(response, 'ThrottlingException');
      return true;
    };
    const exporter = create({ maxQueueSize: 10 }, { random: () => 0.99 });
    await send(exporter, [at(0, 'r0')]);
    for (let index = 1; index < 15; index += 1) await send(exporter, [at(index, `r${index}`)]);
    assert.deepEqual(dropped(exporter), { overflow: 5 });
    logs.misbehave = () => false;
    await exporter.forceFlush();
    assert.deepEqual(
      bodies(),
      Array.from({ length: 10 }, (_, index) => `r${index + 5}`),
    );
  });

  it('calls back exactly once, also where the callback throws', async () => {
    let calls = 0;
    const exporter = create();
    exporter.export([at(0, 'x')], () => {
      calls += 1;
      throw new Error('callback');
    });
    await until(() => calls === 1);
    await settled();
    await exporter.shutdown();
    assert.equal(calls, 1);
    assert.ok(lines.some((line) => /result callback threw/.test(line)));
  });

  it('calls back for no records at all', async () => {
    assert.equal((await send(create(), [])).code, ExportResultCode.SUCCESS);
    assert.equal(logs.calls.length, 0);
  });

  it('shutdown gives up a hanging request at its deadline and counts what is lost', async () => {
    logs.misbehave = () => true;
    const exporter = create({ shutdownTimeout: 150 });
    const result = send(exporter, [at(0, 'x'), at(0, 'y')]);
    await until(() => logs.calls.length > 0);
    const start = Date.now();
    await exporter.shutdown();
    assert.ok(Date.now() - start < 1000);
    assert.deepEqual(dropped(exporter), { shutdown: 2 });
    assert.equal((await result).code, ExportResultCode.FAILED);
  });

  it('forceFlush returns at its deadline and keeps what it could not send', async () => {
    logs.misbehave = () => true;
    const exporter = create({ flushTimeout: 100 });
    void send(exporter, [at(0, 'x')]);
    const start = Date.now();
    await exporter.forceFlush();
    assert.ok(Date.now() - start < 1000);
    assert.equal(exporter.status().queue.items, 1);
  });

  it('takes nothing after shutdown, makes no request, and says so', async () => {
    const exporter = create();
    await exporter.shutdown();
    await exporter.shutdown();
    assert.equal((await send(exporter, [at(0, 'x')])).code, ExportResultCode.FAILED);
    assert.equal(logs.calls.length, 0);
    assert.deepEqual(dropped(exporter), { shutdown: 1 });
  });

  it('says that a record came after shutdown when it was the first one', async () => {
    const exporter = create();
    await exporter.shutdown();
    const result = await send(exporter, [at(0, 'x')]);
    assert.match(result.error?.message ?? '', /shutdown/);
  });

  it('uses a client that it is given, under suppressed tracing, and leaves it open', async () => {
    const manager = new AsyncLocalStorageContextManager().enable();
    context.setGlobalContextManager(manager);
    const suppressed: boolean[] = [];
    let destroyed = false;
    const client = {
      async send() {
        suppressed.push(isTracingSuppressed(context.active()));
        return {};
      },
      destroy() {
        destroyed = true;
      },
    };
    try {
      const exporter = create({ client: client as never });
      await context.with(ROOT_CONTEXT, () => send(exporter, [at(0, 'x')]));
      await exporter.shutdown();
    } finally {
      context.disable();
    }
    assert.deepEqual(suppressed, [true]);
    assert.equal(destroyed, false);
  });

  it('loads no client before the first record', () => {
    const exporter = create({ endpoint: 'not a url', region: 'nowhere' });
    assert.equal(exporter.status().queue.items, 0);
  });

  it('corrects a group name that CloudWatch would refuse, and says so', async () => {
    const exporter = create({ logGroupName: '/my app/errors' });
    assert.equal(exporter.status().logGroup, '/my-app/errors');
    assert.ok(lines.some((line) => /\/my app\/errors is not a valid name/.test(line)));
  });

  it('names the stream after service, host and process', async () => {
    const exporter = new CloudWatchLogExporter({
      logGroupName: GROUP,
      region: 'eu-west-1',
      credentials: CREDENTIALS,
      endpoint: logs.url,
    });
    made.push(exporter);
    await send(exporter, [at(0, 'x')]);
    assert.match(exporter.status().logStream ?? '', new RegExp(`^checkout/ip-10-0-0-1/${process.pid}-[0-9a-f]{8}$`));
    assert.equal(logs.accepted[0]?.logStreamName, exporter.status().logStream);
  });

  it('works in a LoggerProvider', async () => {
    const provider = new LoggerProvider({
      resource,
      processors: [new BatchLogRecordProcessor({ exporter: create() })],
    });
    provider.getLogger('test').emit({ body: 'from a logger', severityNumber: 17, attributes: { 'http.route': '/x' } });
    await provider.shutdown();
    const [event] = logs.events();
    const fields = JSON.parse(event?.message ?? '{}');
    assert.equal(fields.body, 'from a logger');
    assert.deepEqual(fields.attributes, { http: { route: '/x' } });
    assert.equal(fields.resource.attributes['service.name'], 'checkout');
    assert.equal(fields.scope.name, 'test');
  });
});

import assert from 'node:assert/strict';
import {
  CREATE_COOL_DOWN,
  CreationError,
  classifyDelivery,
  DENIED_COOL_DOWN,
  Destination,
} from '../../../exporters/cloudwatch-logs/destination.js';
import { FakeClock } from '../aws/fake-clock.js';
import { settled } from '../aws/waiting.js';
import { NOW } from './records.js';

const named = (name: string, message = name) => Object.assign(new Error(message), { name });
const NOT_FOUND = 'ResourceNotFoundException';
const THERE = 'ResourceAlreadyExistsException';
const CONFLICT = 'OperationAbortedException';
const DENIED = 'AccessDeniedException';

/** @param answers names of errors by call, in turn; absent: success */
function fixture(
  answers: Partial<Record<'stream' | 'group' | 'retention', (string | undefined)[]>>,
  retentionDays?: number,
) {
  const calls: string[] = [];
  const warnings: string[] = [];
  const clock = new FakeClock(NOW);
  const call = (kind: 'stream' | 'group' | 'retention', what: string) => async () => {
    calls.push(what);
    const name = answers[kind]?.shift();
    if (name !== undefined) throw named(name);
  };
  const destination = new Destination(
    {
      createLogStream: (group, stream) => call('stream', `stream ${group} ${stream}`)(),
      createLogGroup: (group) => call('group', `group ${group}`)(),
      putRetentionPolicy: (group, days) => call('retention', `retention ${group} ${days}`)(),
    },
    { group: 'g', stream: 's', retentionDays, clock, warn: (_kind, message) => warnings.push(message) },
  );
  const create = () => destination.create(new AbortController().signal);
  const failure = (name: string) => (error: unknown) =>
    error instanceof CreationError && (error.cause as Error).name === name;
  return { calls, warnings, clock, destination, create, failure };
}

describe('destination of log events', () => {
  it('creates the stream alone where the group is there', async () => {
    const { calls, create } = fixture({}, 30);
    await create();
    assert.deepEqual(calls, ['stream g s']);
  });

  it('creates the group, its retention and the stream where nothing is there', async () => {
    const { calls, create } = fixture({ stream: [NOT_FOUND] }, 30);
    await create();
    assert.deepEqual(calls, ['stream g s', 'group g', 'retention g 30', 'stream g s']);
  });

  it('leaves the retention of a group alone that another process has just created', async () => {
    const { calls, create } = fixture({ stream: [NOT_FOUND], group: [THERE] }, 30);
    await create();
    assert.deepEqual(calls, ['stream g s', 'group g', 'stream g s']);
  });

  it('sets no retention unless asked to', async () => {
    const { calls, create } = fixture({ stream: [NOT_FOUND] });
    await create();
    assert.deepEqual(calls, ['stream g s', 'group g', 'stream g s']);
  });

  it('takes a stream that is there for created', async () => {
    const { create } = fixture({ stream: [THERE] });
    await create();
  });

  it('goes on without a retention that it may not set, and says so', async () => {
    const { calls, warnings, create } = fixture({ stream: [NOT_FOUND], retention: [DENIED] }, 30);
    await create();
    assert.equal(calls.at(-1), 'stream g s');
    assert.match(warnings[0] ?? '', /retention of log group g was not set to 30 days: AccessDeniedException/);
  });

  it('waits out a conflict with another creation', async () => {
    const { calls, clock, create } = fixture({ stream: [NOT_FOUND], group: [CONFLICT, CONFLICT] });
    const done = create();
    await clock.advance(1000);
    await done;
    assert.deepEqual(calls, ['stream g s', 'group g', 'group g', 'group g', 'stream g s']);
  });

  it('gives a conflict up after five attempts', async () => {
    const { calls, clock, create, failure } = fixture({ stream: [NOT_FOUND], group: Array(9).fill(CONFLICT) });
    const done = assert.rejects(create(), failure(CONFLICT));
    await clock.advance(10_000);
    await done;
    assert.equal(calls.filter((call) => call === 'group g').length, 5);
  });

  it('is one attempt for all who ask at the same time', async () => {
    const { calls, create } = fixture({ stream: [NOT_FOUND] });
    await Promise.all([create(), create(), create()]);
    assert.equal(calls.filter((call) => call === 'group g').length, 1);
  });

  it('creates anew when it is asked again after success: the stream was deleted', async () => {
    const { calls, create } = fixture({});
    await create();
    await create();
    assert.equal(calls.length, 2);
  });

  it('answers from memory until the cool-down is over, then tries again', async () => {
    const { calls, clock, destination, create, failure } = fixture({ stream: ['InternalFailure'] });
    await assert.rejects(create(), failure('InternalFailure'));
    await clock.advance(CREATE_COOL_DOWN - 1);
    await assert.rejects(create(), failure('InternalFailure'));
    assert.equal(calls.length, 1);
    assert.match(destination.trouble ?? '', /InternalFailure/);
    await clock.advance(1);
    await create();
    assert.equal(calls.length, 2);
    assert.equal(destination.trouble, undefined);
  });

  it('looks again for a permission that it lacked after five minutes', async () => {
    const { calls, clock, create, failure } = fixture({ stream: [NOT_FOUND], group: [DENIED] });
    await assert.rejects(create(), failure(DENIED));
    await clock.advance(DENIED_COOL_DOWN - 1);
    await assert.rejects(create(), failure(DENIED));
    assert.equal(calls.length, 2);
    await clock.advance(1);
    await create();
    assert.deepEqual(calls.slice(2), ['stream g s']);
  });

  it('has no cool-down after a call that was given up', async () => {
    const { clock, create, destination } = fixture({ stream: [NOT_FOUND], group: Array(9).fill(CONFLICT) });
    const given = new AbortController();
    const done = assert.rejects(destination.create(given.signal));
    await settled();
    given.abort();
    await done;
    assert.equal(clock.pending, 0);
    await create();
  });

  it('holds no timer that keeps a process alive', async () => {
    const { clock, create } = fixture({ stream: [CONFLICT] });
    const done = create();
    await settled();
    assert.equal(clock.pending, 1);
    assert.equal(clock.holding, 0);
    await clock.advance(1000);
    await done;
  });

  it('never blames the events for a creation that failed', () => {
    const kindOf = (name: string, status?: number) =>
      classifyDelivery(new CreationError(Object.assign(named(name), { $metadata: { httpStatusCode: status } }))).kind;
    assert.equal(kindOf('InvalidParameterException', 400), 'denied');
    assert.equal(kindOf('LimitExceededException', 400), 'denied');
    assert.equal(kindOf(DENIED, 400), 'denied');
    assert.equal(kindOf(NOT_FOUND, 400), 'denied');
    assert.equal(kindOf('ThrottlingException', 400), 'throttled');
    assert.equal(kindOf('ServiceUnavailableException', 500), 'retry');
    assert.equal(
      classifyDelivery(Object.assign(named('InvalidParameterException'), { $metadata: { httpStatusCode: 400 } })).kind,
      'refused',
    );
  });
});

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { readConfiguration } from '../../../src/config/read.js';
import { MAX_MESSAGES } from '../../../src/delivery/application/backlog.js';
import { Channel } from '../../../src/delivery/application/channel.js';
import { nameDestinations } from '../../../src/resource/destination-names.js';
import type { PlainLogRecord, PlainSpan } from '../../../src/wire/messages.js';

const WORKER = join(__dirname, 'fixtures/worker.cjs');

function open({ workerFile = WORKER, onLimits = () => {} } = {}) {
  const notices: string[] = [];
  const configuration = nameDestinations(readConfiguration({}).configuration, { name: 'shop' });
  const channel = new Channel({
    redact: (records) => [...records],
    configuration,
    resource: {},
    workerFile,
    onNotice: (_level, text) => notices.push(text),
    onLimits,
    captureTest: () => false,
    facts: () => ({ settings: [], problems: [], instrumentations: [], loadedTooEarly: [] }),
  });
  const post = (attributes: Record<string, unknown>) =>
    channel.post({ kind: 'spans', count: 1, spans: [{ attributes } as unknown as PlainSpan] });
  return { channel, notices, post };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('Channel', () => {
  it('knows what is still on its way', async () => {
    const { channel, post } = open();
    assert.equal(channel.pending(), false);
    post({ ms: 5 });
    assert.equal(channel.pending(), true);
    assert.equal(await channel.flush(5000), true);
    assert.equal(channel.pending(), false);
  });

  it('says when a flush did not end in time', async () => {
    const { channel, post } = open();
    await channel.flush(5000);
    post({ ms: 500 });
    assert.equal(await channel.flush(20), false);
  });

  it('blocks until the worker has delivered, though the worker was only just started', () => {
    const { channel, post } = open();
    post({ ms: 50 });
    assert.equal(channel.flushSync(5000), true);
    assert.equal(channel.pending(), false);
  });

  it('says what can not be taken of what the worker says, and throws nothing', async () => {
    const { channel, notices, post } = open({
      onLimits: () => {
        throw new Error('timers that the application has replaced');
      },
    });
    post({ limits: [] });
    assert.equal(await channel.flush(5000), true);
    assert.deepEqual(notices, [
      'what the delivery worker said was not taken: Error: timers that the application has replaced',
    ]);
  });

  it('stops blocking at the deadline', () => {
    const { channel, post } = open();
    post({ ms: 3000 });
    const start = Date.now();
    assert.equal(channel.flushSync(200), false);
    const took = Date.now() - start;
    assert.ok(took >= 200 && took < 1500, `${took} ms`);
  });

  it('does not block on a worker that has died', async () => {
    const { channel, post } = open();
    await channel.flush(5000);
    post({ crash: true });
    const start = Date.now();
    assert.equal(channel.flushSync(10_000), false);
    assert.ok(Date.now() - start < 5000);
  });

  it('starts a new worker for one that died, and counts what was on its way', async () => {
    const { channel, notices, post } = open();
    await channel.flush(5000);
    post({ crash: true });
    await until(() => channel.ledger.entry('traces').lost.worker_ended === 1);
    assert.match(notices[0] ?? '', /delivery worker failed: crashed on purpose/);
    await until(() => {
      post({ say: 'back' });
      return notices.includes('back');
    });
  });

  it('gives a new worker the errors that the one before did not acknowledge, and forgets one that three have died of', async function () {
    this.timeout(20_000);
    const { channel, notices } = open();
    const post = (body: string, attributes: Record<string, unknown> = {}) =>
      channel.post({ kind: 'logs', records: [{ body, attributes } as unknown as PlainLogRecord] });
    const taken = (body: string) => notices.filter((text) => text === `took ${body}`).length;
    post('first');
    await until(() => taken('first') === 1);
    await channel.flush(5000);
    post('deadly', { crash: true });
    // What was posted to each of the three would be forgotten as well.
    await until(() => taken('deadly') === 2);
    post('last');
    await until(() => taken('last') === 1);
    assert.deepEqual([taken('first'), taken('deadly'), taken('last')], [1, 3, 1]);
    assert.deepEqual(channel.ledger.entry('logs').lost, { worker_ended: 1 });
    await channel.flush(5000);
    assert.equal(channel.pending(), false);
  });

  it('drops what cannot be copied, with a notice', () => {
    const { channel, notices, post } = open();
    post({ f: () => {} });
    assert.deepEqual(channel.ledger.entry('traces').lost, { unreadable: 1 });
    assert.match(notices[0] ?? '', /can't be copied/);
  });

  it('passes on what the worker has to say', async () => {
    const { channel, notices, post } = open();
    post({ say: 'access denied' });
    await channel.flush(5000);
    assert.deepEqual(notices, ['access denied']);
  });

  it('passes questions on and answers back, and gives up after the time', async () => {
    const { channel } = open();
    const question = (text: string) => (id: number) => ({ kind: 'sampling-rules', id, text }) as const;
    assert.deepEqual(await channel.ask(question('echo'), 5000), {
      kind: 'sampling-failed',
      id: 1,
      reason: 'echo',
    });
    assert.equal(await channel.ask(question('silence'), 20), undefined);
  });

  it('holds what comes while there is no worker, and gives it to the next one when a flush waits for it', async () => {
    const { channel, notices, post } = open();
    await channel.flush(5000);
    post({ crash: true });
    await until(() => channel.ledger.entry('traces').lost.worker_ended === 1);
    post({ say: 'held' });
    assert.equal(channel.pending(), true);
    assert.equal(await channel.flush(5000), true);
    assert.ok(notices.includes('held'));
    assert.ok(notices.includes('the delivery worker ended: 1 span lost with it'), notices.join('\n'));
    assert.deepEqual(channel.ledger.entry('traces').lost, { worker_ended: 1 });
  });

  for (const [count, lost] of [
    [MAX_MESSAGES, {}],
    [MAX_MESSAGES + 1, { no_worker: 1 }],
  ] as const) {
    it(`holds ${MAX_MESSAGES} messages without a worker, and enters what is lost of ${count}`, async () => {
      const { channel, post } = open();
      await channel.flush(5000);
      post({ crash: true });
      await until(() => channel.ledger.entry('traces').lost.worker_ended === 1);
      for (let message = 0; message < count; message++) post({});
      assert.deepEqual(channel.ledger.entry('traces').lost, { worker_ended: 1, ...lost });
      await channel.flush(5000);
      await channel.close();
    });
  }

  it('tells the ledger where no worker answers', async () => {
    const { channel, post } = open();
    post({ ms: 3000 });
    await channel.close();
    post({});
    const { destinations, ledger } = await channel.status(10);
    assert.deepEqual(destinations, []);
    assert.deepEqual(ledger.find(({ signal }) => signal === 'traces')?.lost, { no_worker: 1 });
  });
});

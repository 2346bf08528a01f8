import assert from 'node:assert/strict';
import { type Span, stage } from '../e2e/support/aws.js';
import { packagesFor } from '../e2e/support/real-packages.js';
import { metricOf, SERVICE } from './arrived.js';
import { runningMoto } from './moto-server.js';
import { runningRedis } from './redis-server.js';

/** Milliseconds for an installation, when a package is not in the cache. */
const INSTALLATION = 300_000;
const FIXTURES = `${import.meta.dirname}/fixtures`;
const QUEUE = [...SERVICE, 'messaging.destination.name'];

/** What every consumer shows: how often it worked and failed on the queue, its events, and its traces' links to the producer's. */
async function assertWork(on: ReturnType<typeof stage>, queue: string, expected: { runs: number; faults: number }) {
  const key = `generic:default shop ${queue}`;
  assert.equal(metricOf(on.aws, 'messaging.process.duration', QUEUE).get(key)?.count, expected.runs);
  assert.equal(metricOf(on.aws, 'messaging.process.fault', QUEUE).get(key)?.sum, expected.faults);
  const errors = await on.aws.errors();
  assert.deepEqual(
    errors.map(({ attributes: { exception, messaging } }) => [exception.type, messaging?.destination?.name]),
    Array.from({ length: expected.faults }, () => ['RangeError', queue]),
  );
  const spans = await on.aws.spans();
  const order = spans.find(({ name }) => name === 'order');
  const processed = spans.filter(({ name }) => name === `process ${queue}`);
  assert.equal(processed.length, expected.runs);
  assert.equal(new Set(processed.map(({ traceId }) => traceId)).size, expected.runs, 'each has a trace of its own');
  for (const { links } of processed)
    assert.ok(
      links.some(({ traceId }) => traceId === order?.traceId),
      'a link',
    );
  const failedIn = processed.filter((span: Span) => span.attributes['error.type'] === 'RangeError');
  assert.deepEqual(failedIn.map(({ traceId }) => traceId).sort(), errors.map(({ traceId }) => traceId).sort());
}

describe('work that no request starts', () => {
  const on = stage();

  describe('jobs of BullMQ on a real Redis', () => {
    const socket = runningRedis();

    for (const version of ['5.0.0', '5.81.5']) {
      it(`arrive with each duration, failure and trace, with version ${version}`, async function () {
        this.timeout(INSTALLATION);
        const packages = packagesFor(this, [`bullmq@${version}`]);
        const app = on.start(`${FIXTURES}/bullmq.cjs`, {
          env: on.aws.env({ OTEL_TRACES_SAMPLER: 'always_on' }),
          args: [packages, socket()],
        });
        const { code, stdout, stderr } = await app.ended();
        assert.equal(code, 0, stderr);
        assert.deepEqual(stdout.trim().split('\n').sort(), [
          'completed a',
          'completed b',
          'failed no such mailbox',
          'failed no such mailbox',
        ]);
        await assertWork(on, 'mails', { runs: 4, faults: 2 });
      });
    }
  });

  describe('messages of SQS, by moto and sqs-consumer', () => {
    const moto = runningMoto();

    it('arrive with each duration, failure and trace', async function () {
      this.timeout(INSTALLATION);
      const packages = packagesFor(this, ['sqs-consumer@14.2.8', '@aws-sdk/client-sqs@3.1175.0']);
      const app = on.start(`${FIXTURES}/sqs-consumer.cjs`, {
        env: on.aws.env({ OTEL_TRACES_SAMPLER: 'always_on' }),
        args: [packages, moto().endpoint],
      });
      const { code, stdout, stderr } = await app.ended();
      assert.equal(code, 0, stderr);
      assert.deepEqual(stdout.trim().split('\n').sort(), [
        'failed Unexpected message handler failure: no such order',
        'processed',
      ]);
      await assertWork(on, 'orders', { runs: 2, faults: 1 });
    });
  });
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metricOf, SERVICE } from '../real/arrived.js';
import { stage } from './support/aws.js';
import { realPackages } from './support/real-packages.js';

/** Milliseconds for an installation, when a package is not in the cache. */
const INSTALLATION = 300_000;
const JOB = [...SERVICE, 'monitoring.job.name'];
const QUEUE = [...SERVICE, 'messaging.destination.name'];
const PRODUCER = '5e1b41515ac6c58f5b5dbf7f2c1d5a4f';

describe('work that no request starts', () => {
  const on = stage();
  const sampled = () => on.aws.env({ OTEL_TRACES_SAMPLER: 'always_on' });
  const valuesOf = (metric: string, dimensions: readonly string[], name: string) =>
    metricOf(on.aws, metric, dimensions).get(`generic:default shop ${name}`);

  const assertRuns = (job: string, runs: number, faults: number) => {
    assert.equal(valuesOf('monitoring.job.duration', JOB, job)?.count, runs);
    const { count, sum } = valuesOf('monitoring.job.fault', JOB, job) ?? {};
    assert.deepEqual([count, sum], [runs, faults]);
  };

  for (const [sampler, traced] of [
    ['always_on', 4],
    ['always_off', 0],
  ] as const) {
    it(`by runJob has durations, failures and events, with the sampler ${sampler}`, async () => {
      const app = on.start('jobs.cjs', { env: on.aws.env({ OTEL_TRACES_SAMPLER: sampler }), args: ['runs'] });
      const { stdout, code } = await app.ended();
      assert.deepEqual([stdout, code], ['returned\nresolved\nthrown no file\nrejected no line\n', 0]);
      assertRuns('import', 4, 2);
      const errors = await on.aws.errors();
      assert.deepEqual(
        errors.map(({ attributes: { exception, monitoring } }) => [exception.type, monitoring?.job?.name]),
        [
          ['RangeError', 'import'],
          ['TypeError', 'import'],
        ],
      );
      assert.equal((await on.aws.spans()).filter(({ name }) => name === 'import').length, traced);
    });
  }

  it('by runJob is told with its name and its end when the process dies in it', async () => {
    const { code } = await on.start('jobs.cjs', { env: sampled(), args: ['dies'] }).ended();
    assert.equal(code, 1);
    assertRuns('export', 1, 1);
    const errors = await on.aws.errors();
    assert.deepEqual(
      errors.map(({ severityText, attributes: { monitoring } }) => [severityText, monitoring?.job?.name]),
      [['FATAL', 'export']],
    );
    assert.deepEqual(
      (await on.aws.spans()).map(({ name, traceId }) => [name, traceId]),
      [['export', errors[0]?.traceId]],
    );
  });

  it('runs without monitoring as it would with it', async () => {
    const app = on.start('jobs.cjs', { env: { ...sampled(), OTEL_SDK_DISABLED: 'true' }, args: ['runs'] });
    assert.equal((await app.ended()).stdout, 'returned\nresolved\nthrown no file\nrejected no line\n');
  });

  for (const spec of ['node-cron@3.0.3', 'node-cron@4.6.0', 'croner@8.1.2', 'croner@10.0.1']) {
    it(`by ${spec} is told although the library goes on`, async function () {
      this.timeout(INSTALLATION);
      const packages = realPackages(this, [spec]);
      const [library = ''] = spec.split('@');
      const app = on.start('schedules.cjs', { env: sampled(), args: [packages, library] });
      const { stdout, code } = await app.ended();
      assert.deepEqual([stdout.match(/run \d/g), code], [['run 1', 'run 2'], 0]);
      assertRuns('sweep', 2, 2);
      const errors = await on.aws.errors();
      assert.deepEqual(
        errors.map(({ attributes: { exception, error } }) => [
          exception.type,
          (error as { mechanism: string }).mechanism,
        ]),
        [
          ['RangeError', library],
          ['RangeError', library],
        ],
      );
      const spans = (await on.aws.spans()).filter(({ name }) => name === 'sweep');
      assert.deepEqual(spans.map(({ traceId }) => traceId).sort(), errors.map(({ traceId }) => traceId).sort());
    });
  }

  describe('by a consumer', () => {
    let stubs = '';
    before(() => {
      stubs = mkdtempSync(join(tmpdir(), 'monitoring-consumers-'));
      writeStub(join(stubs, 'node_modules/kafkajs'), 'kafkajs', '2.2.4', 'module.exports = { Kafka };');
      const confluent = '@confluentinc/kafka-javascript';
      writeStub(join(stubs, 'node_modules', confluent), confluent, '1.9.0', 'module.exports = { KafkaJS: { Kafka } };');
    });
    after(() => rmSync(stubs, { recursive: true, force: true }));

    const assertMessages = async (linked: (span: { traceId: string; links: { traceId: string }[] }) => boolean) => {
      assert.equal(valuesOf('messaging.process.duration', QUEUE, 'orders')?.count, 2);
      const { count, sum } = valuesOf('messaging.process.fault', QUEUE, 'orders') ?? {};
      assert.deepEqual([count, sum], [2, 1]);
      const errors = await on.aws.errors();
      assert.deepEqual(
        errors.map(({ attributes: { exception, messaging } }) => [exception.type, messaging?.destination?.name]),
        [['RangeError', 'orders']],
      );
      const spans = (await on.aws.spans()).filter(({ name }) => name.includes('orders'));
      assert.equal(spans.length, 2);
      assert.ok(spans.every(linked), 'each leads to its producer');
      assert.ok(
        spans.some(({ traceId }) => traceId === errors[0]?.traceId),
        'the event leads to its trace',
      );
    };

    for (const library of ['kafkajs', '@confluentinc/kafka-javascript']) {
      it(`of ${library} is told, each message once`, async () => {
        const app = on.start('consumers.cjs', { env: sampled(), args: [stubs, library] });
        assert.equal((await app.ended()).stdout, 'handled 1\nno such order\n');
        await assertMessages(({ traceId, links }) =>
          library === 'kafkajs' ? traceId === PRODUCER : links.some((link) => link.traceId === PRODUCER),
        );
      });
    }

    it('of amqplib is told, each message once', async function () {
      this.timeout(INSTALLATION);
      const packages = realPackages(this, ['amqplib@2.3.1']);
      const app = on.start('consumers.cjs', { env: sampled(), args: [packages, 'amqplib'] });
      assert.equal((await app.ended()).stdout, 'handled 1\nno such order\n');
      await assertMessages(({ traceId }) => traceId === PRODUCER);
    });
  });
});

/** A package whose consumers hand on what they are given, without a broker. */
function writeStub(folder: string, name: string, version: string, exported: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version, main: 'index.js' }));
  const source = `class Kafka {
    producer() { return { events: {}, on() {} }; }
    consumer() {
      let each;
      return { events: {}, on() {}, run: async (config) => { each = config.eachMessage; }, give: async (message) => each(message) };
    }
  }
  ${exported}`;
  writeFileSync(join(folder, 'index.js'), source);
}

import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type DRIVERS, driversFolder } from '../../scripts/drivers.mjs';
import { bundlePreload } from './bundle.js';
import { postgresServer } from './postgres-server.js';
import { type NodeBinary, nodeBinaries, run } from './processes.js';

const FIXTURE = join(__dirname, 'fixtures/contained.cjs');

interface Outcome {
  compared: Record<string, object>;
  [more: string]: unknown;
}

interface Pair {
  bare: Outcome;
  preloaded: Outcome;
  spans: { name: string; spanId: string; parentSpanId?: string; statement?: string }[];
  problems: string[];
  records: { logger: string; message: string; itself: boolean }[];
}

describe('a driver under the preload', function () {
  this.timeout(120_000);
  let bundle: Awaited<ReturnType<typeof bundlePreload>>;
  const database = postgresServer();
  const node = nodeBinaries().at(-1) as NodeBinary;

  before(async () => {
    bundle = await bundlePreload();
    await new Promise<void>((listening) => database.listen(0, '127.0.0.1', listening));
  });
  after(() => {
    bundle?.remove();
    database.close();
  });

  /** The scenario without and with the preload. */
  async function compare(
    context: Mocha.Context,
    scenario: string,
    set: keyof typeof DRIVERS = 'current',
  ): Promise<Pair> {
    const folder = driversFolder(set);
    if (folder instanceof Error) {
      if (process.env.CI === 'true') throw folder;
      console.log(`      skipped: ${folder.message}`);
      context.skip();
    }
    const env = {
      DRIVERS: folder,
      SCENARIO: scenario,
      POSTGRES_PORT: String((database.address() as AddressInfo).port),
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    };
    const [bare, preloaded] = await Promise.all([
      run(node, [FIXTURE], env),
      run(node, ['--require', bundle.preload, FIXTURE], env),
    ]);
    const { spans, problems, records } = preloaded.result as unknown as Pair;
    return {
      bare: bare.result.results as Outcome,
      preloaded: preloaded.result.results as Outcome,
      spans,
      problems,
      records,
    };
  }

  function assertAlike({ bare, preloaded }: Pair): void {
    assert.deepEqual(Object.keys(preloaded.compared), Object.keys(bare.compared));
    const different = (one: Outcome, other: Outcome) =>
      Object.fromEntries(
        Object.entries(one.compared).filter(([what, outcome]) => !isDeepStrictEqual(outcome, other.compared[what])),
      );
    assert.deepEqual(different(preloaded, bare), different(bare, preloaded));
  }

  it('sends to AWS what it sends without', async function () {
    const pair = await compare(this, 'aws');
    assertAlike(pair);
    const traces = pair.preloaded.traces as string[];
    assert.equal(new Set(traces).size, 3, 'each message carries its own trace');
    assert.deepEqual(pair.preloaded.full, { 7: 9, 8: 10, 9: 10, 10: 10 });
  });

  it('streams from AWS each event that it streams without', async function () {
    const pair = await compare(this, 'aws-streams');
    assertAlike(pair);
    assert.ok(pair.spans.some(({ name }) => name.startsWith('chat ')));
    assert.deepEqual(pair.problems, []);
  });

  it('lets openai have its promises, parsed once and rejected in sight', async function () {
    const pair = await compare(this, 'openai');
    assertAlike(pair);
    assert.ok(pair.spans.filter(({ name }) => name.startsWith('chat m')).length > 10);
  });

  it('lets openai 7 have its promises, with spans', async function () {
    const pair = await compare(this, 'openai', 'newest');
    assertAlike(pair);
    assert.ok(pair.spans.some(({ name }) => name === 'chat m'));
    assert.deepEqual(pair.problems, []);
  });

  for (const scenario of ['kafkajs', 'amqplib']) {
    it(`sends by ${scenario} what it sends without, each message with its own trace`, async function () {
      const pair = await compare(this, scenario);
      assertAlike(pair);
      const traces = pair.preloaded.traces as string[];
      assert.equal(new Set(traces).size, 3);
      assert.ok(traces.every((trace) => /^00-/.test(trace)));
      const others = pair.problems.filter((line) => !line.includes('was bypassed: Error'));
      assert.deepEqual(others, []);
    });
  }

  it('sends each header of the trace once, also where the application passes on what it received', async function () {
    const pair = await compare(this, 'fetch');
    const sampled = Object.entries(pair.preloaded.compared).map(([way, headers]) => [way, headers]);
    for (const [way, headers] of sampled) {
      assert.equal(new Set(headers as string[]).size, (headers as string[]).length, String(way));
    }
    const values = pair.preloaded.values as Record<string, [string, string][]>;
    for (const [way, pairs] of Object.entries(values)) {
      const { traceparent, baggage, 'x-kept': kept } = Object.fromEntries(pairs);
      assert.match(traceparent ?? '', /^00-/, way);
      assert.notEqual(traceparent, pair.preloaded.old, way);
      assert.deepEqual([baggage, kept], ['a=b', '1'], way);
    }
  });

  it('lets a call of fetch fail by whatever value, without an uncaught exception', async function () {
    assertAlike(await compare(this, 'fetch-failures'));
  });

  it('has one span for a command of ioredis, also where that waits for the connection', async function () {
    const pair = await compare(this, 'ioredis');
    assertAlike(pair);
    for (const key of ['lazy', 'queued', 'ready', 'back', 'one', 'two']) {
      assert.equal(pair.spans.filter(({ statement }) => statement?.includes(` ${key}`)).length, 1, key);
    }
  });

  it('lets redis have its answers and rejections', async function () {
    const pair = await compare(this, 'redis');
    assertAlike(pair);
    assert.ok(pair.spans.some(({ name }) => name === 'redis-connect'));
    assert.deepEqual(pair.problems, []);
  });

  it('lets pg have its answers, and ends the span of each kind of query', async function () {
    const pair = await compare(this, 'pg');
    assertAlike(pair);
    for (const what of ['of a query', 'called back', 'of a cursor', 'of a stream']) {
      assert.equal(pair.spans.filter(({ statement }) => statement === `select ${what}`).length, 1, what);
    }
    const points = pair.preloaded.points as { name: string; count: number }[];
    assert.ok(points.some(({ name }) => name === 'db.client.operation.duration'));
  });

  it('calls back in the context of the caller: what follows is no child of the connect', async function () {
    const { spans } = await compare(this, 'pg');
    const connects = new Set(spans.filter(({ name }) => name.includes('connect')).map(({ spanId }) => spanId));
    assert.ok(connects.size >= 3);
    for (const { name, statement, parentSpanId } of spans) {
      assert.ok(parentSpanId === undefined || !connects.has(parentSpanId), `${name} ${statement}`);
    }
  });

  it('has one span for a query of knex over pg', async function () {
    const pair = await compare(this, 'knex');
    assertAlike(pair);
    const names = pair.spans.map(({ name }) => name).filter((name) => !name.includes('connect') && name !== 'parent');
    assert.equal(names.filter((name) => name.startsWith('pg.query')).length, 3);
    assert.equal(names.length, 3, names.join());
  });

  it('lets graphql have its answers', async function () {
    const pair = await compare(this, 'graphql');
    // docs/transparency.md: the instrumentation keeps its span in the context of the resolvers.
    for (const outcome of Object.values(pair.preloaded.compared)) Reflect.deleteProperty(outcome, 'changed');
    assertAlike(pair);
  });

  it('says that a newer major has no spans', async function () {
    const pair = await compare(this, 'graphql', 'newest');
    assertAlike(pair);
    assert.deepEqual(pair.problems, ['graphql 17.1.0 is not covered by the instrumentation "graphql": no spans of it']);
  });

  it('lets socket.io take its listeners off', async function () {
    assertAlike(await compare(this, 'socketio'));
  });

  it('lets loggers write what they write, and leaves their errors as they are', async function () {
    const pair = await compare(this, 'loggers');
    assertAlike(pair);
    const told = (logger: string, message: string) =>
      pair.records.filter((record) => record.logger === logger && record.message === message);
    for (const logger of ['pino', 'bunyan']) {
      for (const message of ['of the child', 'of the grandchild']) {
        assert.deepEqual(
          told(logger, message).map(({ itself }) => itself),
          [true],
          `${logger} ${message}`,
        );
      }
    }
    assert.equal(told('bunyan', 'failed: Error: payment failed').length, 1);
  });
});

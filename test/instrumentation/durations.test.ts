import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { driversFolder } from '../../scripts/drivers.mjs';
import { bundlePreload } from './bundle.js';
import { postgresServer } from './postgres-server.js';
import { type NodeBinary, nodeBinaries, run } from './processes.js';

const FIXTURE = join(__dirname, 'fixtures/durations.cjs');
const PLACES = ['sampled', 'unsampled', 'alone'] as const;

interface Point {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly count: number;
}
type Measured = Record<(typeof PLACES)[number], Record<string, { points: Point[]; spans: number }>>;

/** For each call: what it is measured as, the `error.type` after a slash, and how many times. */
type Expected = Readonly<Record<string, string>>;

const PG: Expected = {
  promise: 'SELECT ×1',
  'promise, an object': 'SELECT ×1',
  callback: 'SELECT ×1',
  'callback, values': 'SELECT ×1',
  'callback in the object': 'SELECT ×1',
  'callback in a frozen object': 'SELECT ×1',
  'two by one object': 'SELECT ×2',
  'callback in the object, failed': 'FAIL/42P01 ×1',
  events: 'SELECT ×1',
  'events, failed': 'FAIL/42P01 ×1',
  'pg.Query with a callback': 'SELECT ×1',
  cursor: 'SELECT ×1',
  'cursor, callback': 'SELECT ×1',
  stream: 'SELECT ×1',
  'failed promise': 'FAIL/42P01 ×1',
  'failed callback': 'FAIL/42P01 ×1',
  pool: 'SELECT ×1',
  'pool, callback': 'SELECT ×1',
  'a client of the pool': 'SELECT ×1',
  // The query is never made.
  'connection refused': '',
};

const REDIS: Expected = {
  promise: 'GET ×1',
  'not awaited': 'GET ×1',
  failed: 'refused/SimpleError ×1',
  'two in a multi': 'MULTI ×2',
  'two in a pipeline': 'PIPELINE GET ×2',
  'connection refused': 'GET/ClientClosedError ×1',
  'never answered': '',
};

const IOREDIS: Expected = {
  promise: 'get ×1',
  callback: 'get ×1',
  'not awaited': 'get ×1',
  failed: 'refused/ReplyError ×1',
  'two in a pipeline': 'PIPELINE get ×2',
  'connection refused': 'get/_OTHER ×1',
  'never answered': '',
};

const MEMCACHED: Expected = {
  callback: 'get ×1',
  'a value': 'set ×1',
  failed: 'get ×1',
  'connection refused': 'get/ECONNREFUSED ×1',
};

/** The instrumentations of MySQL tell no operation, and of an error its message only. */
const MYSQL: Expected = {
  callback: '- ×1',
  'callback, values': '- ×1',
  events: '- ×1',
  'events, failed': '-/_OTHER ×1',
  failed: '-/_OTHER ×1',
  pool: '- ×1',
  'a connection of the pool': '- ×1',
  'connection refused': '-/_OTHER ×1',
  'never answered': '',
};

const MYSQL2: Expected = {
  callback: '- ×1',
  'callback, values': '- ×1',
  promise: '- ×1',
  'promise, failed': '-/_OTHER ×1',
  events: '- ×1',
  'events, values': '- ×1',
  'events, no rows': '- ×1',
  'events, failed': '-/_OTHER ×1',
  stream: '- ×1',
  failed: '-/_OTHER ×1',
  pool: '- ×1',
  'pool, promise': '- ×1',
  // The query is never made.
  'connection refused': '',
  'refused, then asked': '-/_OTHER ×1',
  'never answered': '',
};

const MONGODB: Expected = {
  promise: 'find ×1',
  insert: 'insert ×1',
  'a cursor of two batches': 'find ×1, getMore ×1',
  'bulk write': 'insert ×1',
  failed: 'insert/_OTHER ×1',
};

const CASSANDRA: Expected = {
  'connection refused': '-/NoHostAvailableError ×1',
  'connection refused, callback': '-/NoHostAvailableError ×1',
  'connection refused, batch': '-/NoHostAvailableError ×1',
  'connection refused, stream': '-/NoHostAvailableError ×1',
};

const GRPC: Expected = {
  callback: 'shop.Orders/Ask ×1',
  'a plain client': 'shop.Orders/Ask ×1',
  'answers in a stream': 'shop.Orders/List ×1',
  'asks in a stream': 'shop.Orders/Put ×1',
  failed: 'shop.Orders/Fail/NOT_FOUND ×1',
  'connection refused': 'shop.Orders/Ask/UNAVAILABLE ×1',
  'never answered': '',
};

const AWS: Expected = {
  promise: 'SQS/SendMessage ×1',
  callback: 'SQS/SendMessage ×1',
  receive: 'SQS/ReceiveMessage ×1',
  invoke: 'Lambda/Invoke ×1',
  failed: 'SQS/SendMessage/ResourceNotFoundException ×1',
  aborted: 'SQS/SendMessage/AbortError ×1',
  'connection refused': 'SQS/SendMessage/ECONNREFUSED ×1',
  'never answered': '',
};
const DYNAMODB: Expected = {
  table: 'GetItem ×1',
  'table, failed': 'GetItem/ResourceNotFoundException ×1',
  'a page': 'ListTables ×1',
  'no input': 'ListTables ×1',
};

/** By the fixture in fixtures/durations: the system that its calls have, and the calls. */
const DRIVERS: Readonly<Record<string, readonly [system: string, calls: Expected][]>> = {
  pg: [['postgresql', PG]],
  redis: [['redis', REDIS]],
  ioredis: [['redis', IOREDIS]],
  memcached: [['memcached', MEMCACHED]],
  mysql: [['mysql', MYSQL]],
  mysql2: [['mysql', MYSQL2]],
  mongodb: [['mongodb', MONGODB]],
  mongoose: [['mongodb', { find: 'find ×1', save: 'insert ×1' }]],
  knex: [['mysql', { select: '- ×1', failed: '-/_OTHER ×1' }]],
  'cassandra-driver': [['cassandra', CASSANDRA]],
  tedious: [['microsoft.sql_server', { 'not connected': 'execSql/RequestError ×1' }]],
  grpc: [['grpc', GRPC]],
  aws: [
    ['aws-api', AWS],
    ['aws.dynamodb', DYNAMODB],
  ],
};

const METRICS: Readonly<Record<string, string>> = {
  grpc: 'rpc.client.call.duration',
  'aws-api': 'rpc.client.call.duration',
};

describe('the duration of a call', function () {
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

  async function measure(context: Mocha.Context, scenario: string, settings: object = {}): Promise<Measured> {
    const folder = driversFolder('databases');
    if (folder instanceof Error) {
      if (process.env.CI === 'true') throw folder;
      console.log(`      skipped: ${folder.message}`);
      context.skip();
    }
    const { result, stderr } = await run(node, ['--require', bundle.preload, FIXTURE], {
      DRIVERS: folder,
      SCENARIO: scenario,
      FIXTURE: JSON.stringify(settings),
      POSTGRES_PORT: String((database.address() as AddressInfo).port),
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    });
    assert.equal(stderr, '');
    return result.measured as Measured;
  }

  for (const [scenario, systems] of Object.entries(DRIVERS)) {
    it(`by ${scenario} is measured once, in a sampled request, in an unsampled one and outside of any`, async function () {
      const measured = await measure(this, scenario);
      for (const place of PLACES) {
        const expected = Object.assign({}, ...systems.map(([, calls]) => calls));
        assert.deepEqual(described(measured[place]), expected, place);
        for (const [system, calls] of systems) {
          const points = Object.keys(calls).flatMap((call) => measured[place][call]?.points ?? []);
          const expectedName = METRICS[system] ?? 'db.client.operation.duration';
          for (const { name, attributes } of points) {
            assert.equal(name, expectedName);
            assert.equal(attributes['db.system.name'] ?? attributes['rpc.system.name'], system);
          }
        }
      }
    });
  }

  it('by mongoose is measured by mongoose where mongodb is not instrumented', async function () {
    const { sampled } = await measure(this, 'mongoose', { disabled: ['mongodb'] });
    assert.deepEqual(described(sampled), { find: 'findOne ×1', save: 'save ×1' });
  });

  for (const scenario of ['ioredis', 'mongodb']) {
    it(`by ${scenario} begins no trace of its own`, async function () {
      const { sampled, alone } = await measure(this, scenario);
      assert.ok((sampled.promise?.spans ?? 0) > 0);
      assert.deepEqual(new Set(Object.values(alone).map(({ spans }) => spans)), new Set([0]));
    });
  }

  it('by the AWS SDK has the called service in every point', async function () {
    const { sampled } = await measure(this, 'aws');
    const services = Object.values(sampled)
      .flatMap(({ points }) => points)
      .filter(({ name }) => name === 'rpc.client.call.duration')
      .map(({ attributes }) => attributes['rpc.service']);
    assert.deepEqual(new Set(services), new Set(['SQS', 'Lambda']));
  });
});

function described(calls: Measured['sampled']): Expected {
  return Object.fromEntries(
    Object.entries(calls).map(([call, { points }]) => [call, points.map(describePoint).sort().join(', ')]),
  );
}

function describePoint({ attributes, count }: Point): string {
  const what = attributes['db.operation.name'] ?? attributes['rpc.method'] ?? '-';
  const error = attributes['error.type'];
  return `${what}${error === undefined ? '' : `/${error}`} ×${count}`;
}

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { driversFolder } from '../../scripts/drivers.mjs';
import { CATALOGUE } from '../../src/instrumentation/catalogue.js';
import { bundlePreload } from './bundle.js';
import { run } from './processes.js';

const FIXTURE = join(__dirname, 'fixtures/harness.cjs');
const NODE = { line: process.versions.node, path: process.execPath };

/** The surroundings of a function in a runtime whose handlers may call back. */
const LAMBDA = {
  LAMBDA_TASK_ROOT: join(__dirname, 'fixtures/lambda-harness'),
  _HANDLER: 'handler.run',
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x',
};

/** The oldest and the newest: half a minute each. */
const CI_MAJORS = [20, 26];

type Outcomes = Record<string, object>;

/** Parts of an outcome that differ by what docs/transparency.md says of the library. */
const DOCUMENTED: Readonly<Record<string, readonly string[]>> = {
  'aws-lambda': ['calledBack'],
  hapi: ['changed'],
  koa: ['changed'],
  restify: ['changed'],
};

/** Libraries that do not load on newer versions of Node, without us neither; the last one on which each loads. */
const LAST_NODE: Readonly<Record<string, number>> = { restify: 22 };

/** Libraries whose calls contained.test.ts compares. */
const COMPARED_APART = [
  'amqplib',
  'aws-sdk',
  'bunyan',
  'graphql',
  'http',
  'ioredis',
  'kafkajs',
  'knex',
  'openai',
  'pg',
  'pino',
  'redis',
  'socket.io',
  'undici',
  'winston',
];

/** Libraries whose calls no test compares yet: docs/transparency.md lists them. */
const NOT_COMPARED = ['oracledb'];

describe('a library called with hostile inputs', function () {
  this.timeout(120_000);
  let bundle: Awaited<ReturnType<typeof bundlePreload>>;

  before(async function () {
    if (process.env.CI === 'true' && !CI_MAJORS.includes(Number.parseInt(NODE.line, 10))) {
      console.log(`    skipped: CI calls with hostile inputs on Node ${CI_MAJORS.join(' and ')} alone`);
      this.skip();
    }
    bundle = await bundlePreload();
  });
  after(() => bundle?.remove());

  /** What came of the calls without and with the preload. */
  async function outcomesOf(
    context: Mocha.Context,
    scenario: string,
  ): Promise<{ bare: Outcomes; preloaded: Outcomes }> {
    const folder = driversFolder('hostile');
    if (folder instanceof Error) {
      if (process.env.CI === 'true') throw folder;
      console.log(`      skipped: ${folder.message}`);
      context.skip();
    }
    const env = { DRIVERS: folder, SCENARIO: scenario, ...(scenario === 'aws-lambda' && LAMBDA) };
    const lambda = scenario === 'aws-lambda';
    const settings = JSON.stringify({ requestPath: 'full', enabled: [scenario], lambda });
    const [bare, preloaded] = await Promise.all([
      run(NODE, [FIXTURE], env),
      run(NODE, ['--require', bundle.preload, FIXTURE], { ...env, FIXTURE: settings }),
    ]);
    return { bare: bare.result.outcomes as Outcomes, preloaded: preloaded.result.outcomes as Outcomes };
  }

  const files = readdirSync(join(__dirname, 'fixtures/harness')).map((file) => basename(file, '.cjs'));
  const names = CATALOGUE.map(({ name }) => name);
  const scenarios = names.filter((name) => files.includes(name));

  it('is each library of the catalogue, but for those that the page lists', () => {
    assert.deepEqual([...scenarios, ...COMPARED_APART, ...NOT_COMPARED].sort(), names.sort());
    const page = readFileSync(join(__dirname, '../../docs/transparency.md'), 'utf8');
    assert.ok(page.includes(`not compared call by call: ${NOT_COMPARED.join(', ')}.`));
  });

  for (const name of scenarios) {
    it(`ends ${name} as it ends without us`, async function () {
      if (Number.parseInt(NODE.line, 10) > (LAST_NODE[name] ?? Number.POSITIVE_INFINITY)) this.skip();
      const { bare, preloaded } = await outcomesOf(this, name);
      assert.deepEqual(Object.keys(preloaded), Object.keys(bare));
      for (const outcome of [...Object.values(bare), ...Object.values(preloaded)]) {
        for (const part of DOCUMENTED[name] ?? []) Reflect.deleteProperty(outcome, part);
      }
      const different = (one: Outcomes, other: Outcomes): Outcomes =>
        Object.fromEntries(Object.entries(one).filter(([call, outcome]) => !isDeepStrictEqual(outcome, other[call])));
      assert.deepEqual(different(preloaded, bare), different(bare, preloaded));
    });
  }
});

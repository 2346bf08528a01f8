import assert from 'node:assert/strict';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundlePreload } from './bundle.js';
import { type Finished, type NodeBinary, nodeBinaries, run } from './processes.js';

const FIXTURES = join(__dirname, 'fixtures');
const MODULES = resolve(__dirname, '../../node_modules');

/** What the hooks are told: the client's errors as well, for the answer decides what is a failure. */
const EXPRESS_ERRORS: Record<string, string> = {
  '/e/throw': 'express throws',
  '/e/next': 'express next',
  '/e/inner/2': 'express inner',
  '/e/last': 'express last',
  '/e/client': 'bad input',
};
const ERRORS: Record<string, Record<string, string>> = {
  express: { ...EXPRESS_ERRORS, '/e/rejects': 'express rejects' },
  fastify: {
    '/f/throw': 'fastify throws',
    '/f/rejects': 'fastify rejects',
    '/f/send': 'fastify sends',
    '/f/hook': 'fastify hook',
    '/f/client': 'bad input',
  },
  koa: {
    '/k/throw': 'koa throws',
    '/k/rejects': 'koa rejects',
    '/k/guarded/3': 'koa guarded',
    '/k/middleware': 'koa middleware',
    '/k/unhandled': 'koa unhandled',
    '/k/client': 'no such thing',
  },
  hapi: {
    '/h/throw': 'hapi throws',
    '/h/returns': 'hapi returns',
    '/h/client': 'bad input',
    '/h/none': 'Not Found',
  },
  nest: {
    '/n/throw': 'nest throws',
    '/n/rejects': 'nest rejects',
    '/n/client': 'bad input',
    '/n/none': 'Cannot GET /n/none',
  },
};
const ROUTES: Record<string, string> = {
  '/f/ok/1': '/f/ok/:id',
  '/f/throw': '/f/throw',
  '/f/rejects': '/f/rejects',
  '/f/send': '/f/send',
  '/f/client': '/f/client',
  '/f/hook': '/f/hook',
  '/f/child/2': '/f/child/:id',
  '/k/ok/1': '/k/ok/:id',
  '/k/throw': '/k/throw',
  '/k/rejects': '/k/rejects',
  '/k/guarded/3': '/k/guarded/:id',
  '/k/client': '/k/client',
  '/k/unhandled': '/k/unhandled',
  '/h/ok/1': '/h/ok/{id}',
  '/h/throw': '/h/throw',
  '/h/returns': '/h/returns',
  '/h/client': '/h/client',
};
/** What the error handlers of the applications answer: they answer errors that are not the client's with 200. */
const STATUSES: Record<string, number> = {
  '/e/client': 400,
  '/e/none': 404,
  '/e/last': 500,
  '/f/client': 422,
  '/f/none': 404,
  '/k/client': 404,
  '/k/none': 404,
  '/k/unhandled': 500,
  '/h/client': 400,
  '/h/none': 404,
  '/n/client': 400,
  '/n/none': 404,
  '/n/rejects': 500,
};

interface Seen {
  errors: { url: string; message: string; framework: string }[];
  routes: { url: string; route: string }[];
}

interface Outgoing {
  traceId: string;
  seen: Record<string, { w3c: string | null; xray: string | null }>;
}

interface Logged {
  logger: string;
  level: string | number;
  message: string;
  itself: boolean;
  fields?: string[];
}

/** Started together for each Node line: a test waits for the one that it is about. */
const STARTED = ['everything.cjs', 'everything.mjs', 'mixed.mjs', 'dynamic.cjs', 'uninstall.cjs'];

async function ended(started: Record<string, Promise<Finished>>, fixture: string): Promise<Finished> {
  const finished = await started[fixture];
  assert.ok(finished, fixture);
  return finished;
}

const errorsOf = ({ result }: Finished, framework: string): Record<string, string> =>
  Object.fromEntries(
    (result as unknown as Seen).errors
      .filter((error) => error.framework === framework)
      .map(({ url, message }) => [url, message]),
  );

describe('a preloaded application', () => {
  let bundle: Awaited<ReturnType<typeof bundlePreload>>;
  let packageJson: string;
  let express4: string;

  before(async () => {
    bundle = await bundlePreload();
    packageJson = join(bundle.directory, 'package.json');
    const names = [
      'express',
      'fastify',
      'koa',
      '@koa/router',
      '@hapi/hapi',
      '@nestjs/core',
      'pg',
      'mysql2',
      'ioredis',
      '@aws-sdk/client-sts',
    ];
    const loggers = ['pino', 'winston', 'bunyan'];
    const dependencies = Object.fromEntries([...names, ...loggers].map((name) => [name, '*']));
    writeFileSync(packageJson, JSON.stringify({ dependencies }));
    const modules = join(bundle.directory, 'modules');
    express4 = join(modules, 'application');
    mkdirSync(join(express4, 'node_modules'), { recursive: true });
    cpSync(join(MODULES, 'express4'), join(express4, 'node_modules/express'), { recursive: true });
    symlinkSync(MODULES, join(modules, 'node_modules'));
  });
  after(() => bundle.remove());

  const start = (node: NodeBinary, fixture: string, settings: object = {}, env: Record<string, string> = {}) =>
    run(node, ['--require', bundle.preload, join(FIXTURES, fixture)], {
      FIXTURE: JSON.stringify({ appPackageJson: packageJson, ...settings }),
      // Of Node 20, it would say that it is going to drop it.
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      ...env,
    });

  for (const node of nodeBinaries())
    describe(`on Node ${node.line}`, () => {
      let started: Record<string, Promise<Finished>>;
      before(() => {
        started = Object.fromEntries(STARTED.map((fixture) => [fixture, start(node, fixture)]));
        // Each is awaited by the tests that are about it.
        for (const process of Object.values(started)) process.catch(() => undefined);
      });

      for (const extension of ['cjs', 'mjs'] as const) {
        describe(`of ${extension === 'cjs' ? 'CommonJS' : 'ES'} modules`, () => {
          let finished: Finished;
          before(async () => {
            finished = await ended(started, `everything.${extension}`);
          });

          for (const framework of Object.keys(ERRORS)) {
            it(`reports what fails in ${framework} handlers, answered or not`, () => {
              assert.deepEqual(errorsOf(finished, framework), ERRORS[framework]);
            });
            it(`answers as its ${framework} handlers say`, () => {
              for (const [path, status] of Object.entries(finished.result[framework] as object)) {
                assert.equal(status, STATUSES[path] ?? 200, path);
              }
            });
          }

          it('tells the routes that are not to be read from the request', () => {
            const { routes } = finished.result as unknown as Seen;
            assert.deepEqual(Object.fromEntries(routes.map(({ url, route }) => [url, route])), ROUTES);
          });

          it('has its clients patched', () => {
            const patched = Object.entries(finished.result.patched as object);
            assert.equal(patched.length, 7);
            assert.deepEqual(
              patched.filter(([, done]) => done !== true),
              [],
            );
          });

          it('finds the trace in its log lines, also as X-Ray writes it', () => {
            assert.deepEqual(finished.result.logged, { pino: true, winston: true, bunyan: true });
          });

          it('reports what its loggers log as errors, with the error itself', () => {
            const records = finished.result.records as Logged[];
            const shown = (logger: string) =>
              records
                .filter((record) => record.logger === logger)
                .map(({ level, message, itself }) => `${level} ${message}${itself ? ' (itself)' : ''}`);
            const numeric = [
              '50 payment failed (itself)',
              '50 only text',
              '50 while paying (itself)',
              '50 payment failed (itself)',
            ];
            assert.deepEqual(shown('pino'), [...numeric, '60 pino dies']);
            assert.deepEqual(shown('bunyan'), [...numeric, '60 bunyan dies']);
            assert.deepEqual(shown('winston'), [
              'error payment failed (itself)',
              'error only text',
              'error while paying payment failed (itself)',
              // A child logger of winston logs a copy.
              'error payment failed',
              'crit winston dies',
            ]);
            assert.deepEqual(records.find(({ fields }) => fields?.includes('order'))?.fields, ['err', 'order']);
          });

          it('carries the trace to what it calls, but not in suppressed calls', () => {
            const { traceId, seen } = finished.result.outgoing as Outgoing;
            for (const path of ['/http', '/fetch']) {
              assert.match(seen[path]?.w3c ?? '', new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
              assert.match(seen[path]?.xray ?? '', /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=1$/);
            }
            assert.deepEqual(seen['/suppressed'], { w3c: null, xray: null });
          });

          it('has one span for an AWS call, and carries that to the service', () => {
            const { traceId, seen } = finished.result.outgoing as Outgoing;
            const spans = finished.result.spans as { name: string; spanId: string }[];
            const [call, ...others] = spans.filter(({ name }) => name.startsWith('STS') || name === 'POST');
            assert.deepEqual([call?.name, others], ['STS.GetCallerIdentity', []]);
            const root = `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
            assert.deepEqual(seen['/'], { w3c: null, xray: `Root=${root};Parent=${call?.spanId};Sampled=1` });
          });

          it('is told nothing', () => {
            assert.deepEqual(finished.result.problems, []);
            assert.equal(finished.stderr, '');
          });
        });
      }

      it('is patched where it mixes CommonJS and ES modules', async () => {
        const [esm, commonjs] = await Promise.all([ended(started, 'mixed.mjs'), ended(started, 'dynamic.cjs')]);
        assert.deepEqual(esm.result.mixed, { commonjs: true, created: true, dynamic: true });
        assert.deepEqual(commonjs.result.named, { get: true, query: true, pool: true, koa: true });
      });

      it('is left alone once the instrumentation is taken off', async () => {
        const { result } = await ended(started, 'uninstall.cjs');
        assert.deepEqual([result.before, result.after, result.lateRedis], [[true, true], [false, false], false]);
        const { errors, routes } = result as unknown as Seen;
        assert.deepEqual([errors, routes, result.spans], [[], [], []]);
      });

      it('answers and logs as without a preload what throws when it is looked at', async () => {
        const env = { APPLICATION: express4 };
        const [observed, alone] = await Promise.all([
          start(node, 'hostile.cjs', {}, env),
          run(node, [join(FIXTURES, 'hostile.cjs')], env),
        ]);
        const { express } = alone.result as { express: object };
        assert.deepEqual([...new Set(Object.values(express))], ["HTTP/1.1 418 I'm a Teapot handled"]);
        for (const [what, outcome] of Object.entries(alone.result)) {
          assert.deepEqual(observed.result[what], outcome, what);
        }
      });

      it('reports what fails in Express 4 handlers', async () => {
        const finished = await start(node, 'express4.cjs', {}, { APPLICATION: express4 });
        assert.deepEqual(errorsOf(finished, 'express'), EXPRESS_ERRORS);
      });
    });

  for (const node of nodeBinaries()) {
    for (const handler of ['esm', 'commonjs']) {
      it(`has the handler of a Lambda function patched (Node ${node.line}, ${handler})`, async () => {
        const env = { LAMBDA_TASK_ROOT: join(FIXTURES, 'lambda'), _HANDLER: `${handler}.run` };
        const { result } = await start(node, 'lambda/runtime.mjs', { lambda: true }, env);
        const names = (result.spans as { name: string }[]).map(({ name }) => name);
        assert.deepEqual([result.answer, names], ['ran', ['assign']]);
      });
    }
  }

  it('runs on with the names that are known', async () => {
    const [node] = nodeBinaries();
    assert.ok(node);
    const all = await start(node, 'query.cjs', { disabled: ['nothing'] });
    const one = await start(node, 'query.cjs', { enabled: ['ioredis', 'redi'], disabled: ['express'] });
    assert.deepEqual([all.result.query, one.result.query], [true, false]);
    assert.deepEqual(
      [all, one].map(({ result }) => (result.problems as string[]).length),
      [1, 1],
    );
  });

  it('is told what it has loaded too early', async () => {
    const [node] = nodeBinaries();
    assert.ok(node);
    const early = [
      '--require',
      join(FIXTURES, 'library.cjs'),
      '--require',
      bundle.preload,
      join(FIXTURES, 'query.cjs'),
    ];
    const { result } = await run(node, early);
    assert.deepEqual(result.problems, ['loaded before the preload, and so not instrumented: pg, pg-pool']);
  });

  it('is patched by an instrumentation that is alone', async () => {
    const [node] = nodeBinaries();
    assert.ok(node);
    const { result } = await start(node, 'query.cjs', { enabled: ['pg'] });
    assert.deepEqual([result.query, result.created], [true, ['pg']]);
  });

  it('runs on without an instrumentation that fails', async () => {
    const [node] = nodeBinaries();
    assert.ok(node);
    const { result } = await start(node, 'query.cjs', { broken: ['pg'] });
    assert.equal(result.query, false);
    assert.deepEqual(result.problems, ['the instrumentation "pg" could not be loaded: pg is broken']);
  });
});

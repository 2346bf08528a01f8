import assert from 'node:assert/strict';
import { stage } from './support/aws.js';
import { realPackages } from './support/real-packages.js';

/** Milliseconds for an installation, when a package is not in the cache. */
const INSTALLATION = 300_000;

const NODE = Number(process.versions.node.split('.')[0]);

const NEST = (version: string, rxjs = '7.8.2') => [
  ...['common', 'core', 'platform-express'].map((name) => `@nestjs/${name}@${version}`),
  'reflect-metadata@0.1.14',
  `rxjs@${rxjs}`,
];

interface Case {
  framework: string;
  packages: string[];
  /** Arguments of the fixture. */
  names?: string[];
  route?: string;
  /** The newest major version of Node on which the framework answers requests, without monitoring. */
  newestNode?: number;
}

/** The newest of every major version that a range names, and the oldest of the oldest. */
const KOA_ROUTERS = [
  ...['7.0.0', '7.4.0', '8.0.8', '9.4.0', '10.1.1', '11.0.2', '12.0.1', '13.1.1', '14.0.0'].map((v) => [
    'koa-router',
    v,
  ]),
  ...['8.0.0', '8.0.8', '9.4.0', '10.1.1', '11.0.2', '12.0.2', '13.1.1', '14.0.0', '15.7.0'].map((v) => [
    '@koa/router',
    v,
  ]),
] as [name: string, version: string][];

const CASES: Case[] = [
  { framework: 'express', packages: ['express@4.6.0'], newestNode: 22 },
  { framework: 'express', packages: ['express@4.16.0'] },
  { framework: 'express', packages: ['express@4.22.3'] },
  { framework: 'express', packages: ['express@5.0.0'] },
  { framework: 'express', packages: ['express@5.3.0'] },
  { framework: 'fastify', packages: ['fastify@4.0.0'] },
  { framework: 'fastify', packages: ['fastify@4.29.1'] },
  { framework: 'fastify', packages: ['fastify@5.12.8'] },
  ...KOA_ROUTERS.map(([name, version]) => ({
    framework: 'koa',
    packages: ['koa@2.16.4', `${name}@${version}`],
    names: [name],
  })),
  { framework: 'koa', packages: ['koa@2.0.0', 'koa-router@7.4.0'], names: ['koa-router'] },
  { framework: 'koa', packages: ['koa@3.3.0', '@koa/router@15.7.0'], names: ['@koa/router'] },
  { framework: 'hapi', packages: ['@hapi/hapi@18.4.1'], route: '/items/{id}' },
  { framework: 'hapi', packages: ['@hapi/hapi@21.4.10'], route: '/items/{id}' },
  { framework: 'nest', packages: NEST('8.4.7') },
  { framework: 'nest', packages: NEST('11.2.10') },
];

const MOUNTS = ['2.0.0', '3.0.0', '4.2.0'];

describe('with the real packages', () => {
  const on = stage();

  async function visited(test: Mocha.Context, { framework, packages, names = [] }: Case, paths: string[]) {
    const folder = realPackages(test, packages);
    const app = on.start('versions.cjs', { env: on.aws.env(), args: [folder, framework, ...names] });
    const url = await app.url();
    const statuses: number[] = [];
    for (const path of paths) statuses.push((await fetch(url + path)).status);
    app.kill('SIGTERM');
    const { stderr } = await app.ended();
    return { statuses, stderr };
  }

  for (const each of CASES) {
    it(`${each.packages.slice(0, 2).join(' with ')} tells its routes and its errors`, async function () {
      this.timeout(INSTALLATION);
      if (NODE > (each.newestNode ?? NODE)) {
        console.log(`    skipped: ${each.packages[0]} answers no request on Node ${NODE}`);
        this.skip();
      }
      const { statuses, stderr } = await visited(this, each, ['/items/1', '/items/2', '/broken']);
      assert.deepEqual(statuses, [200, 200, 500]);
      assert.deepEqual(await on.aws.requests(), {
        [`GET ${each.route ?? '/items/:id'}`]: { count: 2, faults: 0 },
        'GET /broken': { count: 1, faults: 1 },
      });
      const errors = await on.aws.errors();
      assert.deepEqual(
        errors.map(({ attributes }) => [attributes.exception.type, attributes.http?.route]),
        [['TypeError', '/broken']],
      );
      assert.doesNotMatch(stderr, /is not seen/);
    });
  }

  for (const version of MOUNTS) {
    it(`koa-mount@${version} puts its path before the route`, async function () {
      this.timeout(INSTALLATION);
      const packages = ['koa@2.16.4', 'koa-router@12.0.1', `koa-mount@${version}`];
      const each = { framework: 'koa', packages, names: ['koa-router', 'koa-mount'] };
      const paths = [
        '/mounted/inner/7',
        '/mounted/inner/8',
        '/mounted/inner',
        '/items/1',
        '/mounted/not',
        '/mounted/x/y',
      ];
      const { statuses } = await visited(this, each, paths);
      assert.deepEqual(statuses, [200, 200, 200, 200, 200, 404]);
      assert.deepEqual(await on.aws.requests(), {
        'GET /mounted/inner/:page': { count: 2, faults: 0 },
        'GET /mounted/inner': { count: 1, faults: 0 },
        'GET /items/:id': { count: 1, faults: 0 },
        'GET /mounted/not': { count: 1, faults: 0 },
        'GET unmatched': { count: 1, faults: 0 },
      });
    });
  }

  for (const { name, packages, args } of [
    { name: 'koa-router 6.2.0', packages: ['koa@2.16.4', 'koa-router@6.2.0'], args: ['koa', 'koa-router'] },
    { name: 'fastify 3.29.5', packages: ['fastify@3.29.5'], args: ['fastify'] },
  ]) {
    it(`says that ${name} is out of the range that it knows`, async function () {
      this.timeout(INSTALLATION);
      const folder = realPackages(this, packages);
      const app = on.start('versions.cjs', { env: on.aws.env(), args: [folder, ...args] });
      await app.url();
      app.kill('SIGTERM');
      const { stderr } = await app.ended();
      assert.equal(stderr.match(new RegExp(`${name} is not seen`, 'g'))?.length, 1, stderr);
    });
  }
});

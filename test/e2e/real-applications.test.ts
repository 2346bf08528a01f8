import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stage } from './support/aws.js';
import { realPackages } from './support/real-packages.js';

/** Milliseconds for an installation, when a package is not in the cache. */
const INSTALLATION = 300_000;

const MANIFEST = {
  name: 'left-pad-ours',
  'dist-tags': { latest: '1.0.0' },
  versions: {
    '1.0.0': { name: 'left-pad-ours', version: '1.0.0', dist: { tarball: 'http://x/left-pad-ours-1.0.0.tgz' } },
  },
  _attachments: { 'left-pad-ours-1.0.0.tgz': { data: Buffer.from('tar').toString('base64'), length: 3 } },
};

interface Case {
  name: string;
  packages: string[];
  overrides?: Record<string, string>;
  /** Asked one after the other: method, path, status, and the route that it is counted under. */
  requests: [method: string, path: string, status: number, route: string, body?: object][];
  errors: [type: string, route: string | undefined][];
}

const CASES: Case[] = [
  {
    name: 'verdaccio',
    packages: ['verdaccio@6.10.4'],
    // The range that it asks for is a tag of that package, which not every registry has.
    overrides: { 'node-fetch': '2.6.7' },
    requests: [
      ['GET', '/-/ping', 200, '/-/ping'],
      ['PUT', '/left-pad-ours', 201, '/:package/:_rev?/:revision?', MANIFEST],
      ['GET', '/left-pad-ours', 200, '/:package/:version?'],
      ['GET', '/no-such-package', 404, '/:package/:version?'],
      ['GET', '/-/whoami', 200, '/-/whoami'],
      ['GET', '/left-pad-ours/9.9.9', 404, '/:package/:version?'],
      ['GET', '/-/v1/search?text=left', 200, '/-/v1/search'],
      ['GET', '/-/web/detail/x', 200, '/-/web/*'],
    ],
    errors: [],
  },
  {
    name: 'json-server',
    packages: ['json-server@0.17.4'],
    requests: [
      ['GET', '/posts', 200, '/posts'],
      ['GET', '/posts/1', 200, '/posts/:id'],
      ['GET', '/posts/1/comments', 200, '/comments'],
      ['GET', '/posts/9', 404, '/posts/:id'],
      ['GET', '/v1/posts/1', 200, '/posts/:id'],
      ['GET', '/posts/1/show', 200, '/posts/:id'],
      ['POST', '/posts', 201, '/posts', { title: 'two' }],
      ['GET', '/profile', 200, '/profile'],
      ['GET', '/db', 200, '/db'],
      ['GET', '/nothing', 404, 'unmatched'],
    ],
    errors: [],
  },
  {
    name: 'fastify-demo',
    packages: ['fastify@5.12.8', '@fastify/sensible@6.0.6', '@fastify/rate-limit@11.1.0'],
    requests: [
      ['GET', '/api/tasks/1', 200, '/api/tasks/:id'],
      ['GET', '/api/tasks/7', 404, '/api/tasks/:id'],
      ['POST', '/api/tasks/', 201, '/api/tasks', { name: 'x' }],
      ['POST', '/api/tasks/', 400, '/api/tasks', { no: 'name' }],
      ['POST', '/api/auth/login', 401, '/api/auth/login', {}],
      ['GET', '/api/tasks/crash', 500, '/api/tasks/crash'],
      ['GET', '/api/nothing', 404, 'unmatched'],
      ...Array.from(
        { length: 4 },
        () => ['GET', '/api/tasks/1', 0, '/api/tasks/:id'] as [string, string, number, string],
      ),
    ],
    errors: [['TypeError', '/api/tasks/crash']],
  },
];

describe('a real application', () => {
  const on = stage();

  for (const { name, packages, overrides, requests, errors } of CASES) {
    it(`${name} has the routes that it has, and no errors but its own`, async function () {
      this.timeout(INSTALLATION);
      const folder = realPackages(this, packages, overrides);
      const data = mkdtempSync(join(tmpdir(), `monitoring-${name}-`));
      try {
        const app = on.start('real-application.cjs', {
          env: on.aws.env({ OTEL_TRACES_SAMPLER: 'always_on' }),
          args: [folder, name, data],
        });
        const url = await app.url();
        const expected: Record<string, { count: number; faults: number }> = {};
        let limited = 0;
        for (const [method, path, status, route, body] of requests) {
          const json = { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
          const response = await fetch(url + path, body ? json : { method });
          await response.text();
          if (status === 0) limited += Number(response.status === 429);
          else assert.equal(response.status, status, `${method} ${path}`);
          const key = `${method} ${route}`;
          const { count, faults } = expected[key] ?? { count: 0, faults: 0 };
          expected[key] = { count: count + 1, faults: faults + Number(response.status >= 500) };
        }
        app.kill('SIGTERM');
        await app.ended();
        assert.deepEqual(await on.aws.requests(), expected);
        const told = await on.aws.errors();
        assert.deepEqual(
          told.map(({ attributes }) => [attributes.exception.type, attributes.http?.route]),
          errors,
        );
        if (name === 'fastify-demo') assert.ok(limited > 0, 'some are answered with 429');
      } finally {
        rmSync(data, { recursive: true, force: true });
      }
    });
  }
});

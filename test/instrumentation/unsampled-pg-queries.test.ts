import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { withUnsampledQueries } from '../../src/instrumentation/unsampled-pg-queries.js';
import { bundlePreload } from './bundle.js';
import { postgresServer } from './postgres-server.js';
import { nodeBinaries, run } from './processes.js';

interface Run {
  results: Record<string, unknown>;
  points: { name: string; attributes: Record<string, unknown>; count: number }[];
  begun: string[];
}

/** A text for each point, sorted. */
function measuredIn({ points }: Run): string[] {
  return points
    .map(({ name, attributes, count }) => JSON.stringify([name, Object.entries(attributes).sort(), count]))
    .sort();
}

describe('queries by pg of unsampled requests', () => {
  let bundle: Awaited<ReturnType<typeof bundlePreload>>;
  let server: Server;

  before(async () => {
    bundle = await bundlePreload();
    server = postgresServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => {
    server.close();
    bundle.remove();
  });

  for (const node of nodeBinaries())
    describe(`on Node ${node.line}`, () => {
      let sampled: Run;
      let unsampled: Run;
      let extracted: Run;

      before(async () => {
        const { port } = server.address() as AddressInfo;
        const fixture = join(__dirname, 'fixtures/queries.cjs');
        const { result, stderr } = await run(node, ['--require', bundle.preload, fixture], {
          POSTGRES_PORT: String(port),
        });
        assert.equal(stderr, '');
        ({ sampled, unsampled, extracted } = result as unknown as Record<'sampled' | 'unsampled' | 'extracted', Run>);
      });

      it('end as those of sampled requests do', () => {
        assert.deepEqual(unsampled.results, sampled.results);
        assert.equal(unsampled.results.pool, 'Checkout button colour');
        assert.deepEqual(unsampled.results['pool, failing'], ['42P01']);
        assert.deepEqual(unsampled.results['pool, unhandled'], ['42P01']);
        assert.deepEqual(unsampled.results.refused, ['ECONNREFUSED']);
      });

      it('are measured as those of sampled requests are', () => {
        assert.deepEqual(measuredIn(unsampled), measuredIn(sampled));
        const operations = new Set(unsampled.points.map(({ attributes }) => attributes['db.operation.name']));
        assert.deepEqual([...operations].sort(), ['BEGIN', 'FAIL', 'SELECT', 'WITH', undefined]);
        assert.ok(unsampled.points.some(({ attributes }) => attributes['error.type'] === '42P01'));
        assert.ok(unsampled.points.some(({ name }) => name === 'db.client.connection.count'));
      });

      it('are called back where they were made, also on a connection that others use', () => {
        assert.deepEqual(unsampled.results.places, [0, 1, 2, 3, 4, 5]);
      });

      it('begin no spans, but for the first of a pool and for what tells of itself by events', () => {
        const count = ({ begun }: Run, name: string) => begun.filter((each) => each.startsWith(name)).length;
        assert.ok(count(sampled, 'pg-pool.connect') >= 15);
        assert.ok(count(sampled, 'pg.query') >= 20);
        assert.equal(count(unsampled, 'pg-pool.connect'), 3);
        // Two objects with a callback, a query that emits events, and none.
        assert.equal(count(unsampled, 'pg.query'), 4);
      });

      it('are the instrumentation’s below a context that is not a decision of ours', () => {
        assert.deepEqual(extracted.begun, sampled.begun);
      });
    });

  it('leave an instrumentation alone that is made otherwise than they know', () => {
    class Other {
      _getClientQueryPatch(): void {}
    }
    assert.equal(
      withUnsampledQueries(Other as never, () => undefined),
      Other,
    );
  });
});

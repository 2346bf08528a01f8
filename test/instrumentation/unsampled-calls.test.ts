import assert from 'node:assert/strict';
import { join } from 'node:path';
import { CERTIFICATE, KEY } from '../requests/localhost-certificate.js';
import { bundlePreload } from './bundle.js';
import { type Finished, nodeBinaries, run } from './processes.js';

interface Run {
  results: Record<string, unknown>;
  headers: Record<string, { w3c: string | null; xray: string | null }>;
  ports: Record<string, number>;
  points: { attributes: Record<string, unknown>; count: number }[];
}

/** The attributes of each measured call as a text, sorted; ports by the name of their server. */
function measuredIn({ points, ports }: Run): string[] {
  const named = ({ 'server.port': port, ...rest }: Record<string, unknown>) => ({
    ...rest,
    toServer: Object.entries(ports).find(([, number]) => number === port)?.[0] ?? port,
  });
  return points.flatMap(({ attributes, count }) => new Array<string>(count).fill(asText(named(attributes)))).sort();
}

function asText(attributes: Record<string, unknown>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** What the instrumentations measure of the fixture's calls, with the differences that are meant. */
function asDecided(sampled: Run): string[] {
  const measured = measuredIn(sampled);
  const change = (from: (text: string) => boolean, to?: (text: string) => string) => {
    const at = measured.findIndex(from);
    assert.notEqual(at, -1, 'the instrumentations measure as they did');
    measured.splice(at, 1, ...(to ? [to(measured[at] ?? '')] : []));
  };
  // No call was made: the URL was none.
  change((text) => text.includes('"TypeError"'));
  // The name of the error, not the number of a DOMException.
  change(
    (text) => text.includes('"error.type":23'),
    (text) => text.replace('23', '"TimeoutError"'),
  );
  // An answer that broke off is not like one that arrived.
  change(
    (text) => text.includes('"GET"') && text.includes('200') && text.endsWith('"toServer":"http"}'),
    (text) => text.replace('{', '{"error.type":"Error",'),
  );
  return measured.sort();
}

/** A call whose headers are written as it is made, and so takes the way of the sampled ones. */
const LONG_WAY = ['/expect'];

describe('calls of unsampled requests', () => {
  let bundle: Awaited<ReturnType<typeof bundlePreload>>;

  before(async () => {
    bundle = await bundlePreload();
  });
  after(() => bundle.remove());

  for (const node of nodeBinaries())
    describe(`on Node ${node.line}`, () => {
      let finished: Finished;
      let sampled: Run;
      let unsampled: Run;

      before(async () => {
        const fixture = join(__dirname, 'fixtures/calls.cjs');
        finished = await run(node, ['--require', bundle.preload, fixture], {
          TLS: JSON.stringify({ key: KEY, cert: CERTIFICATE }),
        });
        ({ sampled, unsampled } = finished.result as unknown as { sampled: Run; unsampled: Run });
      });

      it('end as those of sampled requests do', () => {
        assert.deepEqual(unsampled.results, sampled.results);
        assert.deepEqual(unsampled.results['get text'], [200]);
        assert.deepEqual(unsampled.results.refused, ['ECONNREFUSED']);
        assert.equal(finished.stderr.replace(/\(node:\d+\)[^\n]*\n(\(Use `node[^\n]*\n)?/g, ''), '');
      });

      it('are measured as those of sampled requests are', () => {
        assert.deepEqual(measuredIn(unsampled), asDecided(sampled));
        assert.ok(new Set(measuredIn(unsampled)).size >= 12, 'methods, statuses, servers and errors differ');
      });

      it('carry the decision on', () => {
        for (const [path, { w3c, xray }] of Object.entries(unsampled.headers)) {
          if (LONG_WAY.includes(path)) continue;
          assert.equal(w3c, `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00`, path);
          assert.equal(xray, `Root=1-11111111-${'1'.repeat(24)};Parent=${'2'.repeat(16)};Sampled=0`, path);
        }
        assert.ok(Object.keys(unsampled.headers).length >= 20);
      });

      it('have the headers of a list as the application wrote them', () => {
        for (const { results } of [sampled, unsampled]) {
          for (const seen of [results.listed, results.paired] as string[][]) {
            assert.deepEqual(seen.slice(0, 4), ['host', 'x', 'A', '1']);
            assert.equal(
              seen.filter((name) => name.toLowerCase() === 'traceparent').length,
              1,
              'one in place of that given',
            );
          }
          assert.equal((results.listed as string[]).filter((name) => name === 'b').length, 2, 'each value of a list');
        }
      });

      it('run their callbacks where they were made, also on a connection that others use', () => {
        assert.deepEqual(unsampled.results.places, [0, 1, 2, 3, 4]);
      });

      it('have no spans', () => {
        const spans = finished.result.spans as { name: string }[];
        assert.ok(spans.length > 0, 'the sampled ones have');
        const unsampledCalls = Object.keys(unsampled.headers).length;
        assert.ok(spans.length <= unsampledCalls + 5, `${spans.length} spans for ${unsampledCalls} sampled calls`);
      });
    });
});

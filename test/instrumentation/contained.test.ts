import assert from 'node:assert/strict';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type DRIVERS, driversFolder } from '../../scripts/drivers.mjs';
import { bundlePreload } from './bundle.js';
import { type NodeBinary, nodeBinaries, run } from './processes.js';

const FIXTURE = join(__dirname, 'fixtures/contained.cjs');

interface Outcome {
  compared: Record<string, object>;
  [more: string]: unknown;
}

interface Pair {
  bare: Outcome;
  preloaded: Outcome;
  spans: { name: string }[];
  problems: string[];
}

describe('a driver under the preload', function () {
  this.timeout(120_000);
  let bundle: Awaited<ReturnType<typeof bundlePreload>>;
  const node = nodeBinaries().at(-1) as NodeBinary;

  before(async () => {
    bundle = await bundlePreload();
  });
  after(() => bundle?.remove());

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
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    };
    const [bare, preloaded] = await Promise.all([
      run(node, [FIXTURE], env),
      run(node, ['--require', bundle.preload, FIXTURE], env),
    ]);
    const { spans, problems } = preloaded.result as unknown as Pair;
    return {
      bare: bare.result.results as Outcome,
      preloaded: preloaded.result.results as Outcome,
      spans,
      problems,
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
});

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stage } from '../e2e/support/aws.js';
import { ROOT } from '../e2e/support/process.js';

const PRELOAD = ['--require', join(ROOT, 'dist/register.cjs')];

/** Spans below one another, across an await, and what there is of metrics. */
const APP = `
const { context, metrics, trace } = require('@opentelemetry/api');
const tracer = trace.getTracer('own');
const parent = tracer.startSpan('parent');
context.with(trace.setSpan(context.active(), parent), async () => {
  await new Promise(setImmediate);
  tracer.startSpan('child').end();
  parent.end();
});
if (metrics) metrics.getMeter('own').createCounter('own.visits').add(3);
`;

interface Metric {
  name: string;
  received: number;
}

describe('an application’s own copy of @opentelemetry/api', function () {
  this.timeout(60_000);
  const set = stage();
  const folders: string[] = [];

  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  /** An application with that copy, which may say that it is of another version. */
  function application(installed: string, version?: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'monitoring-api-'));
    folders.push(folder);
    const copy = join(folder, 'node_modules/@opentelemetry/api');
    mkdirSync(copy, { recursive: true });
    cpSync(join(ROOT, 'node_modules', installed), copy, { recursive: true });
    if (version) {
      const file = join(copy, 'dist/version.cjs');
      const { version: own } = JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8'));
      const source = readFileSync(file, 'utf8');
      assert.ok(source.includes(own), 'the copy says its version there');
      writeFileSync(file, source.replaceAll(own, version));
    }
    writeFileSync(join(folder, 'app.cjs'), APP);
    return join(folder, 'app.cjs');
  }

  async function run(app: string) {
    const { aws } = set;
    const running = set.start(app, { flags: PRELOAD, env: aws.env({ OTEL_TRACES_SAMPLER: 'always_on' }) });
    const { code, stderr } = await running.ended();
    assert.equal(code, 0, stderr);
    const spans = (await aws.spans()) as unknown as { name: string; spanId: string; parentSpanId?: string }[];
    const { metrics } = await aws.get<{ metrics: Metric[] }>('/api/metrics?limit=5000');
    return { spans, metrics: metrics.filter(({ name }) => name === 'own.visits') };
  }

  for (const [version, installed, hasMetrics] of [
    ['1.0.0, the oldest', 'opentelemetry-api-1.0', false],
    ['1.3.0, the first with metrics', 'opentelemetry-api-1.3', true],
    ['1.4.1', 'opentelemetry-api-1.4', true],
    ['1.9.0', 'opentelemetry-api-1.9', true],
    ['the version that is bundled', '@opentelemetry/api', true],
  ] as const) {
    it(`of ${version}: its spans arrive in their context${hasMetrics ? ', and its metrics' : ''}`, async () => {
      const { spans, metrics } = await run(application(installed));
      assert.deepEqual(spans.map(({ name }) => name).sort(), ['child', 'parent']);
      const [child, parent] = ['child', 'parent'].map((wanted) => spans.find(({ name }) => name === wanted));
      assert.equal(child?.parentSpanId, parent?.spanId);
      assert.equal(metrics.length, hasMetrics ? 1 : 0);
    });
  }

  it('of a newer minor version refuses what an older one registered: the application runs, its own telemetry is not seen', async () => {
    const { spans, metrics } = await run(application('@opentelemetry/api', '1.99.0'));
    assert.deepEqual([spans, metrics], [[], []]);
  });
});

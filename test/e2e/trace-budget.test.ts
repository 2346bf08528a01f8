import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stage } from './support/aws.js';
import { ourLines } from './support/process.js';

const REQUESTS = 300;
const CLIENTS = 10;

describe('the trace budget of a process', () => {
  const on = stage();

  /** Sends the requests, and returns the process's last line and how many seconds the requests took. */
  async function serve(env: Record<string, string>, headers: Record<string, string> = {}) {
    const app = on.start('serves-and-fails.cjs', { env: on.aws.env(env) });
    const url = await app.url();
    const start = performance.now();
    const client = async () => {
      for (let i = 0; i < REQUESTS / CLIENTS; i += 1) await (await fetch(url, { headers })).text();
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    const seconds = (performance.now() - start) / 1000;
    app.kill('SIGTERM');
    const { stderr } = await app.ended();
    return { lastLine: ourLines(stderr).at(-1) ?? '', lines: ourLines(stderr), seconds };
  }

  it('bounds the spans of an application in which everything is sampled, and none of its request metrics', async () => {
    const { lastLine, seconds } = await serve({ OTEL_TRACES_SAMPLER: 'always_on', MONITORING_TRACE_BUDGET: '2/s' });
    const spans = (await on.aws.spans()).length;
    assert.ok(spans >= 1 && spans <= 4 + 2 * seconds, `${spans} in ${seconds} s`);
    assert.equal((await on.aws.requests())['GET unmatched']?.count, REQUESTS);
    assert.doesNotMatch(lastLine, /lost/);
  });

  it('follows a caller that samples everything up to ten times as much, and counts the traces it drops', async () => {
    const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    const { lastLine, seconds } = await serve({ MONITORING_TRACE_BUDGET: '2/s' }, { traceparent });
    const spans = (await on.aws.spans()).length;
    assert.ok(spans >= 1 && spans <= 11 + 20 * seconds, `${spans} in ${seconds} s`);
    assert.equal((await on.aws.requests())['GET unmatched']?.count, REQUESTS);
    const dropped = REQUESTS - spans;
    assert.match(
      lastLine,
      new RegExp(`lost since the start: ${dropped} of ${REQUESTS} spans \\(${dropped} parents_ceiling\\)`),
    );
  });

  for (const none of ['none', 'off']) {
    it(`does not exist with ${none}`, async () => {
      await serve({ OTEL_TRACES_SAMPLER: 'always_on', MONITORING_TRACE_BUDGET: none });
      assert.equal((await on.aws.spans()).length, REQUESTS);
    });
  }

  it('is taken from a configuration file, and a bad value gets one line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'monitoring-budget-'));
    try {
      const file = join(folder, 'otel.yaml');
      writeFileSync(
        file,
        `file_format: "1.0"
tracer_provider: { sampler: { always_on: }, processors: [{ batch: { exporter: { xray: } } }] }
distribution: { monitoring: { trace_budget: 3/s } }`,
      );
      const good = await serve({ OTEL_CONFIG_FILE: file, MONITORING_TRACE_BUDGET: '' });
      const spans = (await on.aws.spans()).length;
      assert.ok(spans >= 1 && spans <= 6 + 3 * good.seconds, `${spans} in ${good.seconds} s`);

      const bad = await serve({ MONITORING_TRACE_BUDGET: '0.09/s' });
      assert.deepEqual(
        bad.lines
          .filter((line) => line.includes('MONITORING_TRACE_BUDGET'))
          .map((line) => line.replace(/^.*?MON/, 'MON')),
        [
          'MONITORING_TRACE_BUDGET="0.09/s" (environment): expected spans a second such as 20/s (0.1 to 100000), ' +
            'dollars such as $30/month (0.1 to 100000), or none; using 20/s',
        ],
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

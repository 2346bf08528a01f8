import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { traceBounds, traceBudget } from '../../src/config/trace-budget.js';
import { SECONDS_PER_MONTH } from '../../src/pricing/month.js';
import { ASSUMED_BYTES_PER_SPAN, describeTraceBound, traceDollarsPerMonth } from '../../src/pricing/trace-flow.js';
import { DEFAULT_SAMPLING, tracesPerMonth } from '../../src/pricing/traffic.js';

/** Spans of one trace: the request, a query and a call. */
const SPANS = 3;

/** Traces a month in millions, and dollars, as docs/tracing.md has them. */
function cell(requestsPerSecond: number, setting: string): string {
  const bound =
    traceBounds(traceBudget().parse(setting).value ?? 'none')?.own.spansPerSecond ?? Number.POSITIVE_INFINITY;
  const sampled = tracesPerMonth(requestsPerSecond * SECONDS_PER_MONTH, DEFAULT_SAMPLING) / SECONDS_PER_MONTH;
  const tracesPerSecond = Math.min(sampled, bound / SPANS);
  const dollars = traceDollarsPerMonth({ bytesPerSecond: tracesPerSecond * SPANS * ASSUMED_BYTES_PER_SPAN });
  return `${((tracesPerSecond * SECONDS_PER_MONTH) / 1e6).toFixed(1)} million, $${dollars.toFixed(0)}`;
}

describe('The bound of traces', () => {
  it('is described with what it costs a month', () => {
    const described = (setting: string) =>
      describeTraceBound(traceBounds(traceBudget().parse(setting).value ?? 'none')?.own);
    assert.equal(described('20/s'), 'at most 20 spans a second, $35.09 a month');
    assert.equal(described('$30/month'), 'at most 23.3 spans a second, $30.00 a month');
    assert.equal(described('none'), 'without a bound');
  });

  it('has the figures that docs/tracing.md tells', () => {
    const text = readFileSync(join(__dirname, '../../docs/tracing.md'), 'utf8').replace(/ +/g, ' ');
    for (const rate of [1, 10, 100, 1000, 2000]) {
      const row = ['$10/month', '20/s', '$30/month', 'none'].map((setting) => cell(rate, setting));
      assert.ok(text.includes(`| ${rate} | ${row.join(' | ')} |`), `| ${rate} | ${row.join(' | ')} |`);
    }
  });
});

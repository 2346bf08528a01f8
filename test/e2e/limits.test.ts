import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stage } from './support/aws.js';

const LIMITS = { OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '4', OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '1' };

describe("OpenTelemetry's limits", () => {
  const on = stage();
  const folder = mkdtempSync(join(tmpdir(), 'monitoring-limits-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function spanOf(env: Record<string, string>, settings: Record<string, string> = {}) {
    const app = on.start('limits.cjs', {
      args: [JSON.stringify(settings)],
      env: on.aws.env({ OTEL_TRACES_SAMPLER: 'always_on', ...env }),
      flags: [],
    });
    const { code, stderr } = await app.ended();
    assert.equal(code, 0, stderr);
    const spans = await on.aws.spans();
    assert.equal(spans.length, 1, stderr);
    const { long, second } = spans[0]?.attributes ?? {};
    return { long, second, events: spans[0]?.events.map(({ name }) => name) };
  }

  it('without any, leave a span as it is', async () => {
    assert.deepEqual(await spanOf({}), { long: 'abcdefghij', second: 1, events: ['first', 'second'] });
  });

  it('count from the environment', async () => {
    const env = { ...LIMITS, OTEL_SPAN_EVENT_COUNT_LIMIT: '1' };
    assert.deepEqual(await spanOf(env), { long: 'abcd', second: undefined, events: ['second'] });
  });

  it('count from start({ settings }), which win over the environment', async () => {
    const found = await spanOf({ OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '8' }, LIMITS);
    assert.deepEqual(found, { long: 'abcd', second: undefined, events: ['first', 'second'] });
  });

  it('count from the configuration file, and the variables then do not', async () => {
    const file = join(folder, 'otel.yaml');
    writeFileSync(
      file,
      `file_format: "1.0"
attribute_limits: { attribute_value_length_limit: 4 }
tracer_provider:
  sampler: { always_on: }
  limits: { attribute_count_limit: 1 }
  processors: [{ batch: { exporter: { xray: } } }]
`,
    );
    const found = await spanOf({ OTEL_CONFIG_FILE: file, OTEL_SPAN_EVENT_COUNT_LIMIT: '1' });
    assert.deepEqual(found, { long: 'abcd', second: undefined, events: ['first', 'second'] });
  });
});

describe("the SDK's settings that it reads from the environment alone", () => {
  const on = stage();

  async function run(settings: Record<string, string>) {
    const env = on.aws.env({ OTEL_TRACES_SAMPLER: 'always_on' });
    const { code, stderr } = await on
      .start('sdk-settings.cjs', { args: [JSON.stringify(settings)], env, flags: [] })
      .ended();
    assert.equal(code, 0, stderr);
    const [record] = await on.aws.errors();
    return { names: await on.aws.metricNames(), attributes: record?.attributes };
  }

  it('are as by default without any', async () => {
    const { names, attributes } = await run({});
    assert.ok(!names.some((name) => name.startsWith('otel.sdk.')), names.join());
    assert.deepEqual(attributes, { first: 'abcdef', second: 2 });
  });

  it('count from start({ settings })', async () => {
    const { names, attributes } = await run({
      OTEL_NODE_EXPERIMENTAL_SDK_METRICS: 'true',
      OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: '1',
      OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3',
    });
    assert.ok(names.includes('otel.sdk.span.started'), names.join());
    assert.deepEqual(attributes, { first: 'abc' });
  });
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stage } from './support/aws.js';
import { ourLines } from './support/process.js';

describe('a configuration file', () => {
  const on = stage();
  const folder = mkdtempSync(join(tmpdir(), 'monitoring-file-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function run(text?: string) {
    const file = join(folder, 'otel.yaml');
    if (text !== undefined) writeFileSync(file, text);
    const app = on.start('loaded-files.cjs', {
      env: on.aws.env({ OTEL_TRACES_SAMPLER: 'always_on', ...(text !== undefined && { OTEL_CONFIG_FILE: file }) }),
    });
    const { code, stdout, stderr } = await app.ended();
    assert.equal(code, 0, stderr);
    return { loaded: stdout.trim().split(' '), lines: ourLines(stderr), file };
  }

  it('is what alone makes a start load the reader of it', async () => {
    assert.ok(!(await run()).loaded.includes('configuration-file.cjs'));
    assert.ok((await run('file_format: "1.0"')).loaded.includes('configuration-file.cjs'));
  });

  it('that names an exporter of traces alone sends spans, and nothing else', async () => {
    await run(`
file_format: "1.0"
tracer_provider: { sampler: { always_on: }, processors: [{ batch: { exporter: { xray: } } }] }`);
    assert.deepEqual(
      (await on.aws.spans()).map(({ name }) => name),
      ['loaded'],
    );
    assert.deepEqual(await on.aws.metricNames(), []);
  });

  it('that names an exporter which is not known sends nothing to AWS in its stead', async () => {
    const { lines } = await run(`
file_format: "1.0"
tracer_provider: { sampler: { always_on: }, processors: [{ batch: { exporter: { zipkin: } } }] }`);
    assert.equal(lines.filter((line) => line.includes('zipkin')).length, 1, lines.join('\n'));
    assert.deepEqual(await on.aws.spans(), []);
  });

  it('with keys that mean nothing here is one line', async () => {
    const { lines, file } = await run(`
file_format: "1.0"
meter_provider:
  exemplar_filter: trace_based
  views: [{ selector: { instrument_name: a }, stream: { name: b } }]
  readers: [{ periodic: { exporter: { cloudwatch: } } }]
resource: { schema_url: "https://opentelemetry.io/schemas/1.45.0" }`);
    assert.deepEqual(
      lines.filter((line) => line.includes('OTEL_CONFIG_FILE=')),
      [
        `[monitoring] OTEL_CONFIG_FILE="${file}" (environment): expected only keys that mean something here, unlike ` +
          'meter_provider.exemplar_filter, meter_provider.views, resource.schema_url; using the rest of the file',
      ],
    );
  });
});

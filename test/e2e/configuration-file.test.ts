import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stage } from './support/aws.js';
import { ourLines } from './support/process.js';

interface Series {
  name: string;
  dimensions: Record<string, string>;
  latest: { value?: number };
}

/** Readings over a time, which a process that ends at once may or may not have. */
const OVER_TIME = /^(nodejs\.|process\.cpu\.)/;

/** A file that sends metrics to CloudWatch, with these views. */
const metered = (views: string) => `
file_format: "1.0"
meter_provider:
  readers: [{ periodic: { interval: 600000, exporter: { cloudwatch: } } }]
  views: ${views}`;

describe('a configuration file', () => {
  const on = stage();
  const folder = mkdtempSync(join(tmpdir(), 'monitoring-file-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function run(text?: string, fixture = 'loaded-files.cjs') {
    const file = join(folder, 'otel.yaml');
    if (text !== undefined) writeFileSync(file, text);
    const app = on.start(fixture, {
      env: on.aws.env({
        OTEL_TRACES_SAMPLER: 'always_on',
        // A ratio would add the readings of requests by chance.
        MONITORING_HOST_METRICS_SAMPLE_RATIO: '0',
        ...(text !== undefined && { OTEL_CONFIG_FILE: file }),
      }),
    });
    const { code, stdout, stderr } = await app.ended();
    assert.equal(code, 0, stderr);
    return { loaded: stdout.trim().split(' '), lines: ourLines(stderr), file };
  }

  it('is what alone makes a start load the reader of it', async () => {
    const LATER = ['configuration-file.cjs', 'views.cjs'];
    const loaded = async (text?: string) => {
      const files = (await run(text)).loaded;
      return LATER.filter((file) => files.includes(file));
    };
    assert.deepEqual(await loaded(), []);
    assert.deepEqual(await loaded(metered('')), ['configuration-file.cjs']);
    assert.deepEqual(await loaded(metered('[{ selector: { instrument_name: a }, stream: {} }]')), LATER);
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

  /** What arrives in CloudWatch of `measures.cjs`: names, each with the dimensions beside those of the service and the latest value. */
  async function measured(views: string) {
    const { lines } = await run(metered(views), 'measures.cjs');
    const { metrics } = await on.aws.get<{ metrics: Series[] }>('/api/metrics?limit=5000');
    const steady = metrics.filter(({ name }) => !OVER_TIME.test(name));
    const found = steady.map(({ name, dimensions: { Service, Environment, ...others }, latest }): [string, number] => [
      [name, ...Object.values(others)].join(' '),
      latest.value ?? Number.NaN,
    ]);
    return { series: Object.fromEntries(found), lines: lines.filter((line) => line.includes('meter_provider.views')) };
  }

  it('with views drops, renames and merges what the application, the host and requests measure', async () => {
    const before = (await measured('')).series;
    on.aws.clear();
    const { series, lines } = await measured(`
      - { selector: { instrument_name: v8js.memory.heap.used }, stream: { aggregation: { drop: } } }
      - { selector: { instrument_name: http.server.active_requests }, stream: { aggregation: { drop: } } }
      - selector: { instrument_name: orders }
        stream: { name: shop.orders, attribute_keys: { excluded: ["user.*"] } }
      - { selector: { instrument_name: http.client.* }, stream: { attribute_keys: { excluded: [server.address] } } }
      - { selector: { instrument_name: http.server.request.duration }, stream: { name: shop.requests } }`);
    const gone = Object.keys(before).filter((name) => !(name in series));
    const come = Object.keys(series).filter((name) => !(name in before));
    assert.deepEqual(gone.sort(), [
      'http.client.request.duration 127.0.0.1',
      'http.server.active_requests',
      'http.server.error',
      'http.server.fault',
      'http.server.fault GET unmatched',
      'http.server.request.duration',
      'http.server.request.duration GET unmatched',
      'orders DE 1',
      'orders DE 2',
      'v8js.memory.heap.used',
    ]);
    assert.deepEqual([before['orders DE 1'], before['orders DE 2'], series['shop.orders DE']], [1, 2, 3]);
    assert.deepEqual(
      come.map((name) => name.split(' ')[0]),
      ['shop.orders', 'shop.requests'],
    );
    assert.deepEqual(lines, []);
  });

  it('with views that can not be used, or not for requests, says one line for each', async () => {
    const { series, lines } = await measured(`
      - { selector: { instrument_name: "*.*" }, stream: { aggregation: { drop: } } }
      - { selector: { instrument_name: http.server.request.duration }, stream: { aggregation: { sum: } } }`);
    assert.ok('http.server.request.duration' in series);
    assert.equal(lines.length, 2, lines.join('\n'));
    assert.match(lines[0] ?? '', /views\[0\]\.selector\.instrument_name="\*\.\*" .*; using nothing of that view$/);
    assert.match(
      lines[1] ?? '',
      /views\[1\] .*http\.server\.request\.duration is not the SDK's and keeps its aggregation$/,
    );
  });

  it('with keys that mean nothing here is one line', async () => {
    const { lines, file } = await run(`
file_format: "1.0"
meter_provider:
  exemplar_filter: trace_based
  readers: [{ periodic: { exporter: { cloudwatch: } } }]
resource: { schema_url: "https://opentelemetry.io/schemas/1.45.0" }`);
    assert.deepEqual(
      lines.filter((line) => line.includes('OTEL_CONFIG_FILE=')),
      [
        `[monitoring] OTEL_CONFIG_FILE="${file}" (environment): expected only keys that mean something here, unlike ` +
          'meter_provider.exemplar_filter, resource.schema_url; using the rest of the file',
      ],
    );
  });
});

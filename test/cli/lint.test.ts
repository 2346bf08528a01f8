import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lintDashboard } from '../../src/cli/dashboards/lint.js';
import { readSearch, searchesIn } from '../../src/cli/dashboards/search-expression.js';
import { emissionOf } from '../../src/cli/emitted-metrics.js';
import { findTarget } from '../../src/cli/target.js';
import { SERVICE } from './run-command.js';

const DIMENSIONS = ['Service', 'checkout', 'Environment', 'prod'];
const ROUTE = ['http.route', '/pay', 'http.request.method', 'POST'];

async function lint(rows: unknown[], env: Record<string, string> = {}, widget: object = {}): Promise<string[]> {
  const emission = emissionOf(await findTarget({}, { ...SERVICE, ...env }));
  const body = { widgets: [{ type: 'metric', properties: { region: 'us-west-2', metrics: rows, ...widget } }] };
  return lintDashboard(body, emission).map(
    ({ path, message }) => `${path.replace('/widgets/0/properties', '')} ${message}`,
  );
}

const search = (schema: string, terms: string) => [{ expression: `SEARCH('{${schema}} ${terms}', 'Sum', 60)` }];
const SCHEMA = '"Shop","Service","Environment"';

describe('lint of dashboards', () => {
  it('passes metrics with exactly the dimensions that they are published with, spelt out or abbreviated', async () => {
    const rows = [
      ['Shop', 'http.server.request.duration', ...DIMENSIONS],
      ['.', '.', '.', '.', '.', '.', 'http.route', '/pay', 'http.request.method', 'POST', { stat: 'p99' }],
      ['...', 'GET'],
      ['Shop', 'container.cpu.utilization', 'Environment', 'prod', 'Service', 'checkout'],
      ['Shop', 'http.server.fault', ...DIMENSIONS, 'otel.metric.overflow', 'true'],
      search(`${SCHEMA},"http.request.method","http.route"`, 'MetricName="http.server.fault" Service="checkout"'),
      ['Shop', 'orders', ...DIMENSIONS, 'channel', 'app'],
      ['AWS/EC2', 'CPUUtilization', 'InstanceId', 'i-1'],
      [{ expression: 'm1 * 2', id: 'e1' }],
    ];
    assert.deepEqual(await lint(rows), []);
  });

  for (const [what, row, reason] of [
    [
      'a dimension too few',
      ['Shop', 'http.server.request.duration', ...DIMENSIONS, 'http.route', '/pay'],
      /never published with Service, Environment, http\.route, but with Service, Environment; or Service, Environment, http\.route, http\.request\.method/,
    ],
    [
      'a dimension too many',
      ['Shop', 'container.cpu.utilization', ...DIMENSIONS, 'InstanceId', 'i-1'],
      /never published with/,
    ],
    ['no dimensions', ['Shop', 'container.cpu.utilization'], /never published with no dimensions/],
    [
      'another namespace',
      ['Shopp', 'container.cpu.utilization', ...DIMENSIONS],
      /is sent to the namespace Shop, not to Shopp/,
    ],
    [
      'a misspelt metric',
      ['Shop', 'container.cpu.utilisation', ...DIMENSIONS],
      /did you mean container\.cpu\.utilization\?/,
    ],
    [
      'another service',
      ['Shop', 'container.cpu.utilization', 'Service', 'cart', 'Environment', 'prod'],
      /Service is checkout here, not cart/,
    ],
    [
      'an own metric without the common dimensions',
      ['Shop', 'orders', 'channel', 'app'],
      /lacks Service and Environment/,
    ],
    [
      'a search with another schema',
      search(`${SCHEMA},"http.route"`, 'MetricName="http.server.fault"'),
      /never published with Service, Environment, http\.route/,
    ],
    [
      'a search for another environment',
      search(SCHEMA, 'MetricName="container.cpu.usage" Environment="dev"'),
      /Environment is prod here, not dev/,
    ],
    [
      'a query of Metrics Insights',
      [{ expression: 'SELECT MAX("http.server.fault") FROM SCHEMA("Shop", Service)' }],
      /never published with Service,/,
    ],
  ] as const) {
    it(`finds ${what}`, async () => {
      const [finding, ...others] = await lint([row as unknown[]]);
      assert.deepEqual(others, []);
      assert.match(finding ?? 'nothing', reason);
    });
  }

  it('follows the settings: presets, own sets, what is switched off', async () => {
    const byRoute = ['Shop', 'http.server.request.duration', ...DIMENSIONS, ...ROUTE];
    const count = async (row: unknown[], env: Record<string, string>) => (await lint([row], env)).length;
    assert.equal(await count(byRoute, { MONITORING_METRIC_DIMENSIONS: 'standard' }), 0);
    assert.equal(await count(byRoute, { MONITORING_METRIC_DIMENSIONS: 'lite' }), 1);
    const own = { MONITORING_METRIC_DIMENSIONS: 'http.server.request.duration=http.response.status_code' };
    assert.equal(await count(byRoute, own), 1);
    const byStatus = ['Shop', 'http.server.request.duration', ...DIMENSIONS, 'http.response.status_code', '200'];
    assert.equal(await count(byStatus, own), 0);
    assert.equal(await count(byStatus, {}), 1);
    const full = ['Shop', 'container.cpu.usage', ...DIMENSIONS];
    assert.equal(await count(full, { OTEL_METRICS_EXPORTER: 'otlp' }), 1);
    assert.equal(await count(full, { OTEL_SDK_DISABLED: 'true' }), 1);
    const calls = ['Shop', 'http.client.request.duration', ...DIMENSIONS];
    assert.equal(await count(calls, { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http' }), 0);
    assert.equal(await count(calls, { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http,undici' }), 1);
    const sampled = ['Shop', 'monitoring.request.in_flight', ...DIMENSIONS];
    assert.equal(await count(sampled, { MONITORING_HOST_METRICS_SAMPLE_RATIO: '0' }), 1);
  });

  it('looks at a widget as its variables show it', async () => {
    const emission = emissionOf(await findTarget({}, SERVICE));
    const body = (value: string) => ({
      variables: [{ type: 'pattern', pattern: '__S__', id: 's', inputType: 'input', defaultValue: value }],
      widgets: [
        {
          type: 'metric',
          properties: { metrics: [['Shop', 'container.cpu.usage', 'Service', '__S__', 'Environment', 'prod']] },
        },
      ],
    });
    assert.equal(lintDashboard(body('checkout'), emission).length, 0);
    assert.equal(lintDashboard(body('cart'), emission).length, 1);
  });

  it('finds tables of errors that go elsewhere', async () => {
    const emission = emissionOf(await findTarget({}, { ...SERVICE, OTEL_LOGS_EXPORTER: 'otlp' }));
    const table = (group: string) => ({
      widgets: [{ type: 'log', properties: { query: `SOURCE '${group}' | fields @message` } }],
    });
    assert.match(lintDashboard(table('/Shop/errors'), emission)[0]?.message ?? '', /OTEL_LOGS_EXPORTER is otlp/);
    assert.deepEqual(lintDashboard(table('/aws/lambda/x'), emission), []);
  });

  it('keeps its peace whatever a document holds', async () => {
    const emission = emissionOf(await findTarget({}, SERVICE));
    for (const odd of [
      {},
      { widgets: 1 },
      {
        widgets: [
          null,
          1,
          { type: 'metric' },
          { type: 'metric', properties: { metrics: [null, [], [1, {}], ['.'], ['...']] } },
        ],
      },
    ]) {
      assert.deepEqual(lintDashboard(odd, emission), []);
    }
  });

  describe('of a rate that a widget promises', () => {
    const sum = { stat: 'Sum', label: '5xx' };
    const row = (options: object) => ['Shop', 'http.server.fault', ...DIMENSIONS, options];
    const searched = (statistic: string) => [
      { expression: `SORT(SEARCH('{${SCHEMA}} MetricName="http.server.fault"', '${statistic}', 60), SUM, DESC, 10)` },
    ];
    const BROKEN = /is promised, but each value is the total of a period.*divide by PERIOD\(\).*"inherit"/;

    for (const [what, rows, widget] of [
      ['by its title, of a sum', [row(sum)], { title: 'Failing requests, a minute' }],
      ['by its title, of a count', [row({ stat: 'SampleCount' })], { title: 'Requests per second' }],
      ['by its title, of a trimmed count', [row({ stat: 'TC(0:0.5)' })], { title: 'Requests each hour' }],
      ['by its title, of the widget’s own statistic', [row({})], { title: 'Requests a minute', stat: 'Sum' }],
      ['by its title, of what a search finds', [searched('Sum')], { title: 'Failing routes, 5xx a minute' }],
      ['by its axis', [row(sum)], { yAxis: { left: { label: '1/min' } } }],
      ['by the line’s own axis', [row({ ...sum, yAxis: 'right' })], { yAxis: { right: { label: '1/s' } } }],
      ['by the label of the line', [row({ ...sum, label: '5xx a minute' })], {}],
    ] as const) {
      it(`says where it is not kept: ${what}`, async () => {
        const found = await lint([...rows], {}, widget);
        assert.equal(found.length, 1, String(found));
        assert.match(found[0] ?? '', BROKEN);
        assert.match(found[0] ?? '', /^\/metrics\/0 /);
      });
    }

    for (const [what, rows, widget] of [
      [
        'a quotient by PERIOD',
        [
          row({ ...sum, id: 'failed', visible: false }),
          [{ expression: '60*failed/PERIOD(failed)', label: '5xx a minute' }],
        ],
        { title: 'Failing requests, a minute' },
      ],
      ['an average', [row({ stat: 'Average' })], { title: 'Failing part, a minute' }],
      ['an average that a search finds', [searched('Average')], { title: 'Failing part, a minute' }],
      ['a total without a promise', [row(sum)], { title: 'Failing requests in each period' }],
      ['another axis', [row(sum)], { yAxis: { right: { label: '1/s' } } }],
      ['a title with another meaning', [row(sum)], { title: 'Secondary requests, a minuteman' }],
    ] as const) {
      it(`takes ${what}`, async () => assert.deepEqual(await lint([...rows], {}, widget), []));
    }

    for (const [period, kept] of [
      [60, true],
      [300, false],
    ] as const) {
      it(`takes a total of ${period} s for "a minute" where the dashboard keeps its periods: ${kept}`, async () => {
        const emission = emissionOf(await findTarget({}, SERVICE));
        const properties = { title: '5xx a minute', metrics: [row(sum)], period };
        const body = { periodOverride: 'inherit', widgets: [{ type: 'metric', properties }] };
        const found = lintDashboard(body, emission).map(({ message }) => message);
        const broken = '"5xx a minute": "a minute" is promised, but each value is the total of 300 s';
        assert.deepEqual(found, kept ? [] : [broken]);
      });
    }
  });

  for (const name of ['system-health', 'api-performance', 'errors']) {
    it(`finds nothing in the built-in dashboard ${name}`, async () => {
      const target = await findTarget({}, SERVICE);
      const body = readFileSync(join(__dirname, '../../dashboards', `${name}.json`), 'utf8')
        .replaceAll('{{namespace}}', target.namespace)
        .replaceAll('{{service}}', target.service)
        .replaceAll('{{environment}}', target.environment)
        .replaceAll('{{logGroup}}', target.logGroup)
        .replaceAll('{{region}}', target.region ?? '');
      assert.deepEqual(lintDashboard(JSON.parse(body), emissionOf(target)), []);
    });
  }
});

describe('search expressions', () => {
  it('are read with their schema, names and values, and what is excluded is not taken for wanted', () => {
    assert.deepEqual(
      readSearch('{"My Ns",Service,"http.route"} MetricName=("a" OR "b") Service="x" NOT Service="y" foo'),
      {
        namespace: 'My Ns',
        dimensions: ['Service', 'http.route'],
        metrics: ['a', 'b'],
        values: { Service: ['x'] },
      },
    );
    assert.deepEqual(readSearch('Namespace="N" MetricName="m"'), { namespace: 'N', metrics: ['m'], values: {} });
    assert.deepEqual(readSearch('MetricName=partial'), { metrics: [], values: {} });
  });

  it('are found in either quotes, escaped quotes included, several in one expression', () => {
    const names = (expression: string) =>
      searchesIn(expression).map(({ metrics, values }) => [metrics[0], values.S?.[0]]);
    assert.deepEqual(
      names(`SUM(SEARCH('{N,S} MetricName="a" S="it\\'s"', 'Sum')) + SEARCH("{N} MetricName=\\"b\\"", "Sum")`),
      [
        ['a', "it's"],
        ['b', undefined],
      ],
    );
    assert.deepEqual(searchesIn('m1 + m2'), []);
  });
});

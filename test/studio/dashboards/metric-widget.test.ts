import assert from 'node:assert/strict';
import { parseRows } from '../../../src/studio/dashboards/metric-rows.js';
import { evaluateMetricWidget, type MetricContent } from '../../../src/studio/dashboards/metric-widget.js';
import type { HeldSeries, Window } from '../../../src/studio/dashboards/time-series.js';
import { datum, held, MINUTE, START } from './held.js';

const SERVICE = { Service: 'shop', Environment: 'prod' };
const durations: HeldSeries = {
  namespace: 'Shop',
  name: 'duration',
  dimensions: Object.entries(SERVICE).map(([name, value]) => ({ name, value })),
  data: [
    datum(START, {
      unit: 'Seconds',
      values: [0.1, 0.5],
      counts: [90, 10],
      statistics: { sampleCount: 100, sum: 14, minimum: 0.1, maximum: 0.5 },
    }),
    datum(START + MINUTE, {
      unit: 'Seconds',
      values: [0.2],
      counts: [60],
      statistics: { sampleCount: 60, sum: 12, minimum: 0.2, maximum: 0.2 },
    }),
  ],
};
const HELD = [
  durations,
  held('active', SERVICE, [1, 2, 3]),
  held('duration', { ...SERVICE, route: '/a' }, [5, 6]),
  held('duration', { ...SERVICE, route: '/b' }, [50, 60]),
];
const WINDOW: Window = { start: START, end: START + 5 * MINUTE };

const evaluate = (
  properties: Record<string, unknown>,
  window = WINDOW,
  series: readonly HeldSeries[] = HELD,
): MetricContent =>
  evaluateMetricWidget(
    { region: 'us-east-1', period: 60, ...properties },
    { held: series, otlpNames: new Set(['by.otlp']) },
    window,
  );

const drawn = ({ lines }: MetricContent) => lines.map(({ label, values }) => [label, values]);

describe('Rows of metrics', () => {
  for (const [rows, expected] of [
    [
      [
        ['N', 'm', 'a', '1'],
        ['...', '2'],
      ],
      [
        ['N', 'm', 'a=1'],
        ['N', 'm', 'a=2'],
      ],
    ],
    [
      [
        ['N', 'm', 'a', '1', 'b', '2'],
        ['.', 'n', '.', '.', '.', '3'],
      ],
      [
        ['N', 'm', 'a=1', 'b=2'],
        ['N', 'n', 'a=1', 'b=3'],
      ],
    ],
    [
      [['N', 'm', 'a', '1'], [{ expression: 'x' }], ['...', { stat: 'Sum' }]],
      [['N', 'm', 'a=1'], 'x', ['N', 'm', 'a=1']],
    ],
    [
      [
        ['N', 'm', 'a', '1', 'b', '2'],
        ['...', '9'],
      ],
      [
        ['N', 'm', 'a=1', 'b=2'],
        ['N', 'm', 'a=1', 'b=9'],
      ],
    ],
    [[['N', 'm']], [['N', 'm']]],
  ] as const) {
    it(`spells out ${JSON.stringify(rows)}`, () => {
      const spelled = parseRows(rows).map((row) =>
        row.kind === 'metric'
          ? [row.namespace, row.name, ...row.dimensions.map(({ name, value }) => `${name}=${value}`)]
          : row.kind === 'expression'
            ? row.expression
            : row.problem,
      );
      assert.deepEqual(spelled, expected);
    });
  }

  it('says what is wrong with a row', () => {
    const problems = parseRows([['N'], ['N', 'm', 'a'], [{}], 'x']).map((row) =>
      row.kind === 'bad' ? row.problem : row,
    );
    assert.deepEqual(problems, [
      'a metric needs a namespace and a name: ["N"]',
      'a dimension has no value: a',
      'a row has neither a metric nor an expression',
      'a row of metrics is not an array',
    ]);
  });
});

describe('A metric widget', () => {
  const metric = ['Shop', 'duration', 'Service', 'shop', 'Environment', 'prod'];

  it('draws statistics of a metric whose dimensions are named in any order', () => {
    const content = evaluate({
      metrics: [
        ['Shop', 'duration', 'Environment', 'prod', 'Service', 'shop', { stat: 'p99' }],
        ['...', { stat: 'p50', label: 'half' }],
        ['...', { stat: 'SampleCount' }],
      ],
    });
    assert.deepEqual(drawn(content), [
      ['p99', [0.5, 0.2]],
      ['half', [0.1, 0.2]],
      ['SampleCount', [100, 60]],
    ]);
    assert.deepEqual(content.times, [START, START + MINUTE]);
    assert.deepEqual(
      content.lines.map(({ unit }) => unit),
      ['Seconds', 'Seconds', 'Count'],
    );
    assert.deepEqual(content.notes, []);
  });

  it('evaluates expressions over rows that are not drawn themselves', () => {
    const content = evaluate({
      metrics: [
        [...metric, { id: 'm', stat: 'SampleCount', visible: false }],
        [{ expression: 'm/PERIOD(m)', id: 'rate', label: 'a second' }],
      ],
    });
    assert.deepEqual(drawn(content), [['a second', [100 / 60, 1]]]);
  });

  it('draws a line for each metric that SEARCH finds, labelled by its properties', () => {
    const search = `SORT(SEARCH('{Shop,Service,Environment,route} MetricName="duration"', 'Average', 60), MAX, DESC, 10)`;
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudWatch's own placeholders
    const content = evaluate({ metrics: [[{ expression: search, label: "${PROP('Dim.route')} to ${MAX}", id: 'e' }]] });
    assert.deepEqual(drawn(content), [
      ['/b to 60', [50, 60]],
      ['/a to 6', [5, 6]],
    ]);
  });

  it('leaves a gap where a period has no data', () => {
    const content = evaluate({ metrics: [['Shop', 'gap']] }, WINDOW, [held('gap', {}, [1, null, 3])]);
    assert.deepEqual(drawn(content), [['gap', [1, null, 3]]]);
  });

  it('gives one value for the whole range when the body says so', () => {
    const content = evaluate({
      view: 'singleValue',
      setPeriodToTimeRange: true,
      metrics: [[...metric, { stat: 'Sum' }]],
    });
    assert.deepEqual(
      content.lines.map(({ latest }) => latest),
      [26],
    );
  });

  it('moves values on with the exports where it is asked to', () => {
    const data = [0, 20_000, 40_000, 60_000, 80_000].map((at) => datum(START + at, { value: 1 }));
    const content = evaluate(
      { metrics: [['Shop', 'm', { stat: 'Sum' }]] },
      { start: START, end: START + 80_000, slide: 20_000 },
      [{ namespace: 'Shop', name: 'm', dimensions: [], data }],
    );
    assert.deepEqual(drawn(content), [['m', [1, 2, 3, 3, 3]]]);
  });

  it('sees a datum that came late in values that were drawn before', () => {
    const data = [datum(START, { value: 1 }), datum(START + 60_000, { value: 1 })];
    const series = { namespace: 'Shop', name: 'm', dimensions: [], data, received: 2 };
    const look = () =>
      drawn(
        evaluate({ metrics: [['Shop', 'm', { stat: 'Sum' }]] }, { start: START, end: START + 60_000, slide: 20_000 }, [
          series,
        ]),
      );
    assert.deepEqual(look(), [['m', [1, 1, 1, 1]]]);
    data.push(datum(START + 30_000, { value: 5 }));
    series.received = 3;
    assert.deepEqual(look(), [['m', [1, 1, 6, 6]]]);
  });

  for (const [what, row, note] of [
    [
      'other dimensions',
      ['Shop', 'active', 'Service', 'shop'],
      'active never arrived with Service=shop; it did with Service=shop, Environment=prod',
    ],
    ['another namespace', ['Other', 'active'], 'active never arrived in namespace Other; it did in Shop'],
    ['OTLP only', ['Shop', 'by.otlp'], "by.otlp came by OTLP only: CloudWatch's dashboards would not show it"],
    ['nothing at all', ['Shop', 'nosuch'], 'nosuch never arrived in namespace Shop'],
  ] as const) {
    it(`says that a metric arrived with ${what}`, () => {
      const content = evaluate({ metrics: [row] });
      assert.deepEqual([content.lines, content.notes], [[], [{ tone: 'missing', text: note }]]);
    });
  }

  it('tells a metric without data in the range from one that never came', () => {
    const content = evaluate({ metrics: [metric] }, { start: START - 100 * MINUTE, end: START - 50 * MINUTE });
    assert.deepEqual(content.notes, [{ tone: 'empty', text: 'duration: no Average in this range' }]);
  });

  for (const [metricName, note] of [
    ['monitoring.exporter.dropped', { tone: 'none', text: 'nothing lost' }],
    [
      'http.client.request.duration',
      { tone: 'missing', text: 'http.client.request.duration has not arrived by Service, server.address' },
    ],
  ] as const) {
    it(`says in words that a search for ${metricName} found nothing`, () => {
      const expression = `SORT(SEARCH('{Shop,"Service","server.address"} MetricName="${metricName}"', 'Sum', 60), SUM, DESC, 10)`;
      const { lines, notes } = evaluate({ metrics: [[{ expression, id: 'e' }]] });
      assert.deepEqual([lines, notes], [[], [note]]);
    });
  }

  it('knows the unit of a sum, and none of a quotient', () => {
    const unitOf = (expression: string) =>
      evaluate({
        metrics: [
          [...metric, { id: 'a', visible: false }],
          ['...', { id: 'b', visible: false, stat: 'Maximum' }],
          [{ expression, id: 'e' }],
        ],
      }).lines.map(({ unit }) => unit);
    assert.deepEqual([unitOf('a+b'), unitOf('a/b'), unitOf('a*b'), unitOf('a>b')], [['Seconds'], [''], [''], ['']]);
  });

  for (const [expression, text] of [
    ['ANOMALY_DETECTION_BAND(m)', 'ANOMALY_DETECTION_BAND(m): ANOMALY_DETECTION_BAND is not evaluated here'],
    ['e', 'e: e refers to itself'],
    ['AVG(m)', 'AVG(m) is a single value, not a metric'],
  ] as const) {
    it(`says in its place that ${expression} is not drawn`, () => {
      const { lines, notes } = evaluate({
        metrics: [[...metric, { id: 'm', visible: false }], [{ expression, id: 'e' }]],
      });
      assert.deepEqual([lines, notes], [[], [{ tone: 'unsupported', text }]]);
    });
  }

  it('reads annotations, axes and colours, and takes no colour that is not one', () => {
    const content = evaluate({
      metrics: [
        [...metric, { color: '#ff0000', yAxis: 'right' }],
        ['...', { color: 'red; x' }],
      ],
      yAxis: { left: { min: 0, max: 5, label: 's', showUnits: false } },
      annotations: {
        horizontal: [{ value: 1, label: 'alarm' }, [{ value: 2, label: 'from' }, { value: 3 }]],
        vertical: [{ value: new Date(START).toISOString(), label: 'deploy' }],
      },
    });
    assert.deepEqual(
      content.lines.map(({ color, axis }) => [color, axis]),
      [
        ['#ff0000', 'right'],
        [undefined, 'left'],
      ],
    );
    assert.deepEqual(content.axes.left, { min: 0, max: 5, label: 's', showUnits: false });
    assert.deepEqual(
      content.marks.map(({ label, value, time }) => [label, value ?? time]),
      [
        ['alarm', 1],
        ['from', 2],
        ['', 3],
        ['deploy', START],
      ],
    );
  });
});

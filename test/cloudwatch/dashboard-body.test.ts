import assert from 'node:assert/strict';
import fc from 'fast-check';
import { validateDashboardBody } from '../../src/cloudwatch/dashboard-body.js';

const text = { type: 'text', properties: { markdown: '#' } };
const metric = (properties: object) => ({ type: 'metric', properties: { region: 'us-west-2', ...properties } });
const verdict = (body: unknown) => validateDashboardBody(JSON.stringify(body));
const times = <T>(count: number, item: T) => Array.from({ length: count }, () => item);
const rows = (row: unknown[]) => ({ widgets: [metric({ metrics: [row] })] });

const ALARM = 'arn:aws:cloudwatch:us-west-2:123456789012:alarm:a';

const FULL = {
  start: '-PT3H',
  periodOverride: 'inherit',
  variables: [{ type: 'property', property: 'Service', inputType: 'select', id: 'service', populateFrom: 'Service' }],
  widgets: [
    { ...text, x: 0, y: 0, width: 24, height: 2 },
    metric({
      view: 'timeSeries',
      stacked: false,
      period: 60,
      metrics: [
        ['N', 'm', 'Service', 'checkout', { stat: 'p99', id: 'm1', color: '#ff0000' }],
        ['.', '.', '.', 'cart'],
        ['...', 'other'],
        [{ expression: 'm1 * 2', id: 'e1' }],
      ],
    }),
    metric({ view: 'gauge', yAxis: { left: { min: 0, max: 100 } }, metrics: [['N', 'm']] }),
    { type: 'metric', properties: { annotations: { alarms: [ALARM] } } },
    { type: 'log', properties: { region: 'us-west-2', query: "SOURCE 'g' | fields @message", view: 'table' } },
    { type: 'alarm', properties: { alarms: [ALARM] } },
  ],
};

const variable = (more: object) => ({ widgets: [], variables: [{ ...FULL.variables[0], ...more }] });

interface Limit {
  readonly rule: string;
  readonly accepted: unknown;
  readonly refused: unknown;
  readonly dataPath: string;
  readonly message: RegExp;
}

const dimensions = (count: number): string[] => Array.from({ length: count }, (_, index) => [`d${index}`, 'v']).flat();
const calculated = (expression: string, second = 'm2') => ({
  widgets: [
    metric({
      metrics: [['N', 'm', { id: 'm1' }], ['N', 'n', { id: second }], [{ expression, id: 'e1' }]],
    }),
  ],
});

const LIMITS: readonly Limit[] = [
  {
    rule: 'ids of its own for each row',
    accepted: calculated('m1 + m2'),
    refused: calculated('m1', 'm1'),
    dataPath: '/widgets/0/properties/metrics/1/id',
    message: /id m1 is not unique/,
  },
  {
    rule: 'expressions of rows that are there',
    accepted: calculated('IF(m1 > 0, [m2, FILL(m1, REPEAT)], -m2)'),
    refused: calculated('IF(m1 > 0, [m2, FILL(m3, REPEAT)], -m2)'),
    dataPath: '/widgets/0/properties/metrics/2/0/expression',
    message: /no row of the widget has the id m3/,
  },
  {
    rule: 'percentiles up to 100 in a row',
    accepted: rows(['N', 'm', { stat: 'p100' }]),
    refused: rows(['N', 'm', { stat: 'p101' }]),
    dataPath: '/widgets/0/properties/metrics/0/stat',
    message: /p101 is not a statistic/,
  },
  {
    rule: 'a statistic of the widget',
    accepted: { widgets: [metric({ stat: 'tm99', metrics: [['N', 'm']] })] },
    refused: { widgets: [metric({ stat: 'Mean', metrics: [['N', 'm']] })] },
    dataPath: '/widgets/0/properties/stat',
    message: /Mean is not a statistic/,
  },
  {
    rule: '30 dimensions',
    accepted: rows(['N', 'm', ...dimensions(30)]),
    refused: rows(['N', 'm', ...dimensions(31)]),
    dataPath: '/widgets/0/properties/metrics/0',
    message: /more than 30 dimensions/,
  },
  {
    rule: 'alarms by ARN',
    accepted: { widgets: [{ type: 'alarm', properties: { alarms: [ALARM] } }] },
    refused: { widgets: [{ type: 'alarm', properties: { alarms: ['memory is high'] } }] },
    dataPath: '/widgets/0/properties/alarms/0',
    message: /ARN of an alarm/,
  },
  {
    rule: 'annotations of alarms by ARN',
    accepted: { widgets: [{ type: 'metric', properties: { annotations: { alarms: [ALARM] } } }] },
    refused: { widgets: [{ type: 'metric', properties: { annotations: { alarms: ['memory is high'] } } }] },
    dataPath: '/widgets/0/properties/annotations/alarms/0',
    message: /ARN of an alarm/,
  },
  {
    rule: '500 widgets',
    accepted: { widgets: times(500, text) },
    refused: { widgets: times(501, text) },
    dataPath: '/widgets',
    message: /more than 500 items/,
  },
  {
    rule: '500 metrics in a widget',
    accepted: { widgets: [metric({ metrics: times(500, ['N', 'm']) })] },
    refused: { widgets: [metric({ metrics: times(501, ['N', 'm']) })] },
    dataPath: '/widgets/0/properties/metrics',
    message: /more than 500 items/,
  },
  {
    rule: '2500 metrics in all',
    accepted: { widgets: times(5, metric({ metrics: times(500, ['N', 'm']) })) },
    refused: { widgets: [...times(5, metric({ metrics: times(500, ['N', 'm']) })), metric({ metrics: [['N', 'm']] })] },
    dataPath: '/widgets',
    message: /more than 2500 metrics/,
  },
  {
    rule: 'width 24',
    accepted: { widgets: [{ ...text, width: 24 }] },
    refused: { widgets: [{ ...text, width: 25 }] },
    dataPath: '/widgets/0/width',
    message: /<= 24/,
  },
  {
    rule: 'height 1000',
    accepted: { widgets: [{ ...text, height: 1000 }] },
    refused: { widgets: [{ ...text, height: 1001 }] },
    dataPath: '/widgets/0/height',
    message: /<= 1000/,
  },
  {
    rule: 'x 23',
    accepted: { widgets: [{ ...text, x: 23, y: 0 }] },
    refused: { widgets: [{ ...text, x: 24, y: 0 }] },
    dataPath: '/widgets/0/x',
    message: /<= 23/,
  },
  {
    rule: 'x with y',
    accepted: { widgets: [text] },
    refused: { widgets: [{ ...text, x: 0 }] },
    dataPath: '/widgets/0',
    message: /'y'/,
  },
  {
    rule: 'an end with a start',
    accepted: { start: '-PT1H', end: '2026-11-22T00:00:00Z', widgets: [] },
    refused: { end: '2026-11-22T00:00:00Z', widgets: [] },
    dataPath: '',
    message: /'start'/,
  },
  {
    rule: 'dimensions as strings',
    accepted: rows(['N', 'm', 'a', 'b', {}]),
    refused: rows(['N', 'm', { a: 'b' }, {}]),
    dataPath: '/widgets/0/properties/metrics/0',
    message: /more than 2 items/,
  },
  {
    rule: 'strings in a row',
    accepted: rows(['N', 'm', 'a', '1']),
    refused: rows(['N', 'm', 'a', 1]),
    dataPath: '/widgets/0/properties/metrics/0/3',
    message: /only 'String' type is allowed/,
  },
  {
    rule: 'a value for each dimension',
    accepted: rows(['N', 'm', 'a', 'b']),
    refused: rows(['N', 'm', 'a']),
    dataPath: '/widgets/0/properties/metrics/0',
    message: /value for each/,
  },
  {
    rule: 'periods of whole minutes',
    accepted: rows(['N', 'm', { period: 60 }]),
    refused: rows(['N', 'm', { period: 90 }]),
    dataPath: '/widgets/0/properties/metrics/0/period',
    message: /multiple of 60/,
  },
  {
    rule: 'ids that begin with a small letter',
    accepted: rows(['N', 'm', { id: 'a1' }]),
    refused: rows(['N', 'm', { id: 'A1' }]),
    dataPath: '/widgets/0/properties/metrics/0/id',
    message: /pattern/,
  },
  {
    rule: 'a region',
    accepted: rows(['N', 'm']),
    refused: { widgets: [{ type: 'metric', properties: { metrics: [['N', 'm']] } }] },
    dataPath: '/widgets/0/properties',
    message: /should have specified a region/,
  },
  {
    rule: 'bounds of a gauge',
    accepted: { widgets: [FULL.widgets[2]] },
    refused: { widgets: [metric({ view: 'gauge', metrics: [['N', 'm']] })] },
    dataPath: '/widgets/0/properties/yAxis/left',
    message: /'min'/,
  },
  {
    rule: '25 variables',
    accepted: { widgets: [], variables: times(25, FULL.variables[0]) },
    refused: { widgets: [], variables: times(26, FULL.variables[0]) },
    dataPath: '/variables',
    message: /more than 25/,
  },
  {
    rule: 'a label of 30 characters',
    accepted: variable({ label: 'l'.repeat(30) }),
    refused: variable({ label: 'l'.repeat(31) }),
    dataPath: '/variables/0/label',
    message: /longer than 30/,
  },
  {
    rule: 'a search of 2048 characters',
    accepted: variable({ search: 's'.repeat(2048), populateFrom: 'Service' }),
    refused: variable({ search: 's'.repeat(2049), populateFrom: 'Service' }),
    dataPath: '/variables/0/search',
    message: /longer than 2048/,
  },
  {
    rule: 'a search with what to take from it',
    accepted: variable({ search: 's', populateFrom: 'Service' }),
    refused: variable({ search: 's', populateFrom: undefined }),
    dataPath: '/variables/0',
    message: /required property .populateFrom./,
  },
  {
    rule: '500 values of a variable',
    accepted: variable({ values: times(500, { value: 'v' }) }),
    refused: variable({ values: times(501, { value: 'v' }) }),
    dataPath: '/variables/0/values',
    message: /more than 500/,
  },
  {
    rule: 'one value of a variable',
    accepted: variable({ values: [{ value: 'v' }] }),
    refused: variable({ values: [] }),
    dataPath: '/variables/0/values',
    message: /fewer than 1/,
  },
  {
    rule: 'metrics in a metric widget',
    accepted: rows(['N', 'm']),
    refused: { widgets: [metric({})] },
    dataPath: '/widgets/0/properties',
    message: /'metrics'/,
  },
  {
    rule: 'markdown in a text widget',
    accepted: { widgets: [text] },
    refused: { widgets: [{ type: 'text', properties: {} }] },
    dataPath: '/widgets/0/properties',
    message: /'markdown'/,
  },
];

describe('Dashboard bodies', () => {
  it('pass with every kind of widget', () => {
    assert.deepEqual(verdict(FULL), { errors: [], warnings: [] });
  });

  for (const { rule, accepted, refused, dataPath, message } of LIMITS) {
    it(`pass with ${rule} and fail beyond`, () => {
      assert.deepEqual(verdict(accepted).errors, []);
      const [error] = verdict(refused).errors;
      assert.equal(error?.dataPath, dataPath);
      assert.match(error?.message ?? '', message);
    });
  }

  it('pass with a warning for a color that will not show', () => {
    const { errors, warnings } = verdict(rows(['N', 'm', { color: 'red' }]));
    assert.deepEqual(errors, []);
    assert.equal(warnings[0]?.dataPath, '/widgets/0/properties/metrics/0/color');
  });

  it('fail when they are not JSON, not an object or have no widgets', () => {
    assert.equal(validateDashboardBody('{').errors.length, 1);
    assert.equal(verdict([]).errors.length, 1);
    assert.equal(verdict({}).errors[0]?.message, "Should have required property 'widgets'");
  });

  it('get a verdict whatever they hold', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.jsonValue(), (widgets, variables) => {
        verdict({ widgets, variables });
        verdict({ widgets: widgets.map((properties) => ({ type: 'metric', properties })) });
        verdict({ widgets: widgets.map((metrics) => metric({ metrics })) });
      }),
    );
  });
});

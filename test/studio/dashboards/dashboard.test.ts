import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillTemplate } from '../../../src/cloudwatch/template.js';
import {
  type DashboardSource,
  type DashboardView,
  evaluateDashboard,
} from '../../../src/studio/dashboards/dashboard.js';
import { held, MINUTE, START } from './held.js';

const SOURCE: DashboardSource = {
  held: [held('m', { Service: 'b', Environment: 'prod' }, [1]), held('m', { Service: 'a', Environment: 'dev' }, [2])],
  otlpNames: new Set(),
  logGroups: ['/errors'],
  now: START + MINUTE,
  alarm: (name) => (name === 'known' ? ALARM : undefined),
  events: (group) =>
    group === '/errors' ? [{ get: (name) => ({ '@timestamp': START, type: 'TypeError' })[name] }] : undefined,
};
const ALARM = {
  Namespace: 'Shop',
  MetricName: 'm',
  Dimensions: [
    { Name: 'Service', Value: 'a' },
    { Name: 'Environment', Value: 'dev' },
  ],
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 2,
  DatapointsToAlarm: 1,
  Threshold: 2,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
};

const show = (body: unknown, chosen: Record<string, string> = {}): DashboardView =>
  evaluateDashboard(
    {
      name: 'd',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      chosen: new Map(Object.entries(chosen)),
      window: { start: START, end: START + 2 * MINUTE },
    },
    SOURCE,
  );

const widget = (type: string, properties: unknown) => ({ widgets: [{ type, properties }] });
const contentOf = (view: DashboardView) => view.widgets[0]?.content;

const SERVICE_VARIABLE = {
  type: 'pattern',
  pattern: '__SERVICE__',
  inputType: 'select',
  id: 'service',
  label: 'Service',
  search: '{Shop,Service,Environment} MetricName="m"',
  populateFrom: 'Service',
};

describe('A dashboard', () => {
  const lines = (view: DashboardView) => {
    const content = contentOf(view);
    return content?.kind === 'metric' ? content.lines.map(({ latest }) => latest) : content;
  };
  const pattern = {
    variables: [{ ...SERVICE_VARIABLE, defaultValue: '__FIRST' }],
    ...widget('metric', {
      region: 'r',
      period: 60,
      metrics: [[{ expression: `SEARCH('{Shop,Service,Environment} Service="__SERVICE__"', 'Sum', 60)`, id: 'e' }]],
    }),
  };

  it('offers for a variable what has arrived, and takes the first', () => {
    const view = show(pattern);
    assert.deepEqual(
      view.variables.map(({ value, options }) => [value, options.map((one) => one.value)]),
      [['a', ['a', 'b']]],
    );
    assert.deepEqual(lines(view), [2]);
  });

  it('puts in what is chosen', () => {
    assert.deepEqual(lines(show(pattern, { service: 'b' })), [1]);
  });

  it('takes the default when it has arrived, and the first otherwise', () => {
    const value = (defaultValue: string) =>
      show({ ...pattern, variables: [{ ...SERVICE_VARIABLE, defaultValue }] }).variables[0]?.value;
    assert.deepEqual([value('b'), value('gone')], ['b', 'a']);
  });

  it('replaces a property and the value of a dimension by a property variable', () => {
    const variable = { type: 'property', property: 'Service', inputType: 'input', id: 's', defaultValue: 'b' };
    const metrics = [['Shop', 'm', 'Service', 'a', 'Environment', 'prod', { stat: 'Sum' }]];
    assert.deepEqual(
      lines(show({ variables: [variable], ...widget('metric', { region: 'r', period: 60, metrics }) })),
      [1],
    );
  });

  it('cannot be made other structure by a value', () => {
    const view = show(
      { variables: [{ ...SERVICE_VARIABLE, pattern: 'X' }], ...widget('text', { markdown: 'X' }) },
      { service: '"}]}' },
    );
    assert.deepEqual(contentOf(view), { kind: 'text', markdown: '"}]}', transparent: false });
  });

  it('places widgets that name no place one after the other', () => {
    const text = { type: 'text', properties: { markdown: '' } };
    const view = show({
      widgets: [
        { ...text, width: 12, height: 3 },
        { ...text, width: 12, height: 5 },
        text,
        { ...text, x: 4, y: 9, width: 99, height: 2 },
      ],
    });
    assert.deepEqual(
      view.widgets.map(({ x, y, width, height }) => [x, y, width, height]),
      [
        [0, 0, 12, 3],
        [12, 0, 12, 5],
        [0, 5, 6, 6],
        [0, 9, 24, 2],
      ],
    );
  });

  for (const [type, text] of [
    ['explorer', 'Explorer widgets find AWS resources by tags; there are none here.'],
    ['chart', 'Chart widgets ask in PromQL what came by OTLP; PromQL is not evaluated here.'],
    ['other', 'A widget of the type other is not known.'],
  ] as const) {
    it(`says in its place that ${type} is not drawn`, () => {
      assert.deepEqual(contentOf(show(widget(type, {}))), { kind: 'unsupported', text });
    });
  }

  it('answers a log widget, and names a log group that has not arrived', () => {
    const content = contentOf(
      show(widget('log', { region: 'r', query: "SOURCE '/errors' | SOURCE '/gone' | stats count(*) by type" })),
    );
    assert.deepEqual(content?.kind === 'log' && [content.result.rows, content.notes], [
      [['TypeError', 1]],
      ['the log group /gone has not arrived; these have: /errors'],
    ]);
  });

  it('says what of a query is not evaluated', () => {
    const content = contentOf(show(widget('log', { region: 'r', query: "SOURCE '/errors' | anomaly" })));
    assert.deepEqual(content?.kind === 'log' && content.notes, [
      'not evaluated here: the command anomaly is not evaluated here',
    ]);
  });

  it('evaluates alarms, and names those that were never put', () => {
    const arn = 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:';
    const content = contentOf(show(widget('alarm', { alarms: [`${arn}known`, `${arn}gone`] })));
    assert.deepEqual(
      content?.kind === 'alarm' && content.alarms.map(({ name, state, reason }) => [name, state, reason]),
      [
        ['known', 'ALARM', '1 of 2 periods breach, 1 are needed; 1 without data (missing)'],
        ['gone', 'INSUFFICIENT_DATA', 'no alarm of this name was put here'],
      ],
    );
  });

  for (const body of ['not json', '[]', '{}', '{"widgets":7}', '{"widgets":[7,null,{"type":"metric"}]}']) {
    it(`tells what is wrong with ${body} instead of failing`, () => {
      assert.ok(show(body).errors.length > 0);
    });
  }
});

describe('The dashboards of the package', () => {
  const folder = join(__dirname, '../../../dashboards');
  const filling = { namespace: 'Shop', region: 'us-east-1', logGroup: '/errors', service: 'a', environment: 'dev' };
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    it(`${file} is understood whole`, () => {
      const view = show(fillTemplate(JSON.parse(readFileSync(join(folder, file), 'utf8')), filling));
      assert.deepEqual([view.errors, view.warnings], [[], []]);
      const unsupported = view.widgets.flatMap(({ content }) => {
        if (content.kind === 'metric')
          return content.notes.filter(({ tone }) => tone === 'unsupported').map(({ text }) => text);
        if (content.kind === 'log') return content.notes;
        return content.kind === 'unsupported' ? [content.text] : [];
      });
      assert.deepEqual(unsupported, []);
      assert.doesNotMatch(JSON.stringify(view), /\{\{\w+\}\}|__[A-Z_]+__/);
    });
  }
});

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validateDashboardBody } from '../../src/cloudwatch/dashboard-body.js';
import { applyVariables, fillTemplate, unknownPlaceholders } from '../../src/cloudwatch/template.js';

const VALUES = {
  namespace: 'Shop',
  region: 'eu-west-1',
  logGroup: '/shop/errors',
  service: 'checkout',
  environment: 'prod',
};

const folder = join(__dirname, '../../dashboards');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

describe('fillTemplate', () => {
  it('fills placeholders in texts at any depth, several in one, and leaves all else', () => {
    const filled = fillTemplate(
      { a: ['{{namespace}}', 3, null], b: { c: '{{service}}/{{environment}}', d: true } },
      VALUES,
    );
    assert.deepEqual(filled, { a: ['Shop', 3, null], b: { c: 'checkout/prod', d: true } });
  });

  it('keeps a value with quotes inside the quotes of an expression or a search', () => {
    const values = { ...VALUES, service: `a"b'c\\d` };
    assert.deepEqual(
      fillTemplate({ expression: 'S("{{service}}")', search: '"{{service}}"', label: '{{service}}' }, values),
      {
        expression: `S("a\\"b\\'c\\\\d")`,
        search: `"a\\"b\\'c\\\\d"`,
        label: `a"b'c\\d`,
      },
    );
  });

  it('leaves what it does not know, and CloudWatch labels, and unknownPlaceholders names them', () => {
    const document = { label: `\${PROP('Dim.http.route')}`, title: '{{nmespace}} {{service}}' };
    assert.deepEqual(fillTemplate(document, VALUES), {
      label: `\${PROP('Dim.http.route')}`,
      title: '{{nmespace}} checkout',
    });
    assert.deepEqual(unknownPlaceholders(document), ['nmespace']);
  });
});

describe('applyVariables', () => {
  const pattern = { type: 'pattern', pattern: '__SERVICE__', id: 'service', defaultValue: 'checkout' };

  it('puts the default of a pattern into every text of the widgets, and a choice before the default', () => {
    const widgets = [
      {
        properties: {
          title: '__SERVICE__',
          metrics: [['N', 'm', 'Service', '__SERVICE__'], [{ expression: 'SEARCH(__SERVICE__)' }]],
        },
      },
    ];
    const shown = (service: string) => [
      {
        properties: {
          title: service,
          metrics: [['N', 'm', 'Service', service], [{ expression: `SEARCH(${service})` }]],
        },
      },
    ];
    assert.deepEqual(applyVariables({ variables: [pattern], widgets }), {
      variables: [pattern],
      widgets: shown('checkout'),
    });
    assert.deepEqual(applyVariables({ variables: [pattern], widgets }, { service: 'cart$&' }), {
      variables: [pattern],
      widgets: shown('cart$&'),
    });
  });

  it('takes a pattern for a regular expression, and one that is none for a text', () => {
    const shown = (text: string, patternText: string) =>
      applyVariables({ variables: [{ ...pattern, pattern: patternText }], widgets: [text] });
    assert.deepEqual(shown('api-12 api-x', 'api-\\d+'), {
      variables: [{ ...pattern, pattern: 'api-\\d+' }],
      widgets: ['checkout api-x'],
    });
    assert.deepEqual(shown('a(b', 'a(b'), { variables: [{ ...pattern, pattern: 'a(b' }], widgets: ['checkout'] });
  });

  it('puts a property by its name, and the value of a dimension of that name', () => {
    const widgets = [
      {
        properties: {
          region: 'us-east-1',
          metrics: [['region', 'm', 'region', 'x', 'Other', 'region', { region: 'y' }]],
        },
      },
    ];
    const variables = [{ type: 'property', property: 'region', id: 'r', defaultValue: 'eu-west-1' }];
    assert.deepEqual(applyVariables({ variables, widgets }), {
      variables,
      widgets: [
        {
          properties: {
            region: 'eu-west-1',
            metrics: [['region', 'm', 'region', 'eu-west-1', 'Other', 'region', { region: 'eu-west-1' }]],
          },
        },
      ],
    });
  });

  it('leaves the widgets where the first value found is the default', () => {
    const body = { variables: [{ ...pattern, defaultValue: '__FIRST' }], widgets: ['__SERVICE__'] };
    assert.deepEqual(applyVariables(body), body);
  });
});

describe('the dashboards of the package', () => {
  it('are the three', () => {
    assert.deepEqual(files, ['api-performance.json', 'errors.json', 'system-health.json']);
  });

  for (const file of files) {
    const template: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const filled = fillTemplate(template, VALUES);

    it(`${file} satisfies PutDashboard without a warning, before and after it is filled, and for a choice`, () => {
      for (const body of [template, filled, applyVariables(filled)]) {
        assert.deepEqual(validateDashboardBody(JSON.stringify(body)), { errors: [], warnings: [] });
      }
    });

    it(`${file} leaves no placeholder and no pattern open`, () => {
      assert.deepEqual(unknownPlaceholders(template), []);
      const { widgets } = applyVariables(filled) as { widgets: unknown };
      assert.doesNotMatch(JSON.stringify(widgets), /\{\{|__[A-Z_]+__/);
    });

    it(`${file} says who manages it`, () => {
      assert.match(JSON.stringify(filled), /Managed by @org\/monitoring/);
    });

    it(`${file} has no two widgets in one place`, () => {
      const { widgets } = filled as { widgets: { x: number; y: number; width: number; height: number }[] };
      const cells = widgets.flatMap(({ x, y, width, height }) =>
        Array.from({ length: width * height }, (_, i) => `${x + (i % width)},${y + Math.floor(i / width)}`),
      );
      assert.equal(new Set(cells).size, cells.length);
      assert.ok(widgets.every(({ x, width }) => x + width <= 24));
    });
  }
});

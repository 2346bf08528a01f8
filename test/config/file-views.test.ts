import assert from 'node:assert/strict';
import { MAX_NAME_LENGTH } from '../../src/config/file-views.js';
import { describeConfiguration } from '../../src/config/print.js';
import { readConfiguration } from '../../src/config/read.js';

const PATH = '/etc/otel.yaml';
const AT = 'meter_provider.views';

function read(views: unknown, env: Record<string, string> = {}) {
  const text = JSON.stringify({
    file_format: '1.0',
    meter_provider: { readers: [{ periodic: { exporter: { console: null } } }], views },
  });
  return readConfiguration({ OTEL_CONFIG_FILE: PATH, ...env }, { readFile: () => text });
}

const view = (selector: object, stream: object = {}) => ({ selector, stream });
const lines = (views: unknown) =>
  read(views).problems.map(({ key, value, expected, used }) => [key, value, expected, used]);

describe('views of a configuration file', () => {
  it('are taken with all that a view can say', () => {
    const { configuration, problems } = read([
      view(
        {
          instrument_name: 'orders',
          instrument_type: 'counter',
          unit: '{order}',
          meter_name: 'shop',
          meter_version: '1',
        },
        {
          name: 'shop.orders',
          description: 'Orders.',
          aggregation: { sum: null },
          aggregation_cardinality_limit: 10,
          attribute_keys: { included: ['country'], excluded: ['user.*'] },
        },
      ),
    ]);
    assert.deepEqual(problems, []);
    assert.deepEqual(configuration.metrics.views, [
      {
        path: `${AT}[0]`,
        selector: {
          instrumentName: 'orders',
          instrumentType: 'counter',
          unit: '{order}',
          meterName: 'shop',
          meterVersion: '1',
        },
        name: 'shop.orders',
        description: 'Orders.',
        aggregation: { kind: 'sum' },
        cardinalityLimit: 10,
        attributeKeys: { included: ['country'], excluded: ['user.*'] },
      },
    ]);
  });

  for (const [aggregation, expected] of [
    [{ drop: null }, { kind: 'drop' }],
    [{ last_value: {} }, { kind: 'last_value' }],
    [{ default: {} }, undefined],
    [{ explicit_bucket_histogram: null }, { kind: 'explicit_bucket_histogram' }],
    [
      { explicit_bucket_histogram: { boundaries: [1, 2], record_min_max: false } },
      { kind: 'explicit_bucket_histogram', boundaries: [1, 2], recordMinMax: false },
    ],
    [
      { base2_exponential_bucket_histogram: { max_size: 2, max_scale: 20, record_min_max: true } },
      { kind: 'base2_exponential_bucket_histogram', maxSize: 2 },
    ],
  ] as const) {
    it(`take the aggregation ${JSON.stringify(aggregation)}`, () => {
      const { configuration, problems } = read([view({ instrument_name: 'a' }, { aggregation })]);
      assert.deepEqual(problems, []);
      assert.deepEqual(configuration.metrics.views[0]?.aggregation, expected);
    });
  }

  it('are listed among the settings, and no variable sets them', () => {
    const row = (reading: ReturnType<typeof read>) =>
      describeConfiguration(reading).find(({ name }) => name === 'meter_provider.views');
    const given = read([
      view({ instrument_name: 'a' }, { name: 'b', attribute_keys: { excluded: ['x'] } }),
      view({ unit: 's', instrument_name: 'c*' }, { aggregation: { drop: null } }),
    ]);
    assert.deepEqual(row(given), {
      section: 'Metrics',
      name: 'meter_provider.views',
      value: 'a: named b without x; c* s: drop',
      origin: 'configuration file',
    });
    const fromVariable = readConfiguration({ 'meter_provider.views': '[{}]' });
    assert.deepEqual([fromVariable.configuration.metrics.views, row(fromVariable)?.value], [[], 'none']);
  });

  const NAME = 'a'.repeat(MAX_NAME_LENGTH);
  const UNUSED = 'nothing of that view';
  /** What is accepted, and what next to it is refused with which line; how many views remain of that. */
  const BOUNDS: [string, object, object, string[], number][] = [
    [
      'a selector of one part and none',
      view({ unit: 's' }),
      view({}),
      [`${AT}[0].selector`, '{…}', 'something in it, such as instrument_name', UNUSED],
      0,
    ],
    [
      'one * in an instrument_name and two',
      view({ instrument_name: 'http.*.duration' }),
      view({ instrument_name: 'http.*.*' }),
      [`${AT}[0].selector.instrument_name`, 'http.*.*', 'a name with at most one * and without ?', UNUSED],
      0,
    ],
    [
      'no ? in an instrument_name and one',
      view({ instrument_name: 'http' }),
      view({ instrument_name: 'htt?' }),
      [`${AT}[0].selector.instrument_name`, 'htt?', 'a name with at most one * and without ?', UNUSED],
      0,
    ],
    [
      'a meter_name and a meter_schema_url',
      view({ meter_name: 'shop', meter_schema_url: null }),
      view({ meter_name: 'shop', meter_schema_url: 'https://shop/1' }),
      [`${AT}[0].selector.meter_schema_url`, 'https://shop/1', 'meter_name in its place', UNUSED],
      0,
    ],
    [
      'a new name for one instrument and for many',
      view({ instrument_name: 'a' }, { name: 'b' }),
      view({ instrument_name: 'a*' }, { name: 'b' }),
      [`${AT}[0].stream.name`, 'b', 'no name, or an instrument_name without * beside it', 'the name of the instrument'],
      1,
    ],
    [
      `${MAX_NAME_LENGTH} characters of a new name and one more`,
      view({ instrument_name: 'b' }, { name: NAME }),
      view({ instrument_name: 'b' }, { name: `${NAME}a` }),
      [
        `${AT}[0].stream.name`,
        `${NAME}a`.slice(0, 99),
        'a letter, then letters, digits, _ . - /, at most 255 in all',
        'the name of the instrument',
      ],
      1,
    ],
    [
      'a limit of 1 series and of 0',
      view({ instrument_name: 'a' }, { aggregation_cardinality_limit: 1 }),
      view({ instrument_name: 'a' }, { aggregation_cardinality_limit: 0 }),
      [`${AT}[0].stream.aggregation_cardinality_limit`, '0', 'a value > 0', 'nothing of it'],
      1,
    ],
    [
      'the scale 20 and 19',
      view({ instrument_name: 'a' }, { aggregation: { base2_exponential_bucket_histogram: { max_scale: 20 } } }),
      view({ instrument_name: 'a' }, { aggregation: { base2_exponential_bucket_histogram: { max_scale: 19 } } }),
      [
        `${AT}[0].stream.aggregation.base2_exponential_bucket_histogram.max_scale`,
        '19',
        '20, which cannot be changed',
        '20',
      ],
      1,
    ],
  ];
  for (const [what, accepted, refused, line, remaining] of BOUNDS) {
    it(`know ${what} apart`, () => {
      assert.deepEqual(read([accepted]).problems, []);
      const [[key, value = '', expected, used] = [], ...others] = lines([refused]);
      assert.deepEqual([key, expected, used], [line[0], line[2], line[3]]);
      assert.ok(value.startsWith(line[1] ?? ''), value);
      assert.deepEqual(others, []);
      assert.equal(read([refused]).configuration.metrics.views.length, remaining);
    });
  }

  it('are not used where a part of the selector is not known, which would select more', () => {
    const drop = { aggregation: { drop: null } };
    const views = [
      view({ meter_name: 'shop', instrument_nam: 'a' }, drop),
      view({ instrument_name: 'b', instrument_type: 'countr' }, drop),
      view({ instrument_name: 'c' }, drop),
    ];
    assert.deepEqual(
      lines(views).map(([key, , , used]) => [key, used]),
      [
        [`${AT}[0].selector.instrument_nam`, UNUSED],
        [`${AT}[1].selector.instrument_type`, UNUSED],
      ],
    );
    assert.deepEqual(
      read(views).configuration.metrics.views.map(({ path }) => path),
      [`${AT}[2]`],
    );
  });

  const drop = { aggregation: { drop: null } };
  for (const [first, second, apart] of [
    [view({ instrument_name: 'orders' }), view({ instrument_name: 'order' }), true],
    [view({ instrument_name: 'orders' }), view({ instrument_name: 'orders' }), false],
    [view({ instrument_name: '*' }), view({ instrument_name: 'orders' }, drop), false],
    [view({ instrument_name: 'orders' }, { name: 'x' }), view({ instrument_name: 'orders' }, { name: 'y' }), true],
    [view({ instrument_name: 'orders' }, { name: 'x' }), view({ instrument_name: 'orders' }, { name: 'X' }), false],
    [view({ instrument_name: 'orders' }, { name: 'x' }), view({ instrument_name: 'or*' }), true],
    [view({ instrument_name: 'a*' }), view({ instrument_name: 'b*' }), true],
    [view({ instrument_name: 'a*' }), view({ instrument_name: '*b' }), false],
    [view({ instrument_name: 'ab*ba' }), view({ instrument_name: 'aba' }), true],
    [view({ instrument_name: 'ab*ba' }), view({ instrument_name: 'abba' }), false],
    [view({ unit: 's' }), view({ unit: 'ms' }), true],
    [view({ unit: 's' }), view({ meter_name: 'shop' }), false],
    [view({ instrument_type: 'counter' }), view({ instrument_type: 'histogram' }), true],
  ] as const) {
    it(`${apart ? 'are both used' : 'refuse the second'}: ${JSON.stringify([first, second])}`, () => {
      const expected = `other instruments than ${AT}[0] selects, or a name of its own`;
      assert.deepEqual(lines([first, second]), apart ? [] : [[`${AT}[1]`, '{…}', expected, UNUSED]]);
      assert.equal(read([first, second]).configuration.metrics.views.length, apart ? 2 : 1);
    });
  }

  it('are one line where they are no sequence', () => {
    const { problems, configuration } = read(5);
    assert.deepEqual(
      problems.map(({ key, value, expected, used }) => [key, value, expected, used]),
      [[AT, '5', 'a sequence of views, in a configuration file', 'none']],
    );
    assert.deepEqual(configuration.metrics.views, []);
  });
});

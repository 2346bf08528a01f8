import assert from 'node:assert/strict';
import { runQuery } from '../../../src/studio/dashboards/insights.js';
import type { Fields, Scalar } from '../../../src/studio/dashboards/insights-operands.js';
import { parseQuery } from '../../../src/studio/dashboards/insights-syntax.js';

const MINUTE = 60_000;
const event = (minute: number, fields: Readonly<Record<string, Scalar>>): Fields => {
  const all: Record<string, Scalar> = { '@timestamp': minute * MINUTE, '@message': JSON.stringify(fields), ...fields };
  return { get: (name) => (Object.hasOwn(all, name) ? all[name] : undefined) };
};

const EVENTS = [
  event(0, { type: 'TypeError', route: '/a', ms: 10, suppressed: 2, text: 'user=ann, ip=1' }),
  event(1, { type: 'RangeError', route: '/b', ms: 20, text: 'user=bob, ip=2' }),
  event(4, { type: 'TypeError', route: '/a', ms: 30, 'a.b': 'dotted' }),
  event(6, { type: 'TypeError', route: '/b', ms: 40, level: 'FATAL' }),
];

const run = (query: string) => runQuery(parseQuery(query), EVENTS);
const rows = (query: string) => run(query).rows;

describe('A query of Logs Insights', () => {
  for (const [query, expected] of [
    ['fields ms', [[40], [30], [20], [10]]],
    ['fields ms | limit 2', [[40], [30]]],
    ['fields ms, type | sort ms asc | limit 1', [[10, 'TypeError']]],
    ['fields ms | fields type | limit 1', [[40, 'TypeError']]],
    ['fields ms | display type | limit 1', [['TypeError']]],
    ['filter type = "TypeError" | stats count(*) as n', [[3]]],
    ['filter type = "TypeError" and route = "/a" | stats count(*)', [[2]]],
    ["filter type = 'RangeError' or ms > 35 | stats count(*)", [[2]]],
    ['filter not (type = "TypeError") | stats count(*)', [[1]]],
    ['filter type != "TypeError" | stats count(*)', [[1]]],
    ['filter type like "Range" | stats count(*)', [[1]]],
    ['filter type like /^Type/ | stats count(*)', [[3]]],
    ['filter type not like /^Type/ | stats count(*)', [[1]]],
    ['filter text =~ /(?i)USER=A/ | stats count(*)', [[1]]],
    ['filter route in ["/a", "/c"] | stats count(*)', [[2]]],
    ['filter ispresent(level) | fields ms', [[40]]],
    ['filter level = "FATAL" | stats count(*) by level', [['FATAL', 1]]],
    ['filter nosuch = "x" | stats count(*)', [[0]]],
    ['filter `a.b` = "dotted" | fields ms', [[30]]],
    ['filter a.b = "dotted" | fields ms', [[30]]],
    [
      'stats count(*) as n by type | sort n desc',
      [
        ['TypeError', 3],
        ['RangeError', 1],
      ],
    ],
    ['stats count(*) by route, type | sort count(*) desc, route asc | limit 1', [['/a', 'TypeError', 2]]],
    [
      'stats count(*) as events, sum(suppressed) as held_back by bin(5m)',
      [
        [5 * MINUTE, 1, 0],
        [0, 3, 2],
      ],
    ],
    ['stats avg(ms), min(ms), max(ms), sum(ms)', [[25, 10, 40, 100]]],
    ['stats pct(ms, 50), pct(ms, 100), count_distinct(type)', [[20, 40, 2]]],
    [
      'stats latest(ms), earliest(ms) by type | sort type asc',
      [
        ['RangeError', 20, 20],
        ['TypeError', 40, 10],
      ],
    ],
    ['stats sum(ms) / count(*) as mean', [[25]]],
    ['fields ms * 2 + 1 as odd | limit 1', [[81]]],
    ['fields concat(upper(type), "-", strlen(type)) as x | limit 1', [['TYPEERROR-9']]],
    ['fields coalesce(level, "none") as l | sort ms asc | limit 1', [['none']]],
    [
      'parse text "user=*, ip=*" as who, ip | filter ispresent(who) | fields who, ip | sort who asc',
      [
        ['ann', '1'],
        ['bob', '2'],
      ],
    ],
    ['parse text /user=(?<who>\\w+)/ | filter who = "bob" | fields ms', [[20]]],
    ['fields type | dedup type', [['TypeError'], ['RangeError']]],
    ['# a comment\nfields ms\n| limit 1', [[40]]],
  ] as const) {
    it(`answers ${query}`, () => {
      assert.deepEqual(rows(query), expected);
    });
  }

  it('names columns as they are written, and knows which are times', () => {
    const { columns, times, bin } = run('stats count(*) as n, latest(@timestamp) as last, max(ms) by bin(5m), type');
    assert.deepEqual(
      [columns, times, bin],
      [['bin(5m)', 'type', 'n', 'last', 'max(ms)'], ['bin(5m)', 'last'], 5 * MINUTE],
    );
  });

  it('shows time and message where the query names no fields', () => {
    assert.deepEqual(run('filter ms = 10').columns, ['@timestamp', '@message']);
  });

  it('reads the log groups that are its sources', () => {
    assert.deepEqual(parseQuery('SOURCE \'/a\' | SOURCE "/b"\n| fields ms').sources, ['/a', '/b']);
  });

  it('says how many events were read and how many fitted', () => {
    const { scanned, matched } = run('filter type = "TypeError" | stats count(*)');
    assert.deepEqual([scanned, matched], [4, 3]);
  });

  for (const [query, message] of [
    ['fieldz ms', 'the command fieldz is not evaluated here'],
    ['fields nosuch(ms)', 'nosuch() is not evaluated here'],
    ['stats nosuch(ms)', 'nosuch() is not evaluated here'],
    ['stats constructor(ms)', 'constructor() is not evaluated here'],
    ['stats count(*) by bin(5x)', 'not a period: 5x'],
    ['filter type like /(/', 'not a pattern: /(/'],
    ['filter (ms > 1', ') is missing'],
    ['fields ms ms', 'not expected here: ms'],
    ['filter a ~ b', 'not understood from: ~ b'],
    ['limit', 'a number is missing'],
  ] as const) {
    it(`says of ${query}: ${message}`, () => {
      assert.throws(() => run(query), { name: 'QueryError', message });
    });
  }
});

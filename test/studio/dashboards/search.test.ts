import assert from 'node:assert/strict';
import { MAX_FOUND, MAX_SEARCH_LENGTH, searchMetrics } from '../../../src/studio/dashboards/search.js';
import { held } from './held.js';

const HELD = [
  held('http.server.request.duration', { Service: 'shop', Environment: 'prod' }, []),
  held(
    'http.server.request.duration',
    { Service: 'shop', Environment: 'prod', 'http.route': '/a', 'http.request.method': 'GET' },
    [],
  ),
  held(
    'http.server.request.duration',
    { Service: 'shop', Environment: 'prod', 'http.route': '/b', 'http.request.method': 'GET' },
    [],
  ),
  held(
    'http.server.request.duration',
    { Service: 'cart', Environment: 'prod', 'http.route': '/a', 'http.request.method': 'POST' },
    [],
  ),
  held('http.server.fault', { Service: 'shop', Environment: 'prod' }, []),
  held('CPUUtilization', { InstanceId: 'i-1' }, [], 'AWS-EC2'),
];

const found = (query: string): string[] =>
  searchMetrics(query, HELD).map(({ name, dimensions }) => [name, ...dimensions.map(({ value }) => value)].join(' '));

const ROUTES = '{Shop,"Service","Environment","http.route","http.request.method"}';

describe('SEARCH', () => {
  for (const [query, expected] of [
    [
      `${ROUTES} MetricName="http.server.request.duration" Service="shop"`,
      ['http.server.request.duration shop prod /a GET', 'http.server.request.duration shop prod /b GET'],
    ],
    [`${ROUTES} Service="shop" NOT http.route="/a"`, ['http.server.request.duration shop prod /b GET']],
    [`${ROUTES} http.route=("/b" OR "/c")`, ['http.server.request.duration shop prod /b GET']],
    [
      `${ROUTES} (Service="cart" OR http.route="/b")`,
      ['http.server.request.duration cart prod /a POST', 'http.server.request.duration shop prod /b GET'],
    ],
    ['{Shop,Environment,Service}', ['http.server.fault shop prod', 'http.server.request.duration shop prod']],
    ['{Shop,Service}', []],
    ['{Other,Service,Environment}', []],
    ['MetricName="http.server.fault"', ['http.server.fault shop prod']],
    ['MetricName="fault"', []],
    ['fault', ['http.server.fault shop prod']],
    ['cpu utilization', ['CPUUtilization i-1']],
    ['Namespace="AWS-EC2"', ['CPUUtilization i-1']],
    ['Service="shop" AND MetricName=fault', ['http.server.fault shop prod']],
    ['"prod" POST', ['http.server.request.duration cart prod /a POST']],
  ] as const) {
    it(`finds by ${query}`, () => {
      assert.deepEqual(found(query), expected);
    });
  }

  for (const query of ['(a', 'a )', '= b', 'NOT', '{}']) {
    it(`refuses ${query}`, () => {
      assert.throws(() => found(query), { name: 'ExpressionError' });
    });
  }

  it(`takes ${MAX_SEARCH_LENGTH} characters and refuses one more`, () => {
    assert.deepEqual(found('x'.repeat(MAX_SEARCH_LENGTH)), []);
    assert.throws(() => found('x'.repeat(MAX_SEARCH_LENGTH + 1)), { name: 'ExpressionError' });
  });

  it(`finds ${MAX_FOUND} metrics at the most`, () => {
    const many = Array.from({ length: MAX_FOUND + 1 }, (_, index) => held('m', { id: String(index) }, []));
    assert.equal(searchMetrics('MetricName="m"', many).length, MAX_FOUND);
  });
});

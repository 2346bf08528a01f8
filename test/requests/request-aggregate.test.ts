import assert from 'node:assert/strict';
import type { HrTime } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType, type ScopeMetrics } from '@opentelemetry/sdk-metrics';
import { outcomeOf } from '../../exporters/cloudwatch-metrics/request-metrics.js';
import {
  MAX_SERIES,
  RequestAggregate,
  type RequestAttributes,
  UNMATCHED_ROUTE,
} from '../../src/requests/request-aggregate.js';
import { REQUESTS_SCOPE } from '../../src/wire/scopes.js';

const START: HrTime = [100, 0];
const FIRST: HrTime = [160, 0];
const SECOND: HrTime = [220, 0];

const GET: RequestAttributes = {
  method: 'GET',
  route: '/users/:id',
  statusCode: 200,
  scheme: 'http',
  protocolVersion: '1.1',
  errorType: undefined,
};

function durations(metrics: ScopeMetrics | undefined) {
  const metric = metrics?.metrics.find(({ descriptor }) => descriptor.name === 'http.server.request.duration');
  if (metric === undefined) return undefined;
  assert.equal(metric.dataPointType, DataPointType.EXPONENTIAL_HISTOGRAM);
  return metric;
}

function active(metrics: ScopeMetrics | undefined) {
  const metric = metrics?.metrics.find(({ descriptor }) => descriptor.name === 'http.server.active_requests');
  assert.equal(metric?.dataPointType, DataPointType.SUM);
  return metric;
}

describe('RequestAggregate', () => {
  for (const temporality of ['delta', 'cumulative'] as const) {
    it(`counts what no route took since the start, 404 and 405 aside (${temporality})`, () => {
      const aggregate = new RequestAggregate({ startTime: START, temporality });
      assert.deepEqual(aggregate.counts(), { total: 0, unmatched: 0 });
      const record = (route: string | undefined, statusCode: number) =>
        aggregate.record({ ...GET, route, statusCode }, 1);
      record('/a', 200);
      record(undefined, 200);
      record(undefined, 404);
      record(undefined, 405);
      assert.deepEqual(aggregate.counts(), { total: 2, unmatched: 1 });
      aggregate.collect(FIRST);
      record(undefined, 500);
      assert.deepEqual(aggregate.counts(), { total: 3, unmatched: 2 });
      aggregate.collect(SECOND);
      assert.deepEqual(aggregate.counts(), { total: 3, unmatched: 2 });
    });
  }

  it('tells nothing before the first request', () => {
    assert.equal(new RequestAggregate({ startTime: START }).collect(FIRST), undefined);
  });

  it('has the version of its scope, as spans have it', () => {
    const aggregate = new RequestAggregate({ startTime: START, version: '1.2.3' });
    aggregate.record(GET, 0.25);
    assert.deepEqual(aggregate.collect(FIRST)?.scope, { name: REQUESTS_SCOPE, version: '1.2.3' });
  });

  it('tells durations in seconds under the names of the HTTP conventions', () => {
    const aggregate = new RequestAggregate({ startTime: START });
    aggregate.record(GET, 0.25);
    aggregate.record(GET, 0.5);
    const collected = aggregate.collect(FIRST);
    assert.equal(collected?.scope.name, REQUESTS_SCOPE);
    const metric = durations(collected);
    assert.equal(metric?.descriptor.unit, 's');
    assert.equal(metric?.aggregationTemporality, AggregationTemporality.DELTA);
    assert.equal(metric?.dataPoints.length, 1);
    const [point] = metric?.dataPoints ?? [];
    assert.deepEqual(point?.attributes, {
      'http.request.method': 'GET',
      'http.route': '/users/:id',
      'http.response.status_code': 200,
      'url.scheme': 'http',
      'network.protocol.version': '1.1',
    });
    assert.deepEqual([point?.startTime, point?.endTime], [START, FIRST]);
    assert.deepEqual([point?.value.count, point?.value.sum, point?.value.min, point?.value.max], [2, 0.75, 0.25, 0.5]);
  });

  it('keeps requests apart by each attribute', () => {
    const aggregate = new RequestAggregate({ startTime: START });
    const others: Partial<RequestAttributes>[] = [
      {},
      { method: 'POST' },
      { route: '/users' },
      { statusCode: 500 },
      { statusCode: undefined },
      { scheme: 'https' },
      { protocolVersion: '2' },
      { errorType: 'aborted' },
    ];
    for (let round = 0; round < 3; round++) for (const other of others) aggregate.record({ ...GET, ...other }, 1);
    const points = durations(aggregate.collect(FIRST))?.dataPoints ?? [];
    assert.equal(points.length, others.length);
    assert.ok(points.every(({ value }) => value.count === 3));
  });

  it('leaves the status out when no response was sent, and names the error', () => {
    const aggregate = new RequestAggregate({ startTime: START });
    aggregate.record({ ...GET, statusCode: undefined, errorType: 'aborted' }, 1);
    const attributes = durations(aggregate.collect(FIRST))?.dataPoints[0]?.attributes;
    assert.equal(attributes?.['error.type'], 'aborted');
    assert.equal('http.response.status_code' in (attributes ?? {}), false);
  });

  it('counts requests without a route as unmatched', () => {
    const aggregate = new RequestAggregate({ startTime: START });
    aggregate.record({ ...GET, route: undefined }, 1);
    assert.equal(durations(aggregate.collect(FIRST))?.dataPoints[0]?.attributes['http.route'], UNMATCHED_ROUTE);
  });

  it('tells each request once', () => {
    const aggregate = new RequestAggregate({ startTime: START });
    aggregate.record(GET, 1);
    aggregate.collect(FIRST);
    assert.equal(aggregate.collect(SECOND), undefined);
    aggregate.record(GET, 2);
    const [point] = durations(aggregate.collect([280, 0]))?.dataPoints ?? [];
    assert.deepEqual([point?.startTime, point?.value.count, point?.value.sum], [SECOND, 1, 2]);
  });

  it('tells running totals when asked to', () => {
    const aggregate = new RequestAggregate({ startTime: START, temporality: 'cumulative' });
    aggregate.record(GET, 1);
    aggregate.collect(FIRST);
    aggregate.record(GET, 2);
    const metric = durations(aggregate.collect(SECOND));
    assert.equal(metric?.aggregationTemporality, AggregationTemporality.CUMULATIVE);
    const [point] = metric?.dataPoints ?? [];
    assert.deepEqual([point?.startTime, point?.value.count, point?.value.sum], [START, 2, 3]);
  });

  it('hands out numbers that later requests do not change', () => {
    const aggregate = new RequestAggregate({ startTime: START, temporality: 'cumulative' });
    aggregate.record(GET, 1);
    const [point] = durations(aggregate.collect(FIRST))?.dataPoints ?? [];
    aggregate.record(GET, 1);
    assert.equal(point?.value.count, 1);
    assert.deepEqual(point?.value.positive.bucketCounts, [1]);
  });

  it('has room for a thousand series; the next one is counted in the overflow', () => {
    const aggregate = new RequestAggregate({ startTime: START });
    const overflowing = () =>
      durations(aggregate.collect(FIRST))?.dataPoints.find(
        ({ attributes }) => attributes['otel.metric.overflow'] === true,
      );
    for (let i = 0; i < MAX_SERIES; i++) aggregate.record({ ...GET, route: `/${i}` }, 1);
    assert.equal(overflowing(), undefined);
    for (let i = 0; i <= MAX_SERIES; i++) aggregate.record({ ...GET, route: `/${i}` }, 1);
    aggregate.record({ ...GET, route: '/0' }, 1);
    const overflow = overflowing();
    assert.deepEqual(overflow?.attributes, { 'otel.metric.overflow': true, 'http.response.status_code': 200 });
    assert.equal(overflow?.value.count, 1);
  });

  it('counts faults and errors exactly beyond that as well', () => {
    const aggregate = new RequestAggregate({ startTime: START });
    for (let i = 0; i < MAX_SERIES + 100; i++) aggregate.record({ ...GET, route: `/${i}` }, 1);
    const late = (statusCode: number | undefined, errorType: string | undefined, times: number) => {
      for (let i = 0; i < times; i++) aggregate.record({ ...GET, route: `/late/${i}`, statusCode, errorType }, 1);
    };
    late(500, '500', 5);
    late(503, '503', 1);
    late(404, undefined, 7);
    late(200, 'RangeError', 2);
    late(200, 'TypeError', 1);
    late(undefined, 'RangeError', 1);
    late(200, 'aborted', 3);
    late(undefined, 'aborted', 4);
    const points = durations(aggregate.collect(FIRST))?.dataPoints ?? [];
    const counted = new Map<unknown, number>();
    for (const { attributes, value } of points) {
      const outcome = outcomeOf(attributes);
      counted.set(outcome, (counted.get(outcome) ?? 0) + value.count);
    }
    assert.deepEqual(Object.fromEntries(counted), {
      success: MAX_SERIES + 100 + 3,
      fault: 5 + 1 + 2 + 1 + 1,
      error: 7,
      undefined: 4,
    });
    assert.equal(points.length - MAX_SERIES, 8, 'a series for each status, not for each name of an error');
  });

  it('makes room again after each collection', () => {
    const aggregate = new RequestAggregate({ startTime: START, maxSeries: 1 });
    aggregate.record({ ...GET, route: '/a' }, 1);
    aggregate.collect(FIRST);
    aggregate.record({ ...GET, route: '/b' }, 1);
    assert.equal(durations(aggregate.collect(SECOND))?.dataPoints[0]?.attributes['http.route'], '/b');
  });

  it('tells how many requests are being answered, also when there are none any more', () => {
    const aggregate = new RequestAggregate({ startTime: START });
    const getting = aggregate.active('GET', 'http');
    aggregate.active('POST', 'https').count += 1;
    getting.count += 2;
    assert.equal(aggregate.inFlight(), 3);
    const metric = active(aggregate.collect(FIRST));
    assert.deepEqual(
      [metric?.descriptor.unit, metric?.isMonotonic, metric?.aggregationTemporality],
      ['{request}', false, AggregationTemporality.CUMULATIVE],
    );
    assert.deepEqual(
      metric?.dataPoints.map(({ attributes, value }) => [
        attributes['http.request.method'],
        attributes['url.scheme'],
        value,
      ]),
      [
        ['GET', 'http', 2],
        ['POST', 'https', 1],
      ],
    );
    getting.count -= 2;
    assert.equal(active(aggregate.collect(SECOND))?.dataPoints[0]?.value, 0);
  });
});

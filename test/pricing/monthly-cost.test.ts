import assert from 'node:assert/strict';
import { MAX_DATUMS_PER_REQUEST } from '../../exporters/cloudwatch-metrics/limits.js';
import { DATUMS_PER_REQUEST, describeCost, fixedQuantities, monthlyCost } from '../../src/pricing/monthly-cost.js';
import { DEFAULT_SAMPLING, tracesPerMonth, trafficQuantities } from '../../src/pricing/traffic.js';

const GB = 2 ** 30;
const SECONDS = 730 * 3600;

describe('The monthly cost', () => {
  it('adds up what it is made of', () => {
    const cost = monthlyCost({ ...fixedQuantities({ series: 46 }), logBytes: 2 * GB, spanBytes: 10 * GB });
    assert.deepEqual(cost, {
      parts: [
        { what: 'metrics', quantity: '46 series', dollars: 13.8 },
        { what: 'metric requests', quantity: '43800 metric requests', dollars: 0.44 },
        { what: 'error logs', quantity: '2.00 GB of error logs', dollars: 1.06 },
        { what: 'traces', quantity: '10.00 GB of spans', dollars: 3.5 },
      ],
      dollars: 18.8,
      without: [],
    });
  });

  it('says what it leaves out', () => {
    const cost = monthlyCost(fixedQuantities({ series: 46 }));
    assert.equal(
      describeCost(cost),
      'about $14.24 a month (46 series $13.80, 43800 metric requests $0.44), without error logs and traces',
    );
    assert.equal(
      describeCost(monthlyCost({ spanBytes: 0, logBytes: 0, series: 1, metricRequests: 0 })),
      'about $0.30 a month (1 series $0.30, 0 metric requests $0.00, 0.00 GB of error logs $0.00, 0.00 GB of spans $0.00)',
    );
  });

  it('counts one request for each thousand series, export and process', () => {
    const requests = (input: Parameters<typeof fixedQuantities>[0]) => fixedQuantities(input).metricRequests;
    assert.equal(DATUMS_PER_REQUEST, MAX_DATUMS_PER_REQUEST);
    assert.deepEqual(
      [0, 1, 1000, 1001].map((series) => requests({ series })),
      [0, 43_800, 43_800, 87_600],
    );
    assert.equal(requests({ series: 1, interval: 10, processes: 3 }), 788_400);
  });
});

describe('Traffic', () => {
  it('begins a trace for each request up to the reservoir, and for the ratio of the rest', () => {
    const of = (requests: number) => Math.round(tracesPerMonth(requests, DEFAULT_SAMPLING));
    assert.deepEqual([of(0), of(SECONDS), of(3 * SECONDS)], [0, SECONDS, (SECONDS * 11) / 10]);
  });

  it('costs by its requests, and not by the time in which they came', () => {
    const observed = { requests: 100, logBytes: 5000, traces: 50, spanBytes: 150_000 };
    const twice = { requests: 200, logBytes: 10_000, traces: 100, spanBytes: 300_000 };
    const expected = { logBytes: 50e6, spanBytes: 3000 * 1e6 };
    assert.deepEqual(trafficQuantities(observed, 1e6, DEFAULT_SAMPLING), expected);
    assert.deepEqual(trafficQuantities(twice, 1e6, DEFAULT_SAMPLING), expected);
  });

  it('adds no more spans than the budget of traces lets through', () => {
    const observed = { requests: 1, logBytes: 0, traces: 1, spanBytes: 3000 };
    const spanBytes = (mostBytesPerSecond: number) =>
      trafficQuantities(observed, SECONDS, { ...DEFAULT_SAMPLING, mostBytesPerSecond }).spanBytes;
    assert.deepEqual([spanBytes(2999), spanBytes(3001)], [2999 * SECONDS, 3000 * SECONDS]);
  });

  it('of nothing adds nothing', () => {
    const nothing = { requests: 0, logBytes: 0, traces: 0, spanBytes: 0 };
    assert.deepEqual(trafficQuantities(nothing, 1e6, DEFAULT_SAMPLING), { logBytes: 0, spanBytes: 0 });
  });
});

import assert from 'node:assert/strict';
import { describeEstimate, estimateCost, expectedSeries } from '../../../exporters/cloudwatch-metrics/cost.js';

describe('estimateCost', () => {
  it('prices series and requests at list', () => {
    const cost = estimateCost({ series: 71 });
    assert.deepEqual(cost, {
      series: 71,
      requestsPerMonth: 43_800,
      seriesDollars: 21.3,
      requestDollars: 0.44,
      dollars: 21.74,
    });
    assert.equal(
      describeEstimate(cost),
      'about $21.74 a month (71 series $21.30, 43800 metric requests $0.44), without error logs and traces',
    );
  });

  it('knows that more processes make more requests and no more series', () => {
    const cost = estimateCost({ series: 71, processes: 10, interval: 10 });
    assert.equal(cost.seriesDollars, 21.3);
    assert.equal(cost.requestDollars, 26.28);
  });

  it('needs a second request for series 1001', () => {
    assert.equal(estimateCost({ series: 1000 }).requestsPerMonth, 43_800);
    assert.equal(estimateCost({ series: 1001 }).requestsPerMonth, 87_600);
  });

  it('changes price at each tier', () => {
    const dollars = (series: number) => estimateCost({ series, requestsPerExport: 0 }).seriesDollars;
    assert.equal(dollars(10_000), 3000);
    assert.equal(dollars(10_001), 3000.1);
    assert.equal(dollars(250_001), 27_000.05);
    assert.equal(dollars(1_000_001), 64_500.02);
  });

  it('costs nothing for nothing', () => {
    assert.equal(estimateCost({ series: 0 }).dollars, 0);
  });
});

describe('expectedSeries', () => {
  const shape = { routes: 24, peers: 5, databases: 1, rpcServices: 3, sampledRoutes: 0 };

  it('foresees what the standard sets make of a service', () => {
    assert.equal(expectedSeries(shape, 'standard'), 4 + 3 + 13 + 48 + 5 + 1 + 3);
    assert.equal(expectedSeries({ ...shape, sampledRoutes: 24, own: 3 }, 'standard'), 77 + 4 + 24 + 3);
  });

  it('has two series more for the first service called by an RPC, one for each other', () => {
    const count = (rpcServices: number) => expectedSeries({ ...shape, rpcServices }, 'standard');
    assert.deepEqual([count(1) - count(0), count(2) - count(1)], [2, 1]);
  });

  it('does not grow with routes and peers in lite', () => {
    assert.equal(expectedSeries(shape, 'lite'), 20);
    assert.equal(expectedSeries({ ...shape, routes: 500, peers: 50 }, 'lite'), 20);
    assert.equal(expectedSeries({ ...shape, sampledRoutes: 24 }, 'lite'), 20 + 4);
  });
});

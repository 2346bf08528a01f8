import assert from 'node:assert/strict';
import { lines, loadClientFirst, start, unavailable } from './started-exporter.js';

const MINUTE = 60_000;

describe('CloudWatchMetricExporter, of itself', () => {
  loadClientFirst();

  it('publishes what went wrong afterwards, as its own metrics', async () => {
    const { send, fake, clock, ones } = start((_datums, request) => (request === 1 ? unavailable() : undefined));
    send(ones(1));
    await clock.advance(MINUTE);
    send(ones(1));
    await clock.settle();
    const own = fake.accepted.filter(({ MetricName }) => MetricName.startsWith('monitoring.'));
    assert.deepEqual(
      own.map(({ MetricName, Value, Dimensions }) => [
        MetricName,
        Value,
        ...Dimensions.slice(2).map((dimension) => dimension.Value),
      ]),
      [
        ['monitoring.exporter.failed', 1, 'metrics', 'retry'],
        ['monitoring.exporter.retries', 1, 'metrics', 'retry'],
      ],
    );
    send(ones(1));
    await clock.settle();
    assert.equal(fake.accepted.filter(({ MetricName }) => MetricName.startsWith('monitoring.')).length, 2);
  });

  it('publishes what went well only when asked to', async () => {
    const { send, fake, clock, ones } = start(undefined, { selfMetrics: 'all' });
    send(ones(4));
    await clock.settle();
    send(ones(1));
    await clock.settle();
    const [own] = fake.accepted.filter(({ MetricName }) => MetricName === 'monitoring.exporter.sent');
    assert.equal(own?.Value, 4);
    assert.deepEqual(own?.Dimensions.slice(2), [{ Name: 'signal', Value: 'metrics' }]);
  });

  it('counts what has no place, says so once, and does not call it a failure', async () => {
    const { send, clock, ones, exporter, results, fake } = start(undefined, { maxSeries: 0, selfMetrics: 'none' });
    const written = await lines(async () => {
      for (let i = 0; i < 3; i++) {
        send(ones(2));
        await clock.advance(61 * MINUTE);
      }
    });
    assert.equal(fake.requests, 0);
    assert.deepEqual(results, [{ code: 0 }, { code: 0 }, { code: 0 }]);
    assert.deepEqual(exporter.status().counters, [
      { name: 'dropped', signal: 'metrics', reason: 'series_cap', value: 6 },
    ]);
    assert.equal(written.filter((line) => line.includes('series are taken')).length, 1);
  });

  it('knows what it costs, and says so at the second regular export and when it has grown by half', async () => {
    const { send, clock, ones, exporter } = start();
    const written = await lines(async () => {
      for (const series of [10, 12, 18, 19]) {
        send(ones(series));
        await clock.advance(MINUTE);
      }
    });
    assert.deepEqual(exporter.status().cost, {
      series: 19,
      requestsPerMonth: 43_800,
      seriesDollars: 5.7,
      requestDollars: 0.44,
      dollars: 6.14,
    });
    assert.deepEqual(
      written.filter((line) => line.includes('a month')).map((line) => /(\d+) series/.exec(line)?.[1]),
      ['12', '19'],
    );
  });

  it('estimates from the interval that it was told, not from exports that a flush asked for, and then says nothing', async () => {
    const { send, clock, ones, exporter } = start(undefined, { exportInterval: 10_000 });
    const written = await lines(async () => {
      send(ones(10));
      await clock.advance(3);
      send(ones(20));
      await clock.advance(8996);
      send(ones(20));
      await clock.advance(1);
      assert.equal(exporter.status().cost.requestsPerMonth, 262_800);
      await exporter.forceFlush();
    });
    const said = () => written.filter((line) => line.includes('a month')).length;
    assert.equal(said(), 0);
    written.push(
      ...(await lines(async () => {
        send(ones(20));
        await clock.settle();
      })),
    );
    assert.equal(said(), 1);
  });

  it('estimates one export a minute where the endpoint is a local one, which is watched more often', () => {
    for (const endpoint of ['http://127.0.0.1:4318', 'http://localhost:4566']) {
      const { exporter, send, ones } = start(undefined, { exportInterval: 2000, endpoint });
      send(ones(10));
      assert.equal(exporter.status().cost.requestsPerMonth, 43_800);
    }
  });

  it('says what it used instead of a namespace that cannot be', async () => {
    const written = await lines(async () => {
      assert.equal(start(undefined, { namespace: 'AWS/Mine' }).exporter.status().namespace, 'AWS-Mine');
      assert.equal(start(undefined, { namespace: '' }).exporter.status().namespace, 'OpenTelemetry');
    });
    const said = written.filter((line) => line.includes('cannot be a namespace'));
    assert.deepEqual(said, [
      'CloudWatch metrics: "AWS/Mine" cannot be a namespace, "AWS-Mine" is used',
      'CloudWatch metrics: "" cannot be a namespace, "OpenTelemetry" is used',
    ]);
  });

  it('has a status that crosses threads', async () => {
    const { send, clock, ones, exporter } = start(unavailable);
    send(ones(2));
    await clock.settle();
    const status = structuredClone(exporter.status());
    assert.equal(status.queue.items, 2);
    assert.equal(status.queue.oldest, clock.now());
    assert.match(status.queue.trouble ?? '', /ServiceUnavailable/);
    assert.equal(status.series.active, 2);
  });
});

import assert from 'node:assert/strict';
import { serviceError, sumOf } from './fake-client.js';
import { lines, loadClientFirst, start, unavailable } from './started-exporter.js';

describe('CloudWatchMetricExporter, flushed and shut down', () => {
  loadClientFirst();

  it('flushes what it holds', async () => {
    const { send, fake, clock, ones, exporter } = start(unavailable);
    send(ones(3));
    await clock.settle();
    fake.answer = () => undefined;
    await exporter.forceFlush();
    assert.equal(sumOf(fake.accepted), 3);
  });

  it('flushes an export that has only just begun', async () => {
    const { send, fake, ones, exporter } = start(undefined, { maxSeries: 20_000 });
    send(ones(8000));
    await exporter.forceFlush();
    assert.equal(sumOf(fake.accepted), 8000);
  });

  it('ends a flush at its deadline, says so, and keeps what it holds', async () => {
    const { send, clock, ones, exporter } = start(() => 'hang');
    const written = await lines(async () => {
      send(ones(3));
      let flushed = false;
      void exporter.forceFlush().then(() => {
        flushed = true;
      });
      await clock.advance(4999);
      assert.equal(flushed, false);
      await clock.advance(1);
      assert.equal(flushed, true);
    });
    assert.equal(exporter.status().queue.items, 3);
    assert.ok(written.includes('CloudWatch metrics: 3 datums could not be delivered within 5000 ms'));
  });

  it('says why a flush gave up before its deadline', async () => {
    const { send, ones, exporter } = start(() => serviceError('AccessDenied', 403, 'not authorized'));
    const written = await lines(async () => {
      send(ones(3));
      await exporter.forceFlush();
    });
    assert.ok(
      written.includes('CloudWatch metrics: 3 datums could not be delivered (AccessDenied: not authorized)'),
      written.join('\n'),
    );
  });

  it('delivers at shutdown, and takes nothing afterwards without touching the network', async () => {
    const { send, fake, clock, ones, exporter, results } = start();
    send(ones(3));
    await exporter.shutdown();
    assert.equal(sumOf(fake.accepted), 3);
    send(ones(3));
    assert.equal(results.at(-1)?.code, 1);
    await clock.settle();
    assert.equal(fake.requests, 1);
    assert.equal(clock.pending, 0);
  });

  it('drops and counts at shutdown what it cannot deliver in time', async () => {
    const { send, clock, ones, exporter, dropped } = start(() => 'hang');
    send(ones(3));
    let ended = 0;
    for (let call = 0; call < 2; call++) void exporter.shutdown().then(() => (ended += 1));
    await clock.advance(4999);
    assert.equal(ended, 0);
    await clock.advance(1);
    assert.equal(ended, 2);
    assert.equal(dropped(), 3);
    assert.equal(clock.pending, 0);
  });
});

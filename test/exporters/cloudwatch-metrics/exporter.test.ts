import assert from 'node:assert/strict';
import type { InstrumentType, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { AggregationTemporality, AggregationType, InstrumentType as Type } from '@opentelemetry/sdk-metrics';
import { FakeClock } from '../aws/fake-clock.js';
import { collected, counter, gauge } from './collected.js';
import { datumsOf, type FakeClient, serviceError, sumOf } from './fake-client.js';
import { lines, loadClientFirst, start, unavailable } from './started-exporter.js';

const MINUTE = 60_000;

describe('CloudWatchMetricExporter', () => {
  loadClientFirst();

  it('says success once everything is accepted', async () => {
    const { send, results, fake, clock, ones, exporter } = start();
    send(ones(3));
    assert.deepEqual(results, []);
    await clock.settle();
    assert.deepEqual(results, [{ code: 0 }]);
    assert.equal(sumOf(fake.accepted), 3);
    assert.equal(exporter.status().entity, 'accepted');
  });

  it('puts the namespace and the entity of the service into the request', async () => {
    const { send, fake, clock, ones } = start();
    send(ones(1));
    await clock.settle();
    const [input] = fake.inputs;
    assert.equal(input?.Namespace, 'Test');
    assert.equal(input?.StrictEntityValidation, false);
    assert.deepEqual(input?.EntityMetricData?.[0]?.Entity?.KeyAttributes, {
      Type: 'Service',
      Name: 'checkout',
      Environment: 'prod',
    });
    assert.equal(input?.MetricData, undefined);
  });

  it('sends plain metrics where no entity is wanted', async () => {
    const { send, fake, clock, ones, exporter } = start(undefined, { entity: false });
    send(ones(1));
    await clock.settle();
    assert.equal(fake.inputs[0]?.EntityMetricData, undefined);
    assert.equal(fake.inputs[0]?.MetricData?.length, 1);
    assert.equal(exporter.status().entity, 'none');
  });

  it('goes on without the entity, after one line, when the endpoint does not take requests with one', async () => {
    const { send, fake, clock, ones, results, exporter } = start();
    fake.answer = () =>
      fake.inputs.at(-1)?.EntityMetricData
        ? serviceError('InvalidParameterValueException', 400, 'no entities')
        : undefined;
    const written = await lines(async () => {
      for (let i = 0; i < 3; i++) {
        send(ones(2));
        await clock.settle();
      }
    });
    assert.deepEqual(results, [{ code: 0 }, { code: 0 }, { code: 0 }]);
    assert.equal(sumOf(fake.accepted), 6);
    assert.equal(fake.requests, 4);
    assert.equal(exporter.status().entity, 'refused');
    assert.equal(written.filter((line) => line.includes('entity')).length, 1);
  });

  it('keeps the entity once it was accepted, and does not blame it for a bad datum', async () => {
    const { send, fake, clock, ones, exporter } = start();
    send(ones(1));
    await clock.settle();
    fake.answer = () => serviceError('InvalidParameterValueException', 400, 'something is wrong');
    send(ones(1));
    await clock.settle();
    assert.equal(fake.requests, 2);
    assert.equal(exporter.status().entity, 'accepted');
  });

  it('converts no faster than the service accepts, so that nothing overflows', async () => {
    const { send, fake, clock, ones, results } = start(undefined, { maxSeries: 20_000, queue: { maxItems: 2500 } });
    fake.delay = 10;
    send(ones(8000));
    while (results.length === 0) await clock.settle();
    assert.deepEqual(results, [{ code: 0 }]);
    assert.equal(sumOf(fake.accepted), 8000);
  });

  it('packs by a thousand', async () => {
    const { send, fake, clock, ones, results } = start(undefined, { maxSeries: 5000 });
    send(ones(2000));
    await clock.settle();
    assert.deepEqual(results, [{ code: 0 }]);
    assert.deepEqual(
      fake.inputs.map((input) => datumsOf(input).length),
      [1000, 1000],
    );
    send(ones(2001));
    await clock.settle();
    assert.equal(fake.requests, 5);
  });

  for (const [what, answer] of [
    ['throttling', () => serviceError('ThrottlingException', 400)],
    ['a server error', () => serviceError('InternalServiceFault', 500)],
    ['a refused connection', () => Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['a denial', () => serviceError('AccessDenied', 403)],
    ['a missing region', () => new Error('Region is missing')],
  ] as const) {
    it(`keeps through ${what} what it was given, with its time, and says success`, async () => {
      const { send, fake, clock, ones, results, dropped } = start(answer);
      const recorded = clock.now();
      send(ones(3));
      await clock.settle();
      assert.deepEqual(results, [{ code: 0 }]);
      assert.equal(fake.accepted.length, 0);
      fake.answer = () => undefined;
      await clock.advance(2 * MINUTE);
      assert.equal(sumOf(fake.accepted), 3);
      assert.ok(fake.accepted.every(({ Timestamp }) => Timestamp.getTime() === recorded));
      assert.equal(dropped(), 0);
    });
  }

  it('ends a request that hangs after ten seconds and sends again', async () => {
    const { send, fake, clock, ones, results } = start((_datums, request) => (request === 1 ? 'hang' : undefined));
    send(ones(3));
    await clock.advance(9999);
    assert.equal(fake.aborted, 0);
    assert.deepEqual(results, []);
    await clock.advance(1);
    assert.equal(fake.aborted, 1);
    assert.deepEqual(results, [{ code: 0 }]);
    await clock.advance(MINUTE);
    assert.equal(sumOf(fake.accepted), 3);
  });

  it('halves what is too large', async () => {
    const { send, fake, clock, ones, results } = start((datums) =>
      datums.length > 3 ? serviceError('RequestEntityTooLarge', 413) : undefined,
    );
    send(ones(10));
    await clock.settle();
    assert.equal(sumOf(fake.accepted), 10);
    assert.deepEqual(results, [{ code: 0 }]);
  });

  for (const member of ['MetricData.member', 'EntityMetricData.member.1.MetricData.member']) {
    it(`drops the datum that the service names as ${member}, and nothing else`, async () => {
      const { send, fake, clock, ones, results, exporter } = start((datums) => {
        const bad = datums.findIndex(({ Dimensions }) =>
          Dimensions.some(({ Name, Value }) => Name === 'i' && Value === '7'),
        );
        return bad === -1
          ? undefined
          : serviceError(
              'InvalidParameterValueException',
              400,
              `The value for parameter ${member}.${bad + 1}.Value is invalid.`,
            );
      });
      send(ones(10));
      await clock.settle();
      assert.equal(sumOf(fake.accepted), 9);
      assert.equal(fake.requests, 2);
      assert.equal(results[0]?.code, 1);
      assert.match(results[0]?.error?.message ?? '', /refused/);
      assert.deepEqual(
        exporter.status().counters.find(({ name }) => name === 'dropped'),
        { name: 'dropped', signal: 'metrics', reason: 'refused', value: 1 },
      );
    });
  }

  it('finds a refused datum that the service does not name', async () => {
    const { send, fake, clock, ones } = start(
      (datums) =>
        datums.some(({ Dimensions }) => Dimensions.some(({ Name, Value }) => Name === 'i' && Value === '7'))
          ? serviceError('InvalidParameterValueException', 400, 'something is wrong')
          : undefined,
      { entity: false },
    );
    send(ones(100));
    await clock.settle();
    assert.equal(sumOf(fake.accepted), 99);
    assert.ok(fake.requests <= 15, `${fake.requests} requests`);
  });

  it('says that it failed when it was given something that cannot be published, and publishes the rest', async () => {
    const { send, fake, clock, results, dropped } = start();
    const time = clock.now();
    send(collected([gauge('a', [{ value: Number.NaN, time }]), gauge('b', [{ value: 1, time }])]));
    await clock.settle();
    assert.equal(results[0]?.code, 1);
    assert.equal(fake.accepted.length, 1);
    assert.equal(dropped(), 1);
  });

  it('answers an export in time even when sending takes longer', async () => {
    const { send, clock, ones, results } = start(() => 'hang', { exportTimeout: 5000 });
    send(ones(1));
    await clock.advance(4999);
    assert.deepEqual(results, []);
    await clock.advance(1);
    assert.deepEqual(results, [{ code: 0 }]);
    await clock.advance(MINUTE);
    assert.equal(results.length, 1);
  });

  it('answers an export after 27 seconds unless told otherwise', async () => {
    const clock = new FakeClock();
    const answered = { send: () => new Promise((resolve) => clock.after(9000, () => resolve({}), false)) };
    const client = answered as unknown as FakeClient['client'];
    const { send, results, exporter } = start(undefined, { client, maxSeries: 30_000 }, clock);
    const points = Array.from({ length: 9000 }, (_, i) => ({ value: 1, time: clock.now(), attributes: { i } }));
    send(collected([counter('orders', points)]));
    while (exporter.status().queue.inFlight === 0) await clock.settle();
    const began = clock.now();
    while (clock.now() - began < 26_000) await clock.advance(1000);
    await clock.advance(999);
    assert.deepEqual(results, []);
    await clock.advance(1);
    assert.deepEqual(results, [{ code: 0 }]);
    await clock.advance(30_000);
    assert.equal(results.length, 1);
    assert.equal(exporter.status().counters.find(({ name }) => name === 'sent')?.value, 9000);
  });

  it('has two requests under way at most', async () => {
    const { send, clock, ones, fake, exporter } = start(() => 'hang', { maxSeries: 10_000 });
    send(ones(3000));
    await clock.settle();
    assert.equal(fake.requests, 2);
    assert.equal(exporter.status().queue.inFlight, 2);
  });

  it('holds five thousand datums unless told otherwise, and drops the oldest of more', async () => {
    const { send, clock, ones, exporter, dropped, results } = start(unavailable, {
      maxSeries: 20_000,
      selfMetrics: 'none',
    });
    send(ones(5000));
    while (results.length === 0) await clock.settle();
    assert.deepEqual([exporter.status().queue.items, dropped()], [5000, 0]);
    send(ones(1));
    await clock.settle();
    assert.deepEqual([exporter.status().queue.items, dropped()], [5000, 1]);
  });

  it('holds five megabytes unless told otherwise, and drops the oldest of more', async () => {
    const { send, clock, exporter, dropped } = start(unavailable, { maxSeries: 20_000, selfMetrics: 'none' });
    const wide = (i: number) =>
      Object.fromEntries(Array.from({ length: 20 }, (_, name) => [`a${name}`, String(i).padStart(1000, 'x')]));
    const offer = async (from: number, count: number) => {
      const points = Array.from({ length: count }, (_, i) => ({
        value: 1,
        time: clock.now(),
        attributes: wide(from + i),
      }));
      send(collected([counter('orders', points)]));
      await clock.settle();
    };
    await offer(100, 1);
    const each = exporter.status().queue.bytes;
    const most = Math.floor(5_000_000 / each);
    await offer(101, most - 1);
    assert.deepEqual([exporter.status().queue.bytes, dropped()], [most * each, 0]);
    await offer(100 + most, 1);
    assert.deepEqual([exporter.status().queue.bytes, dropped()], [most * each, 1]);
  });

  for (const [what, age, sent] of [
    ['sends a datum after two hours', 2 * 60 * MINUTE, 1],
    ['does not send a datum a millisecond later than that', 2 * 60 * MINUTE + 1, 0],
  ] as const) {
    it(`${what}, unless told otherwise`, async () => {
      const { send, clock, fake, dropped } = start(unavailable, { selfMetrics: 'none' });
      const pause = 250;
      send(collected([counter('orders', [{ value: 1, time: clock.now() + pause - age }])]));
      await clock.settle();
      fake.answer = () => undefined;
      await clock.advance(pause - 1);
      assert.equal(fake.requests, 1);
      await clock.advance(1);
      assert.deepEqual([fake.accepted.length, dropped()], [sent, 1 - sent]);
    });
  }

  it('never holds a datum for longer than the service takes it', async () => {
    const twoWeeks = 14 * 24 * 60 * MINUTE;
    const { send, clock, fake, dropped, exporter } = start(unavailable, {
      queue: { maxAge: Number.POSITIVE_INFINITY },
      selfMetrics: 'none',
    });
    send(collected([counter('orders', [{ value: 1, time: clock.now() - twoWeeks + MINUTE }])]));
    await clock.settle();
    assert.deepEqual([exporter.status().queue.items, dropped()], [1, 0]);
    await clock.advance(MINUTE);
    fake.answer = () => undefined;
    await clock.advance(2 * MINUTE);
    assert.equal(fake.accepted.length, 0);
    assert.deepEqual(
      exporter.status().counters.find(({ name }) => name === 'dropped'),
      { name: 'dropped', signal: 'metrics', reason: 'expired', value: 1 },
    );
  });

  it('publishes five hundred series unless told otherwise, two hundred parts of one metric', async () => {
    const { send, clock, exporter, fake } = start();
    const parts = (name: string) =>
      counter(
        name,
        Array.from({ length: 600 }, (_, i) => ({ value: 1, time: clock.now(), attributes: { i } })),
      );
    send(collected([parts('a')]));
    await clock.settle();
    assert.equal(fake.accepted.length, 201);
    send(collected([parts('a'), parts('b'), parts('c')]));
    await clock.settle();
    assert.equal(exporter.status().series.active, 500);
    assert.equal(fake.accepted.length, 701);
  });

  describe('with a reader that accumulates', () => {
    /** After the start of any process. */
    const began = Date.UTC(2100, 0, 1);
    const total = (value: number, time: number, series = 1) =>
      collected([
        counter(
          'orders',
          Array.from({ length: series }, (_, i) => ({ value, time, start: began, attributes: { i } })),
          '{order}',
          'cumulative',
        ),
      ]);

    for (const [what, pause, expected] of [
      ['remembers a series for a quarter of an hour', 15 * MINUTE, 3],
      ['forgets a series a millisecond after that', 15 * MINUTE + 1, 8],
    ] as const) {
      it(what, async () => {
        const { send, clock, fake } = start(undefined, { dimensions: 'lite', selfMetrics: 'none' });
        send(total(5, clock.now()));
        await clock.advance(pause);
        send(total(8, clock.now()));
        await clock.settle();
        assert.deepEqual(
          fake.accepted.map(({ Value }) => Value),
          [5, expected],
        );
      });
    }

    for (const [what, series, expected] of [
      ['remembers ten thousand series', 10_000, 20_000],
      ['does not remember one more', 10_001, 30_003],
    ] as const) {
      it(what, async () => {
        const { send, clock, fake, results } = start(undefined, { dimensions: 'lite', selfMetrics: 'none' });
        for (const value of [1, 2]) {
          send(total(value, clock.now(), series));
          while (results.length < value) await clock.settle();
        }
        assert.equal(sumOf(fake.accepted), expected);
      });
    }
  });

  it('survives a callback that throws', async () => {
    const { exporter, clock, ones } = start();
    exporter.export(ones(1), () => {
      throw new Error('not mine');
    });
    await clock.settle();
  });

  it('survives metrics that are no metrics', async () => {
    const { send, results, clock } = start();
    send({} as ResourceMetrics);
    await clock.settle();
    assert.equal(results[0]?.code, 1);
  });

  for (const [what, answer, queue] of [
    ['errors, with room for all', unavailable, {}],
    ['errors, with room for half', unavailable, { maxItems: 150 }],
    ['errors, with a short memory', unavailable, { maxAge: 10 * MINUTE }],
    ['throttling', () => serviceError('ThrottlingException', 400), {}],
    ['silence', () => 'hang' as const, {}],
    ['denials', () => serviceError('AccessDenied', 403), { maxBytes: 20_000 }],
  ] as const) {
    it(`ends an hour of ${what} with what was recorded less what it counted as dropped`, async () => {
      const { send, fake, clock, ones, exporter, dropped, results } = start(answer, { queue, selfMetrics: 'none' });
      let recorded = 0;
      const minutes = async (count: number) => {
        for (let minute = 0; minute < count; minute++) {
          send(ones(5));
          recorded += 5;
          await clock.advance(MINUTE);
        }
      };
      await minutes(60);
      assert.equal(fake.accepted.length, 0);
      fake.answer = () => undefined;
      await minutes(3);
      assert.equal(exporter.status().queue.items, 0);
      assert.equal(sumOf(fake.accepted), recorded - dropped());
      assert.equal(results.length, 63);
      const times = new Set(
        fake.accepted.map(({ Timestamp, Dimensions }) => `${Timestamp.getTime()} ${Dimensions.at(-1)?.Value}`),
      );
      assert.equal(times.size, fake.accepted.length, 'nothing twice, nothing with a later time');
      if (Object.keys(queue).length > 0) assert.ok(dropped() > 0);
      else if (answer() !== 'hang') assert.equal(dropped(), 0);
    });
  }

  it('loses no more than it risks while the service is silent for an hour', async () => {
    const { send, clock, ones, dropped } = start(() => 'hang', { selfMetrics: 'none' });
    for (let minute = 0; minute < 60; minute++) {
      send(ones(5));
      await clock.advance(MINUTE);
    }
    assert.ok(dropped() > 0 && dropped() <= 60, `${dropped()} of 300 dropped`);
  });

  it('asks for deltas, and for levels of up-down counters', () => {
    const { exporter } = start();
    const asked = Object.values(Type).map((type): [InstrumentType, AggregationTemporality] => [
      type,
      exporter.selectAggregationTemporality(type),
    ]);
    const cumulative = asked
      .filter(([, temporality]) => temporality === AggregationTemporality.CUMULATIVE)
      .map(([type]) => type);
    assert.deepEqual(cumulative, [Type.UP_DOWN_COUNTER, Type.OBSERVABLE_UP_DOWN_COUNTER]);
    assert.ok(
      asked.every(
        ([, temporality]) =>
          temporality === AggregationTemporality.CUMULATIVE || temporality === AggregationTemporality.DELTA,
      ),
    );
  });

  it('asks for exponential histograms', () => {
    const { exporter } = start();
    assert.deepEqual(exporter.selectAggregation(Type.HISTOGRAM), {
      type: AggregationType.EXPONENTIAL_HISTOGRAM,
      options: { maxSize: 160, recordMinMax: true },
    });
    assert.deepEqual(exporter.selectAggregation(Type.COUNTER), { type: AggregationType.DEFAULT });
  });
});

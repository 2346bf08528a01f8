import assert from 'node:assert/strict';
import type { Attributes, Histogram } from '@opentelemetry/api';
import { createNoopMeter } from '@opentelemetry/api';
import fc from 'fast-check';
import { MAX_READINGS_PER_SECOND, SampledRequests } from '../../src/host/request-readings.js';
import { traceRatio } from '../../src/host/trace-ratio.js';
import { type Clock, type FakeProcess, MIB, release, sample } from './fixture.js';
import { kubernetes } from './layouts.js';

const hex = (value: bigint): string => value.toString(16).padStart(14, '0');
const traceId = (last56: bigint): string => `6f3c9a7e0b1d24588a${hex(last56)}`;
const never = (): number => 1;

describe('host: which requests are read', () => {
  it('is told by the last 56 bits of the trace id, below the ratio', () => {
    for (const ratio of [0.1, 0.5, 0.25, 0.001, 1 / 3, 2 ** -56, 1 - 2 ** -53]) {
      const isChosen = traceRatio(ratio, never);
      const first = BigInt(Math.ceil(ratio * 2 ** 56));
      assert.equal(isChosen(traceId(first - 1n)), true, `last below ${ratio}`);
      if (first < 2n ** 56n) assert.equal(isChosen(traceId(first)), false, `first not below ${ratio}`);
    }
  });

  it('agrees with the arithmetic for every id and ratio', () => {
    const id = fc.bigInt({ min: 0n, max: 2n ** 56n - 1n });
    fc.assert(
      fc.property(id, fc.double({ min: 2 ** -56, max: 1, maxExcluded: true, noNaN: true }), (value, ratio) => {
        const below = value < BigInt(Math.ceil(ratio * 2 ** 56));
        assert.equal(traceRatio(ratio, never)(traceId(value)), below);
      }),
    );
  });

  it('includes at a higher ratio all that it includes at a lower one', () => {
    const ratio = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 56n - 1n }), ratio, ratio, (value, a, b) => {
        if (traceRatio(Math.min(a, b), never)(traceId(value)))
          assert.equal(traceRatio(Math.max(a, b), never)(traceId(value)), true);
      }),
    );
  });

  it('is none at 0 and all at 1', () => {
    for (const ratio of [0, -1, Number.NaN]) assert.equal(traceRatio(ratio, () => 0)(traceId(0n)), false);
    assert.equal(traceRatio(1, never)(traceId(2n ** 56n - 1n)), true);
    assert.equal(traceRatio(1, never)(undefined), true);
  });

  it('is random without a valid id', () => {
    for (const id of [undefined, '', 'abc', '0'.repeat(32)]) {
      assert.equal(traceRatio(0.1, () => 0.0999)(id), true, String(id));
      assert.equal(traceRatio(0.1, () => 0.1)(id), false, String(id));
    }
  });
});

interface Recorded {
  readonly name: string;
  readonly value: number;
  readonly attributes: Attributes | undefined;
}

class RecordingMeter {
  readonly recorded: Recorded[] = [];
  readonly meter = Object.assign(createNoopMeter(), {
    createHistogram: (name: string): Histogram => ({
      record: (value: number, attributes?: Attributes) => void this.recorded.push({ name, value, attributes }),
    }),
  });

  values(): Record<string, number> {
    return Object.fromEntries(this.recorded.map(({ name, value }) => [name.replace('monitoring.request.', ''), value]));
  }
}

function requests(options: { inFlight?: (() => number) | undefined; ratio?: number } = {}): {
  readings: SampledRequests;
  recording: RecordingMeter;
  clock: Clock;
  fake: FakeProcess;
} {
  const { sampler, clock, fake } = sample(kubernetes);
  const recording = new RecordingMeter();
  const inFlight = 'inFlight' in options ? options.inFlight : () => 1;
  const readings = new SampledRequests(recording.meter, sampler, options.ratio ?? 1, inFlight);
  return { readings, recording, clock, fake };
}

const request = { route: '/users/:id', method: 'GET' };

describe('host: readings of a request', () => {
  afterEach(release);

  const begin = (readings: SampledRequests) => {
    const reading = readings.begin(undefined);
    assert.ok(reading);
    return reading;
  };

  it('are what the process used while it was in flight, by route and on its span', () => {
    const { readings, recording, clock, fake } = requests();
    const reading = begin(readings);
    fake.cpu += 0.012;
    fake.heap.used += 3 * MIB;
    clock.pass(2000);
    clock.block(120);
    const attributes = readings.end(reading, request);
    const values = recording.values();
    assert.equal(values['process_cpu.time'], 0.012);
    assert.equal(values['heap.growth'], 3 * MIB);
    assert.equal(values['eventloop.delay']?.toFixed(6), (0.1 / 101).toFixed(6));
    assert.equal(values.in_flight, 1);
    for (const { attributes: by } of recording.recorded) {
      assert.deepEqual(by, {
        'http.route': '/users/:id',
        'http.request.method': 'GET',
        'monitoring.request.exclusive': true,
      });
    }
    assert.equal(attributes['monitoring.request.process_cpu.time'], 0.012);
    assert.equal(attributes['monitoring.request.exclusive'], true);
    assert.equal(attributes['container.memory.utilization'], 280_000_000 / (512 * MIB));
    assert.equal(attributes['container.cpu.utilization'], 0);
  });

  it('are not shared between requests: each difference is read fresh', () => {
    const { readings, recording, fake } = requests();
    for (const cpu of [0.001, 0.002]) {
      const reading = begin(readings);
      fake.cpu += cpu;
      readings.end(reading, request);
    }
    const times = recording.recorded
      .filter(({ name }) => name.endsWith('cpu.time'))
      .map(({ value }) => value.toFixed(4));
    assert.deepEqual(times, ['0.0010', '0.0020']);
  });

  it('count a blockage that the request itself caused, though the loop has not come round yet', () => {
    const { readings, recording, clock } = requests();
    const reading = begin(readings);
    clock.blockWithoutTimers(520);
    readings.end(reading, request);
    assert.equal(recording.values()['eventloop.delay'], 0.5);
  });

  it('leave out a delay of which nothing is known: no timer fell due in the time', () => {
    const { readings, recording, clock } = requests();
    const reading = begin(readings);
    clock.blockWithoutTimers(5);
    const attributes = readings.end(reading, request);
    assert.equal(recording.values()['eventloop.delay'], undefined);
    assert.equal(attributes['monitoring.request.eventloop.delay'], undefined);
  });

  it('leave out heap growth when a collection made it negative', () => {
    const { readings, recording, fake } = requests();
    const reading = begin(readings);
    fake.heap.used -= 1;
    readings.end(reading, request);
    assert.equal(recording.values()['heap.growth'], undefined);
  });

  it('are exclusive only without another request at the start or meanwhile, one that is not read included', () => {
    const exclusive = (inFlight: number, meanwhile: boolean): unknown => {
      const { readings } = requests({ inFlight: () => inFlight, ratio: 0.5 });
      const reading = readings.begin(traceId(0n));
      assert.ok(reading);
      if (meanwhile) assert.equal(readings.begin(traceId(2n ** 56n - 1n)), undefined);
      return readings.end(reading, request)['monitoring.request.exclusive'];
    };
    assert.equal(exclusive(1, false), true);
    assert.equal(exclusive(2, false), false);
    assert.equal(exclusive(1, true), false);
  });

  it('claim nothing about concurrency when nobody counts it', () => {
    const { readings, recording } = requests({ inFlight: undefined });
    const attributes = readings.end(begin(readings), request);
    assert.equal(recording.values().in_flight, undefined);
    assert.equal(attributes['monitoring.request.exclusive'], undefined);
    assert.equal('monitoring.request.exclusive' in (recording.recorded[0]?.attributes ?? {}), false);
  });

  it('are recorded once however often the request ends', () => {
    const { readings, recording } = requests();
    const reading = begin(readings);
    readings.end(reading, request);
    const { length } = recording.recorded;
    assert.deepEqual(readings.end(reading, request), {});
    assert.equal(recording.recorded.length, length);
  });

  /** How many of so many chosen requests, one every `pause` ms, are read. */
  const countRead = (ratio: number, arrivals: number, pause: number): number => {
    const { readings, clock } = requests({ ratio });
    let read = 0;
    for (let i = 0; i < arrivals; i += 1) {
      if (readings.begin(traceId(0n)) !== undefined) read += 1;
      clock.pass(pause);
    }
    return read;
  };

  it('are taken of all that the ratio chooses while those come no faster than the bound', () => {
    assert.equal(countRead(0.5, 100, 1000 / MAX_READINGS_PER_SECOND), 100);
  });

  it('are taken at the bound when more are chosen, and a few at once', () => {
    const seconds = 10;
    const read = countRead(0.5, seconds * 1000, 1);
    assert.ok(Math.abs(read - seconds * MAX_READINGS_PER_SECOND) <= 5, `${read} in ${seconds} s`);
    assert.equal(countRead(0.5, 100, 0), 5);
  });

  it('are taken of every request, however fast they come, at ratio 1', () => {
    assert.equal(countRead(1, 100, 0), 100);
  });

  it('of an unread request touch nothing', () => {
    const { readings, recording } = requests({
      ratio: 0,
      inFlight: () => assert.fail('counted'),
    });
    assert.equal(readings.begin(traceId(0n)), undefined);
    assert.deepEqual(recording.recorded, []);
  });
});

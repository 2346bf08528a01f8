import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  arrange,
  BATCH_LIMITS,
  type InputEvent,
  leading,
  MAX_BATCH_SPAN,
  MAX_EVENT_AGE,
  MAX_EVENT_AHEAD,
  rejectedOf,
  sizeOf,
} from '../../../exporters/cloudwatch-logs/batching.js';
import { NOW } from './records.js';

const event = (timestamp: number, bytes = 100): InputEvent => ({ timestamp, message: String(timestamp), bytes });
const events = (count: number, bytes = 100) => Array.from({ length: count }, () => event(NOW, bytes));

describe('batching of log events', () => {
  it('takes 10 000 events and not one more', () => {
    assert.equal(leading(events(10_000, 1), NOW), 10_000);
    assert.equal(leading(events(10_001, 1), NOW), 10_000);
  });

  it('takes 1 048 576 bytes, 26 for each event among them, and not one more', () => {
    const half = 1_048_576 / 2 - 26;
    assert.equal(leading([event(NOW, half), event(NOW, half)], NOW), 2);
    assert.equal(leading([event(NOW, half), event(NOW, half + 1)], NOW), 1);
  });

  it('takes 24 hours and not a millisecond more, whichever event comes first', () => {
    assert.equal(leading([event(NOW - MAX_BATCH_SPAN), event(NOW)], NOW), 2);
    assert.equal(leading([event(NOW - MAX_BATCH_SPAN - 1), event(NOW)], NOW), 1);
    assert.equal(leading([event(NOW), event(NOW - MAX_BATCH_SPAN - 1)], NOW), 1);
    assert.equal(leading([event(NOW - 1000), event(NOW - MAX_BATCH_SPAN), event(NOW + 1000)], NOW), 2);
  });

  it('takes one event that is over the size, for the service to refuse', () => {
    assert.equal(leading([event(NOW, 2_000_000), event(NOW)], NOW), 1);
  });

  it('takes along, without weight, what is refused for its time', () => {
    assert.equal(leading([event(NOW - MAX_EVENT_AGE - 1, 2_000_000), event(NOW), event(NOW)], NOW), 3);
  });

  it('sets aside what is older than 14 days or more than 2 hours ahead', () => {
    const given = [NOW - MAX_EVENT_AGE - 1, NOW - MAX_EVENT_AGE, NOW + MAX_EVENT_AHEAD, NOW + MAX_EVENT_AHEAD + 1];
    const { events, positions, refused } = arrange(
      given.map((time) => event(time)),
      NOW,
    );
    assert.deepEqual(positions, [1, 2]);
    assert.equal(events.length, 2);
    assert.deepEqual(refused, [
      { index: 0, reason: 'too_old' },
      { index: 3, reason: 'too_new' },
    ]);
  });

  it('puts events in the order of time and keeps the order of those of the same time', () => {
    const given = [event(NOW + 2), { ...event(NOW), message: 'a' }, event(NOW - 1), { ...event(NOW), message: 'b' }];
    const { events, positions } = arrange(given, NOW);
    assert.deepEqual(positions, [2, 1, 3, 0]);
    assert.deepEqual(
      events.map(({ message }) => message),
      [String(NOW - 1), 'a', 'b', String(NOW + 2)],
    );
  });

  it('cuts any events into valid requests that lose none', () => {
    const limits = { maxEvents: 7, maxBytes: 1000, maxSpan: 5000 };
    const anyEvent = fc.record({
      timestamp: fc.oneof(fc.integer({ min: NOW - 20_000, max: NOW }), fc.constant(NOW - MAX_EVENT_AGE - 5)),
      message: fc.constant('x'),
      bytes: fc.integer({ min: 1, max: 900 }),
    });
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (given) => {
        let rest = given;
        while (rest.length > 0) {
          const count = leading(rest, NOW, limits);
          assert.ok(count >= 1);
          const { events, refused } = arrange(rest.slice(0, count), NOW);
          assert.equal(events.length + refused.length, count);
          assert.ok(events.length <= limits.maxEvents);
          assert.ok(events.reduce((sum, e) => sum + sizeOf(e), 0) <= limits.maxBytes || events.length === 1);
          assert.ok((events.at(-1)?.timestamp ?? 0) - (events[0]?.timestamp ?? 0) <= limits.maxSpan);
          assert.ok(events.every((e, i) => i === 0 || (events[i - 1]?.timestamp ?? 0) <= e.timestamp));
          rest = rest.slice(count);
        }
      }),
    );
  });

  it('has the limits of the service', () => {
    assert.deepEqual(BATCH_LIMITS, { maxEvents: 10_000, maxBytes: 1_048_576, maxSpan: 86_400_000 });
  });
});

describe('rejected ranges', () => {
  const rejected = (...args: Parameters<typeof rejectedOf>) =>
    rejectedOf(...args).map(({ index, reason }) => `${index} ${reason}`);

  it('reads the end index of too old events as exclusive', () => {
    assert.deepEqual(rejected({ tooOldLogEventEndIndex: 2 }, 5), ['0 too_old', '1 too_old']);
    assert.deepEqual(rejected({ tooOldLogEventEndIndex: 0 }, 5), []);
  });

  it('reads the start index of too new events as inclusive', () => {
    assert.deepEqual(rejected({ tooNewLogEventStartIndex: 3 }, 5), ['3 too_new', '4 too_new']);
    assert.deepEqual(rejected({ tooNewLogEventStartIndex: 0 }, 2), ['0 too_new', '1 too_new']);
    assert.deepEqual(rejected({ tooNewLogEventStartIndex: 5 }, 5), []);
  });

  it('counts what is both too old and expired once', () => {
    assert.deepEqual(
      rejected({ tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 2, tooNewLogEventStartIndex: 3 }, 4),
      ['0 too_old', '1 expired', '3 too_new'],
    );
    assert.deepEqual(rejected({ tooOldLogEventEndIndex: 2, expiredLogEventEndIndex: 1 }, 4), [
      '0 too_old',
      '1 too_old',
    ]);
  });

  it('survives indices outside the request, and an answer without any', () => {
    assert.equal(rejected({ tooOldLogEventEndIndex: 99 }, 3).length, 3);
    assert.equal(rejected({ tooNewLogEventStartIndex: -1 }, 3).length, 3);
    assert.deepEqual(rejected({}, 3), []);
    assert.deepEqual(rejected(undefined, 3), []);
  });
});

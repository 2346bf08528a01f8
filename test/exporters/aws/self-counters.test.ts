import assert from 'node:assert/strict';
import { counterChanges, SelfCounters } from '../../../exporters/aws/self-counters.js';

describe('SelfCounters', () => {
  it('adds up by name, signal and reason', () => {
    const counters = new SelfCounters();
    counters.add('dropped', 'metrics', 'overflow', 2);
    counters.add('dropped', 'metrics', 'overflow');
    counters.add('dropped', 'logs', 'expired', 5);
    assert.equal(counters.total('dropped'), 8);
    assert.equal(counters.total('dropped', 'metrics'), 3);
    assert.equal(counters.total('dropped', 'metrics', 'expired'), 0);
    assert.deepEqual(counters.readings(), [
      { name: 'dropped', signal: 'metrics', reason: 'overflow', value: 3 },
      { name: 'dropped', signal: 'logs', reason: 'expired', value: 5 },
    ]);
  });

  it('has no reading that is zero', () => {
    const counters = new SelfCounters();
    counters.add('sent', 'metrics', '', 0);
    assert.deepEqual(counters.readings(), []);
  });

  it('tells what changed between two readings', () => {
    const counters = new SelfCounters();
    counters.add('sent', 'metrics', '', 10);
    counters.add('failed', 'metrics', 'retry');
    const before = counters.readings();
    counters.add('sent', 'metrics', '', 5);
    counters.add('retries', 'metrics', 'retry');
    assert.deepEqual(counterChanges(before, counters.readings()), [
      { name: 'sent', signal: 'metrics', reason: '', value: 5 },
      { name: 'retries', signal: 'metrics', reason: 'retry', value: 1 },
    ]);
  });
});

import assert from 'node:assert/strict';
import { DEFAULT_SAMPLING } from '../../src/pricing/traffic.js';
import type { CallRecord } from '../../src/studio/store/journal.js';
import { Store } from '../../src/studio/store/store.js';
import { EVER } from '../../src/studio/time-range.js';
import { NOTHING_FORESEEN } from '../../src/studio/views/foreseen-series.js';
import { describeOverview } from '../../src/studio/views/overview.js';
import { describePipeline } from '../../src/studio/views/pipeline.js';

const PRODUCTION = { sampling: DEFAULT_SAMPLING, foreseen: NOTHING_FORESEEN };
const T0 = Date.UTC(2026, 10, 22, 12);
const NOT_FOUND = 'ResourceNotFoundException';

function storeWith(...calls: readonly { action: string; error?: string; service?: 'logs' | 'xray' }[]): Store {
  const store = new Store(1024 * 1024);
  for (const [index, { action, error, service = 'logs' }] of calls.entries()) {
    const status = error === undefined ? 200 : 400;
    const call: CallRecord = {
      id: String(index),
      at: T0 + index,
      service,
      action,
      status,
      items: 1,
      wireBytes: 1,
      bytes: 1,
      durationMs: 1,
      signed: true,
      ...(error === undefined ? {} : { error }),
    };
    store.calls.push(call);
    if (error !== undefined) {
      store.refuse({ at: call.at, service, action, code: error, message: 'it is not there', status, items: 1 });
    }
  }
  return store;
}

const CREATED = [
  { action: 'PutLogEvents', error: NOT_FOUND },
  { action: 'CreateLogStream', error: NOT_FOUND },
  { action: 'CreateLogGroup', error: 'ResourceAlreadyExistsException' },
  { action: 'CreateLogStream' },
];

describe('A refusal', () => {
  it('is not shown as one when it leads to a log group that is made on demand', () => {
    const store = storeWith(...CREATED, { action: 'PutLogEvents' });
    const { refused, madeOnDemand, actions, calls } = describePipeline(store);
    assert.deepEqual([refused, madeOnDemand], [[], 3]);
    assert.deepEqual(
      actions.map(({ failed, lastError }) => [failed, lastError]),
      actions.map(() => [0, null]),
    );
    assert.equal(calls.filter(({ expected }) => expected).length, 3);
    assert.equal(describeOverview(store, EVER, { now: T0, production: PRODUCTION }).refused, 0);
  });

  it('is shown when nobody makes the group afterwards, or another service refuses', () => {
    const missing = storeWith(...CREATED, { action: 'PutLogEvents', error: NOT_FOUND });
    assert.equal(describePipeline(missing).refused.length, 1);
    assert.equal(describeOverview(missing, EVER, { now: T0, production: PRODUCTION }).refused, 1);
    const elsewhere = storeWith(...CREATED, { action: 'PutSpans', error: NOT_FOUND, service: 'xray' });
    assert.equal(describePipeline(elsewhere).refused.length, 1);
  });
});

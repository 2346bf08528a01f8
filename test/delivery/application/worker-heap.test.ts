import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { WORKER_LIMITS } from '../../../src/delivery/application/worker-heap.js';

const MIB = 1_048_576;
const CODE = `
  const { parentPort, resourceLimits } = require('node:worker_threads');
  const { heap_size_limit: sum } = require('node:v8').getHeapStatistics();
  parentPort.postMessage({ sum, young: resourceLimits.maxYoungGenerationSizeMb * ${MIB} });
`;

/** Bytes, as the thread itself sees them. */
async function sumOfBothGenerations(limits?: ResourceLimits): Promise<{ sum: number; young: number }> {
  const worker = new Worker(CODE, { eval: true, execArgv: [], ...(limits && { resourceLimits: limits }) });
  const [message] = await once(worker, 'message');
  return message;
}

describe("the worker's heap", () => {
  it('has the old generation that a thread has by default, and a young one of its own', async () => {
    const [byDefault, limited] = await Promise.all([sumOfBothGenerations(), sumOfBothGenerations(WORKER_LIMITS)]);
    assert.equal(limited.young, WORKER_LIMITS.maxYoungGenerationSizeMb * MIB);
    assert.ok(limited.young < byDefault.young);
    assert.equal(limited.sum - limited.young, byDefault.sum - byDefault.young);
  });
});

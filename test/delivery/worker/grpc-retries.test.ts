import assert from 'node:assert/strict';
import { Metadata, status } from '@grpc/grpc-js';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { RetryingGrpcExporter, retryDelay } from '../../../src/delivery/worker/grpc-retries.js';

/** `google.rpc.Status` with one detail, an `Any` of the type and the bytes. */
function details(type: string, value: number[]): Buffer {
  const name = Buffer.from(`type.googleapis.com/google.rpc.${type}`);
  const any = [0x0a, name.length, ...name, 0x12, value.length, ...value];
  return Buffer.from([0x08, 14, 0x1a, any.length, ...any]);
}
/** 2.5 s: `retry_delay { seconds: 2 nanos: 500000000 }`. */
const RETRY_INFO = details('RetryInfo', [0x0a, 8, 0x08, 2, 0x10, 0x80, 0xca, 0xb5, 0xee, 0x01]);

function failure(code: number, delay?: Buffer): ExportResult {
  const metadata = new Metadata();
  if (delay !== undefined) metadata.set('grpc-status-details-bin', delay);
  return { code: ExportResultCode.FAILED, error: Object.assign(new Error(`${code}`), { code, metadata }) };
}
const SUCCESS: ExportResult = { code: ExportResultCode.SUCCESS };

/** An exporter that answers in turn, the last answer again and again, and a clock that moves on when it is waited for. */
function stage(answers: ExportResult[], { timeout = 10_000, random = 0.5 } = {}) {
  let now = 0;
  const waits: number[] = [];
  const batches: string[] = [];
  const exporter = {
    export(batch: string, done: (result: ExportResult) => void) {
      batches.push(batch);
      done((answers.length > 1 ? answers.shift() : answers[0]) ?? SUCCESS);
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const clock = {
    now: () => now,
    setTimeout(callback: () => void, milliseconds: number) {
      waits.push(milliseconds);
      now += milliseconds;
      setImmediate(callback);
    },
    random: () => random,
  };
  const retrying = new RetryingGrpcExporter(exporter, timeout, clock);
  const send = () => new Promise<ExportResult>((resolve) => retrying.export('batch', resolve));
  return { send, retrying, waits, batches };
}

describe('a gRPC exporter', () => {
  for (const name of [
    'CANCELLED',
    'ABORTED',
    'OUT_OF_RANGE',
    'UNAVAILABLE',
    'DATA_LOSS',
    'DEADLINE_EXCEEDED',
  ] as const) {
    it(`tries again after ${name}`, async () => {
      const { send, batches, waits } = stage([failure(status[name]), SUCCESS]);
      assert.deepEqual(await send(), SUCCESS);
      assert.deepEqual([batches, waits], [['batch', 'batch'], [1000]]);
    });
  }

  for (const name of [
    'UNKNOWN',
    'INVALID_ARGUMENT',
    'NOT_FOUND',
    'ALREADY_EXISTS',
    'PERMISSION_DENIED',
    'FAILED_PRECONDITION',
    'UNIMPLEMENTED',
    'INTERNAL',
    'UNAUTHENTICATED',
    'RESOURCE_EXHAUSTED',
  ] as const) {
    it(`does not try again after ${name}`, async () => {
      const { send, batches } = stage([failure(status[name])]);
      assert.equal((await send()).error?.message, String(status[name]));
      assert.equal(batches.length, 1);
    });
  }

  it('waits as long as the receiver asks, after RESOURCE_EXHAUSTED too', async () => {
    for (const code of [status.RESOURCE_EXHAUSTED, status.UNAVAILABLE]) {
      const { send, waits } = stage([failure(code, RETRY_INFO), SUCCESS]);
      assert.deepEqual(await send(), SUCCESS);
      assert.deepEqual(waits, [2500]);
    }
  });

  it('waits longer each time, 5 s at most, and tries six times', async () => {
    const { send, waits, batches } = stage([failure(status.UNAVAILABLE)], { timeout: 3_600_000 });
    assert.equal((await send()).code, ExportResultCode.FAILED);
    assert.deepEqual(waits, [1000, 1500, 2250, 3375, 5000]);
    assert.equal(batches.length, 6);
  });

  it('varies its delays by a fifth', async () => {
    const least = stage([failure(status.UNAVAILABLE), SUCCESS], { random: 0 });
    await least.send();
    const most = stage([failure(status.UNAVAILABLE), SUCCESS], { random: 1 });
    await most.send();
    assert.deepEqual([least.waits, most.waits], [[800], [1200]]);
  });

  for (const [timeout, attempts] of [
    [1000, 2],
    [999, 1],
  ] as const) {
    it(`tries ${attempts} times within ${timeout} ms`, async () => {
      const { send, batches } = stage([failure(status.UNAVAILABLE)], { timeout });
      await send();
      assert.equal(batches.length, attempts);
    });
  }

  it('does not try again what failed before gRPC', async () => {
    const { send, batches } = stage([{ code: ExportResultCode.FAILED, error: new Error('Nothing to send') }]);
    await send();
    assert.equal(batches.length, 1);
  });

  it('passes on what the exporter throws', async () => {
    const thrower = {
      export: () => {
        throw new Error('broken');
      },
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const result = await new Promise<ExportResult>((resolve) =>
      new RetryingGrpcExporter(thrower, 1).export('x', resolve),
    );
    assert.equal(result.error?.message, 'broken');
  });

  it('flushes what waits for another attempt', async () => {
    const { retrying, send } = stage([failure(status.UNAVAILABLE), SUCCESS]);
    const order: string[] = [];
    void send().then(() => order.push('sent'));
    await retrying.forceFlush();
    order.push('flushed');
    assert.deepEqual(order, ['sent', 'flushed']);
  });

  it('has 30 batches wait at once, and no more', async () => {
    let answered = 0;
    const open: (() => void)[] = [];
    const exporter = {
      export: (_batch: number, done: (result: ExportResult) => void) => done(failure(status.UNAVAILABLE)),
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    const clock = { now: () => 0, setTimeout: (callback: () => void) => open.push(callback), random: () => 0.5 };
    const retrying = new RetryingGrpcExporter<number>(exporter, 1000, clock);
    for (let batch = 0; batch < 31; batch++) retrying.export(batch, () => (answered += 1));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([open.length, answered], [30, 1]);
  });
});

describe('retryDelay', () => {
  it('is that of RetryInfo, and of nothing else', () => {
    assert.equal(retryDelay(RETRY_INFO), 2500);
    assert.equal(retryDelay(details('RetryInfo', [])), 0);
    assert.equal(retryDelay(details('DebugInfo', [0x0a, 2, 0x08, 2])), undefined);
    assert.equal(retryDelay(undefined), undefined);
    assert.equal(retryDelay('text'), undefined);
    assert.equal(retryDelay(Buffer.from([0x1a, 200, 1])), undefined);
  });
});

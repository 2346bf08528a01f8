import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Context, context, metrics, ROOT_CONTEXT, type TracerProvider, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { TracerProvider as SdkTracerProvider } from '@opentelemetry/sdk-trace';
import { driversFolder } from '../../scripts/drivers.mjs';
import { CallDurations } from '../../src/instrumentation/durations/call-durations.js';
import { timedTracerProvider } from '../../src/instrumentation/durations/timed-tracer-provider.js';
import { InstrumentAggregate } from '../../src/metrics/instrument-aggregate.js';
import { RequestTracerProvider } from '../../src/requests/request-tracer-provider.js';
import { UnsampledSpan } from '../../src/requests/unsampled-span.js';

/*
 * What the duration of a call costs: `GET` by ioredis over loopback, the server in the same process, with the metric and
 * without by turns. CPU time of the process a call, median of the rounds.   npx tsx bench/durations/run.ts
 */

const ROUNDS = 60;
const CALLS = 4000;
/** Calls at a time. */
const CONCURRENCY = 100;

type Ways = 'off' | 'on';

async function main(): Promise<void> {
  const folder = driversFolder('databases');
  if (folder instanceof Error) throw folder;
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  const noop = { onStart() {}, onEnd() {}, async forceFlush() {}, async shutdown() {} };
  const tracers = new RequestTracerProvider(new SdkTracerProvider({ spanProcessors: [noop] }));
  const aggregate = new InstrumentAggregate({
    others: metrics,
    flush: async () => {},
    startTime: [0, 0],
    temporality: 'delta',
  });
  const client = { metrics: ['db.client.operation.duration'], by: 'spans', connectSpan: 'connect' } as const;
  const providers: Record<Ways, TracerProvider> = {
    off: tracers,
    on: timedTracerProvider(tracers, new CallDurations(aggregate), client),
  };
  const instrumentation = new IORedisInstrumentation({ requireParentSpan: false });
  const Redis = createRequire(join(folder, 'package.json'))('ioredis') as new (
    options: object,
  ) => {
    get(key: string): Promise<string>;
    disconnect(): void;
  };
  const server = createServer((socket) => {
    socket.on('data', (data) => socket.write('$1\r\nv\r\n'.repeat(data.toString().split('*2\r\n').length - 1)));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  const redis = new Redis({ port, host: '127.0.0.1', enableReadyCheck: false, disableClientInfo: true });

  const parents: Record<string, () => Context> = {
    unsampled: () => trace.setSpan(ROOT_CONTEXT, new UnsampledSpan('1'.repeat(32), () => '2'.repeat(16), undefined)),
    sampled: () => trace.setSpan(ROOT_CONTEXT, tracers.getTracer('bench').startSpan('request')),
  };
  for (const [name, parent] of Object.entries(parents)) {
    const costs: Record<Ways, number[]> = { off: [], on: [] };
    for (let round = -5; round < ROUNDS; round++) {
      for (const way of round % 2 === 0 ? (['off', 'on'] as const) : (['on', 'off'] as const)) {
        instrumentation.setTracerProvider(providers[way]);
        const cost = await context.with(parent(), () => costOfCalls(redis));
        if (round >= 0) costs[way].push(cost);
      }
      aggregate.collect([1, 0]);
    }
    const differences = costs.on.map((cost, round) => cost - (costs.off[round] ?? cost));
    console.log(`${name}: ${ns(costs.off)} ns a call without, ${ns(costs.on)} with; difference ${ns(differences)} ns`);
  }
  redis.disconnect();
  server.close();
}

/** Nanoseconds of CPU time a call. */
async function costOfCalls(redis: { get(key: string): Promise<string> }): Promise<number> {
  const before = process.cpuUsage();
  for (let call = 0; call < CALLS; call += CONCURRENCY) {
    await Promise.all(Array.from({ length: CONCURRENCY }, () => redis.get('k')));
  }
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / CALLS;
}

function ns(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[sorted.length >> 1] ?? Number.NaN);
}

void main();

import assert from 'node:assert/strict';
import { context, defaultTextMapSetter, propagation, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { AlwaysOffSampler, AlwaysOnSampler, ParentBasedSampler, type Sampler } from '@opentelemetry/sdk-trace';
import { recordOf } from '../../src/requests/request-record.js';
import { createSampling } from '../../src/tracing/create-sampler.js';
import { createPropagator } from '../../src/tracing/propagation.js';
import { rootTraceId } from '../../src/tracing/xray-propagator.js';
import { get, until, watchPerTest } from './watched-servers.js';

const TRACE_ID = '65f0c0de0123456789abcdef01234567';
const SPAN_ID = '0123456789abcdef';

describe('the server layer and the sampling decision', () => {
  const suite = watchPerTest();
  const { start, app, ended } = suite;

  describe('a request that is not sampled', () => {
    const off = new ParentBasedSampler({ root: new AlwaysOffSampler() });

    it('has valid ids, is not recorded and is measured all the same', async () => {
      start({ sampler: off });
      let ids: unknown[] = [];
      const client = await app((req, res) => {
        const span = trace.getActiveSpan();
        const child = suite.watched.provider.getTracer('test').startSpan('child');
        ids = [span?.isRecording(), span?.spanContext() === recordOf(req)?.spanContext, child.isRecording()];
        assert.match(span?.spanContext().traceId ?? '', /^[\da-f]{32}$/);
        assert.match(span?.spanContext().spanId ?? '', /^[\da-f]{16}$/);
        assert.equal(span?.spanContext().traceFlags, TraceFlags.NONE);
        assert.equal(child.spanContext().traceId, span?.spanContext().traceId);
        res.end();
      });
      client.send(get('/'));
      await client.answers(1);
      await until(() => suite.watched.aggregate.inFlight() === 0);
      assert.deepEqual(ids, [false, true, false]);
      assert.equal(suite.watched.spans().length, 0);
      assert.equal(suite.watched.durations()[0]?.value.count, 1);
    });

    it('stays in the trace of its caller, with the caller’s trace state and baggage', async () => {
      start({ sampler: off });
      let handed: Record<string, string> = {};
      let tenant: string | undefined;
      const client = await app((_req, res) => {
        const ctx = context.active();
        tenant = propagation.getBaggage(ctx)?.getEntry('tenant')?.value;
        const { traceId, traceFlags, traceState } = trace.getSpanContext(ctx) ?? {};
        handed = { traceId: `${traceId}`, flags: `${traceFlags}`, state: `${traceState?.serialize()}` };
        res.end();
      });
      client.send(get('/', `traceparent: 00-${TRACE_ID}-${SPAN_ID}-00`, 'tracestate: a=b', 'baggage: tenant=blue'));
      await client.answers(1);
      assert.deepEqual(handed, { traceId: TRACE_ID, flags: '0', state: 'a=b' });
      assert.equal(tenant, 'blue');
    });
  });

  describe('a request whose header has a root and a decision, and no parent', () => {
    const root = '1-65f0c0de-0123456789abcdef01234567';
    for (const { name, sent, sampled } of [
      { name: 'parentbased_always_on', sent: `Root=${root};Sampled=0`, sampled: false },
      { name: 'parentbased_always_on', sent: `Sampled=0;Root=${root}`, sampled: false },
      { name: 'parentbased_always_off', sent: `Root=${root};Sampled=1`, sampled: true },
      { name: 'parentbased_reservoir', sent: `Root=${root};Sampled=1`, sampled: true },
      { name: 'xray', sent: `Root=${root};Sampled=1`, sampled: true },
      { name: 'parentbased_always_on', sent: `Root=${root};Sampled=?`, sampled: true },
      { name: 'parentbased_always_off', sent: `Root=${root}`, sampled: false },
      { name: 'always_on', sent: `Root=${root};Sampled=0`, sampled: true },
      { name: 'always_off', sent: `Root=${root};Sampled=1`, sampled: false },
    ] as const) {
      it(`is ${sampled ? '' : 'not '}sampled by ${name} with ${sent.replace(root, '…')}, and hands that on`, async () => {
        const { sampler } = createSampling({ name, ratio: 0, reservoirPerSecond: 0 }, { name: 'shop' }, () => 0);
        start({ sampler, rootTraceId });
        const handed: Record<string, string> = {};
        const client = await app((_req, res) => {
          createPropagator(['xray']).inject(context.active(), handed, defaultTextMapSetter);
          res.end();
        });
        client.send(get('/', `X-Amzn-Trace-Id: ${sent}`));
        await client.answers(1);
        await until(() => suite.watched.aggregate.inFlight() === 0);
        assert.equal(suite.watched.spans().length, sampled ? 1 : 0);
        const [, flag] =
          new RegExp(`^Root=${root};Parent=[0-9a-f]{16};Sampled=([01])$`).exec(handed['x-amzn-trace-id'] ?? '') ?? [];
        assert.equal(flag, sampled ? '1' : '0');
      });
    }
  });

  describe('a request that is sampled', () => {
    it('is the child of its caller’s span', async () => {
      start({ sampler: new ParentBasedSampler({ root: new AlwaysOffSampler() }) });
      const client = await app((_req, res) => res.end());
      client.send(get('/', `X-Amzn-Trace-Id: Root=1-65f0c0de-0123456789abcdef01234567;Parent=${SPAN_ID};Sampled=1`));
      await ended(1);
      const [span] = suite.watched.spans();
      assert.equal(span?.spanContext().traceId, TRACE_ID);
      assert.equal(span?.parentSpanContext?.spanId, SPAN_ID);
      assert.equal(span?.parentSpanContext?.isRemote, true);
    });

    it('has the trace id that the decision was taken on', async () => {
      const asked: string[] = [];
      const sampler: Sampler = {
        shouldSample(_context, traceId) {
          asked.push(traceId);
          return new AlwaysOnSampler().shouldSample();
        },
        toString: () => 'asked',
      };
      start({ sampler });
      const client = await app((_req, res) => res.end());
      client.send(get('/'));
      await ended(1);
      assert.deepEqual(asked, [suite.watched.spans()[0]?.spanContext().traceId]);
    });

    it('is judged by its attributes where the sampler reads them', async () => {
      let path: unknown;
      const sampler: Sampler = {
        shouldSample(_context, _traceId, _name, _kind, attributes) {
          path = attributes['url.path'];
          return new AlwaysOffSampler().shouldSample();
        },
        toString: () => 'by path',
      };
      start({ sampler, samplerReadsAttributes: true });
      const client = await app((_req, res) => res.end());
      client.send(get('/checkout?x=1'));
      await client.answers(1);
      assert.equal(path, '/checkout');
    });

    it('does not tell the error that was captured for it: whoever captured it has, without its secrets', async () => {
      start();
      const client = await app((req, res) => {
        const record = recordOf(req);
        if (record) record.error = new RangeError('too far');
        res.statusCode = 500;
        res.end();
      });
      client.send(get('/'));
      await ended(1);
      const [span] = suite.watched.spans();
      assert.deepEqual(span?.events, []);
      assert.deepEqual(span?.status, { code: SpanStatusCode.ERROR });
      assert.equal(span?.attributes['error.type'], '500');
    });
  });
});

import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { type Span, type SpanContext, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  createAlwaysRecordSampler,
  type ReadableSpan,
  type Sampler,
  SamplingDecision,
} from '@opentelemetry/sdk-trace';
import type { RequestLayerOptions } from '../../src/requests/server-layer.js';
import { get, RawClient, serve, until, watch } from './watched-servers.js';

const TRACE_ID = '65f0c0de0123456789abcdef01234567';
const SPAN_ID = '0123456789abcdef';

/** The only span of one request, and how often the SDK's tracer was asked for it. */
async function spanOf(listener: RequestListener, request: string, options: Partial<RequestLayerOptions> = {}) {
  const watched = watch(options);
  const { port, close } = await serve(listener);
  const client = new RawClient(port);
  let asked = 0;
  const { getTracer } = watched.provider;
  watched.provider.getTracer = (...args) => {
    asked += 1;
    return getTracer.apply(watched.provider, args);
  };
  try {
    client.send(request);
    await client.answers(1);
    await until(() => watched.aggregate.inFlight() === 0);
    return { spans: watched.spans(), asked };
  } finally {
    client.drop();
    await close();
    watched.stop();
  }
}

/** What must not depend on who made the span. */
function comparable(span: ReadableSpan) {
  const { 'network.peer.port': port, ...rest } = span.attributes;
  const { name, kind, status, events, links, parentSpanContext, instrumentationScope } = span;
  const { spanId, ...context } = span.spanContext();
  const { traceState, ...parent } = parentSpanContext ?? {};
  assert.equal(typeof port, 'number');
  assert.match(spanId, /^[0-9a-f]{16}$/);
  return {
    ...{ name, kind, status, events, links, scope: instrumentationScope.name },
    attributes: rest,
    context: { ...context, traceState: context.traceState?.serialize() },
    parent,
    dropped: [span.droppedAttributesCount, span.droppedEventsCount, span.droppedLinksCount],
  };
}

const PARENT = `traceparent: 00-${TRACE_ID}-${SPAN_ID}-01`;
const REQUESTS: Record<string, string> = {
  plain: get('/', PARENT),
  'with a query that holds a signature': get('/a/b?q=1&sig=secret', PARENT, 'User-Agent: curl/8'),
  'that proxies passed on': get(
    '/',
    PARENT,
    'Forwarded: for=192.0.2.1;host=shop.example;proto=https',
    'Forwarded: for=b',
  ),
  'that proxies passed on in the old way': get(
    '/',
    PARENT,
    'X-Forwarded-For: 192.0.2.7',
    'x-forwarded-for: 10.0.0.1',
    'X-Forwarded-Host: shop.example, inner',
  ),
  'with a header twice': get('/', PARENT, 'User-Agent: first', 'user-agent: second'),
  'with a state of its trace': get('/', PARENT, 'tracestate: vendor=x'),
  'of an unknown method': get('/', PARENT).replace('GET', 'PURGE'),
};

describe('the server span', () => {
  for (const [which, request] of Object.entries(REQUESTS)) {
    for (const status of [204, 404, 500]) {
      it(`of a request ${which} is the SDK's span, answered by ${status}`, async () => {
        const answer = (write: (span: Span | undefined) => void) =>
          spanOf((_req, res) => {
            write(trace.getActiveSpan());
            res.statusCode = status;
            res.end();
          }, request);
        const untouched = await answer(() => undefined);
        const written = await answer((span) => span?.setAttributes({}));
        assert.deepEqual([untouched.asked, written.asked], [0, 1]);
        assert.equal(untouched.spans.length, 1);
        assert.deepEqual(untouched.spans.map(comparable), written.spans.map(comparable));
      });
    }
  }

  it('takes everything that is written on it', async () => {
    const { spans } = await spanOf((_req, res) => {
      const span = trace.getActiveSpan();
      span?.setAttribute('a', 1).setAttributes({ b: 2 }).addEvent('c', { d: 3 });
      span?.addLink({ context: { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1 } }).addLinks([]);
      span?.recordException(new Error('no'));
      span?.setStatus({ code: SpanStatusCode.ERROR, message: 'as said' }).updateName('mine');
      res.end();
    }, get('/x'));
    const [span] = spans;
    assert.ok(span);
    assert.deepEqual([span.attributes.a, span.attributes.b, span.attributes['url.path']], [1, 2, '/x']);
    assert.equal(span.attributes['http.response.status_code'], 200);
    assert.deepEqual(
      span.events.map(({ name }) => name),
      ['c', 'exception'],
    );
    assert.equal(span.links.length, 1);
    assert.deepEqual(span.status, { code: SpanStatusCode.ERROR, message: 'as said' });
    assert.equal(span.name, 'mine');
  });

  it('keeps its ids, its beginning and its length when it is first written on at the end', async () => {
    let clock = 1000;
    let before: SpanContext | undefined;
    const beginning = Date.now();
    const { spans } = await spanOf(
      (_req, res) => {
        before = trace.getActiveSpan()?.spanContext();
        clock += 250.5;
        trace.getActiveSpan()?.setAttribute('late', true);
        res.end();
      },
      get('/'),
      { now: () => clock },
    );
    const [span] = spans;
    assert.ok(span);
    const { traceId, spanId } = span.spanContext();
    assert.deepEqual([traceId, spanId], [before?.traceId, before?.spanId]);
    assert.deepEqual(span.duration, [0, 250_500_000]);
    const [seconds, nanoseconds] = span.startTime;
    const startTime = seconds * 1000 + nanoseconds / 1e6;
    assert.ok(startTime >= beginning && startTime <= Date.now(), `${startTime}`);
  });

  it('is as long as its request, to the microsecond', async () => {
    let clock = 0;
    const { spans } = await spanOf(
      (_req, res) => {
        clock += 1234.567;
        res.end();
      },
      get('/'),
      { now: () => clock },
    );
    assert.deepEqual(spans[0]?.duration, [1, 234_567_000]);
    const { startTime = [0, 0], endTime = [0, 0] } = spans[0] ?? {};
    assert.equal((endTime[0] - startTime[0]) * 1e9 + endTime[1] - startTime[1], 1_234_567_000);
  });

  it('that the application ends has ended, and takes nothing more', async () => {
    let recording: (boolean | undefined)[] = [];
    const { spans } = await spanOf((_req, res) => {
      const span = trace.getActiveSpan();
      recording = [span?.isRecording()];
      span?.end();
      recording.push(span?.isRecording());
      span?.setAttribute('late', true);
      res.end();
    }, get('/'));
    assert.deepEqual(recording, [true, false]);
    assert.equal(spans.length, 1);
    assert.equal(spans[0]?.attributes['http.response.status_code'], undefined);
    assert.equal(spans[0]?.attributes.late, undefined);
  });

  it('carries what the sampler says of it', async () => {
    const sampler: Sampler = {
      shouldSample: () => ({ decision: SamplingDecision.RECORD_AND_SAMPLED, attributes: { 'sampler.rule': 'r' } }),
      toString: () => 'test',
    };
    const { spans, asked } = await spanOf((_req, res) => res.end(), get('/'), { sampler });
    assert.equal(asked, 0);
    assert.equal(spans[0]?.attributes['sampler.rule'], 'r');
  });

  it('that is recorded but not sampled is not sent', async () => {
    let recording: boolean | undefined;
    const sampler = createAlwaysRecordSampler(new AlwaysOffSampler());
    const { spans } = await spanOf(
      (_req, res) => {
        recording = trace.getActiveSpan()?.isRecording();
        res.end();
      },
      get('/'),
      { sampler },
    );
    assert.equal(recording, true);
    assert.deepEqual(spans, []);
  });

  it('that readings were taken for tells them, whoever made it', async () => {
    const readings = { begin: () => 1, end: () => ({ 'container.cpu.utilization': 0.5 }) };
    for (const write of [() => undefined, () => void trace.getActiveSpan()?.setAttributes({})]) {
      const { spans } = await spanOf(
        (_req, res) => {
          write();
          res.end();
        },
        get('/'),
        { readings, sampler: new AlwaysOnSampler() },
      );
      assert.equal(spans[0]?.attributes['container.cpu.utilization'], 0.5);
    }
  });
});

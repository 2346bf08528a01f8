import assert from 'node:assert/strict';
import { Input } from '../../src/cloudwatch/input.js';
import { invalid } from '../../src/studio/services/xray.js';
import { Store } from '../../src/studio/store/store.js';
import { callXRay, getJson, runningStudio } from '../studio/running.js';
import { putTraceSegments } from './trace-segments.js';

const NOW = Date.UTC(2026, 10, 22, 12);
const DAY = 24 * 3600_000;
const SECONDS = NOW / 1000;
const TRACE = '6740a1c0aaaaaaaaaaaaaaaaaaaaaaaa';

const SEGMENT = {
  name: 'shop',
  id: '1111111111111111',
  trace_id: '1-6740a1c0-aaaaaaaaaaaaaaaaaaaaaaaa',
  start_time: SECONDS - 1,
  end_time: SECONDS - 0.75,
};
const answer = (body: unknown) => {
  const store = new Store(1024 * 1024);
  const answered = putTraceSegments.answer(Input.of(body), { store, now: NOW, invalid });
  return { ...answered, spans: store.traces.spans() };
};
const read = (...segments: unknown[]) =>
  answer({ TraceSegmentDocuments: segments.map((s) => (typeof s === 'string' ? s : JSON.stringify(s))) });
const codesOf = (...segments: unknown[]) =>
  (read(...segments).output.UnprocessedTraceSegments as { ErrorCode: string }[]).map(({ ErrorCode }) => ErrorCode);

describe('PutTraceSegments', () => {
  it('takes a segment as the span of a server, a subsegment as that of a client or of work inside', () => {
    const { spans, rejected } = read(
      SEGMENT,
      { ...SEGMENT, id: '2'.repeat(16), parent_id: SEGMENT.id, type: 'subsegment', namespace: 'remote', name: 'stock' },
      { ...SEGMENT, id: '3'.repeat(16), parent_id: SEGMENT.id, type: 'subsegment', name: 'render' },
    );
    assert.equal(rejected, undefined);
    assert.deepEqual(
      spans.map(({ traceId, spanId, parentSpanId, name, kind }) => [traceId, spanId, parentSpanId, name, kind]),
      [
        [TRACE, '1'.repeat(16), undefined, 'shop', 2],
        [TRACE, '2'.repeat(16), '1'.repeat(16), 'stock', 3],
        [TRACE, '3'.repeat(16), '1'.repeat(16), 'render', 1],
      ],
    );
    const [first] = spans;
    assert.equal(BigInt(first?.endTimeUnixNano ?? 0) - BigInt(first?.startTimeUnixNano ?? 0), 250_000_000n);
    assert.equal(first?.resource['service.name'], 'shop');
  });

  it('takes embedded subsegments, which have the trace and the parent of what they are in', () => {
    const inner = { name: 'query', id: '4'.repeat(16), start_time: SECONDS - 1, end_time: SECONDS - 0.9 };
    const { spans } = read({ ...SEGMENT, subsegments: [{ ...inner, id: '5'.repeat(16), subsegments: [inner] }] });
    assert.deepEqual(
      spans.map(({ spanId, parentSpanId, traceId, kind }) => [spanId[0], parentSpanId?.[0], traceId, kind]),
      [
        ['1', undefined, TRACE, 2],
        ['5', '1', TRACE, 1],
        ['4', '5', TRACE, 1],
      ],
    );
  });

  it('reads attributes, annotations, the resource, HTTP, faults and exceptions', () => {
    const { spans } = read({
      ...SEGMENT,
      fault: true,
      http: { request: { method: 'POST', url: 'http://shop/pay' }, response: { status: 500 } },
      annotations: { http_route: '/pay' },
      metadata: { default: { 'http.route': '/pay', 'otel.resource.deployment.environment.name': 'prod' } },
      cause: { exceptions: [{ type: 'TypeError', message: 'x is not a function' }] },
    });
    const [span] = spans;
    assert.deepEqual(span?.attributes, {
      'http.route': '/pay',
      http_route: '/pay',
      'http.request.method': 'POST',
      'url.full': 'http://shop/pay',
      'http.response.status_code': 500,
    });
    assert.deepEqual(span?.resource, { 'service.name': 'shop', 'deployment.environment.name': 'prod' });
    assert.equal(span?.status.code, 2);
    assert.deepEqual(span?.events[0]?.attributes, {
      'exception.type': 'TypeError',
      'exception.message': 'x is not a function',
    });
  });

  it('keeps what is complete; a segment in progress comes again', () => {
    const { end_time: _end, ...started } = SEGMENT;
    assert.deepEqual(codesOf({ ...started, in_progress: true }), []);
    assert.equal(read({ ...started, in_progress: true }).spans.length, 0);
    assert.deepEqual(codesOf(started), ['MissingEndTime']);
  });

  it('names what it does not process, one by one, and takes the rest', () => {
    const { id: _id, ...anonymous } = SEGMENT;
    const bad = [
      '{',
      '5',
      { ...SEGMENT, trace_id: undefined },
      { ...SEGMENT, trace_id: TRACE },
      anonymous,
      { ...SEGMENT, id: '1' },
      { ...SEGMENT, name: '' },
      { ...SEGMENT, start_time: undefined },
      { ...SEGMENT, start_time: (NOW - 30 * DAY) / 1000 - 0.001 },
    ];
    assert.deepEqual(codesOf(...bad, SEGMENT, { ...SEGMENT, start_time: (NOW - 30 * DAY) / 1000 }), [
      'ParseError',
      'ParseError',
      'MissingTraceId',
      'InvalidTraceId',
      'MissingId',
      'InvalidId',
      'MissingName',
      'MissingStartTime',
      'InvalidStartTime',
    ]);
    const { spans, rejected } = read(...bad, SEGMENT);
    assert.equal(spans.length, 1);
    assert.equal(rejected?.count, bad.length);
  });

  it('takes documents of 64 KB, not one more', () => {
    const empty = JSON.stringify({ ...SEGMENT, user: '' });
    const filled = (length: number) => JSON.stringify({ ...SEGMENT, user: 'x'.repeat(length - empty.length) });
    assert.deepEqual(codesOf(filled(65_536), filled(65_537)), ['SegmentTooLarge']);
  });

  it('takes 50 documents, refuses one more, and none', () => {
    assert.equal(read(...Array(50).fill(SEGMENT)).items, 50);
    assert.throws(() => read(...Array(51).fill(SEGMENT)), { code: 'InvalidRequestException' });
    assert.throws(() => answer({}), { code: 'InvalidRequestException' });
  });
});

describe('the local endpoint with PutTraceSegments', () => {
  const studio = runningStudio(() => ({ now: () => NOW, xrayOperations: [putTraceSegments] }));

  it('wants a signature, unlike the sampling calls', async () => {
    const body = JSON.stringify({ TraceSegmentDocuments: [JSON.stringify(SEGMENT)] });
    const answer = await fetch(`${studio().url}/TraceSegments`, { method: 'POST', body });
    assert.equal(answer.status, 403);
    assert.equal((await getJson(studio(), '/api/traces')).total, 0);
    const [refused] = (await getJson(studio(), '/api/refused')).refused as { items: number }[];
    assert.equal(refused?.items, 1);
  });

  it('shows the trace, and answers with what was not processed', async () => {
    const documents = { TraceSegmentDocuments: [JSON.stringify(SEGMENT), '{'] };
    const { status, body } = await callXRay(studio(), '/TraceSegments', documents);
    assert.equal(status, 200);
    assert.deepEqual(body, {
      UnprocessedTraceSegments: [{ ErrorCode: 'ParseError', Message: 'Invalid segment. ErrorCode: ParseError' }],
    });
    const { traces } = (await getJson(studio(), '/api/traces')) as { traces: { xrayTraceId: string }[] };
    assert.deepEqual(
      traces.map(({ xrayTraceId }) => xrayTraceId),
      [SEGMENT.trace_id],
    );
  });
});

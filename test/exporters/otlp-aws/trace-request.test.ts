import assert from 'node:assert/strict';
import { createTraceState, type HrTime, type Link, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { divideRun, release, type SpanRun } from '../../../exporters/otlp-aws/span-run.js';
import { TraceRequestWriter } from '../../../exporters/otlp-aws/trace-request.js';
import { hrTime, RESOURCE, span, spans } from './spans.js';

/** All of it, from opentelemetry-proto 1.7. */
const Request = protobuf
  .parse(`
    syntax = "proto3";
    message AnyValue { oneof value { string s = 1; bool b = 2; int64 i = 3; double d = 4; List list = 5; Map map = 6; bytes bytes = 7; } }
    message List { repeated AnyValue values = 1; }
    message Map { repeated KeyValue values = 1; }
    message KeyValue { string key = 1; AnyValue value = 2; }
    message Event { fixed64 time = 1; string name = 2; repeated KeyValue attributes = 3; uint32 dropped = 4; }
    message Link { bytes trace_id = 1; bytes span_id = 2; string state = 3; repeated KeyValue attributes = 4; uint32 dropped = 5; fixed32 flags = 6; }
    message Status { string message = 2; int32 code = 3; }
    message Span {
      bytes trace_id = 1; bytes span_id = 2; string state = 3; bytes parent = 4; string name = 5; int32 kind = 6; fixed64 start = 7; fixed64 end = 8;
      repeated KeyValue attributes = 9; uint32 dropped_attributes = 10; repeated Event events = 11; uint32 dropped_events = 12;
      repeated Link links = 13; uint32 dropped_links = 14; Status status = 15; fixed32 flags = 16;
    }
    message Scope { string name = 1; string version = 2; repeated KeyValue attributes = 3; uint32 dropped = 4; }
    message ScopeSpans { Scope scope = 1; repeated Span spans = 2; string schema_url = 3; }
    message Resource { repeated KeyValue attributes = 1; uint32 dropped = 2; }
    message ResourceSpans { Resource resource = 1; repeated ScopeSpans scopes = 2; string schema_url = 3; }
    message Request { repeated ResourceSpans resources = 1; }
  `)
  .root.lookupType('Request');

/** Numbers of 64 bits as texts, and what is left out as its default. */
const read = (body: Uint8Array) => Request.toObject(Request.decode(body), { longs: String, defaults: true });

const runsOf = (given: readonly ReadableSpan[], writer = new TraceRequestWriter()): SpanRun[] =>
  writer.runs(given, () => assert.fail('unreadable'));

const requestOf = (runs: readonly SpanRun[], writer = new TraceRequestWriter()): Promise<Uint8Array> =>
  writer.request(runs, { told: (resource) => resource }, async (body) => body.slice());

const write = (writer: TraceRequestWriter, given: readonly ReadableSpan[]): Promise<Uint8Array> =>
  requestOf(runsOf(given, writer), writer);

/** OpenTelemetry's own serializer is the referee. */
async function assertAsReferee(writer: TraceRequestWriter, given: ReadableSpan[]): Promise<void> {
  const expected = ProtobufTraceSerializer.serializeRequest(given) ?? new Uint8Array();
  assert.deepEqual(read(await write(writer, given)), read(expected));
}

const text = fc.string({ unit: 'binary', maxLength: 300 });
const value = fc.oneof(
  text,
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.constantFrom(
    0,
    127,
    128,
    2 ** 28 - 1,
    2 ** 28,
    2 ** 31,
    2 ** 32,
    -1,
    -(2 ** 31),
    2 ** 53,
    -(2 ** 53),
    2 ** 62,
    -(2 ** 63),
    2 ** 63,
    1e300,
  ),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 10 }),
  fc.array(text, { maxLength: 3 }),
  fc.array(fc.oneof(fc.integer(), fc.constant(null)), { maxLength: 3 }),
  fc.dictionary(text, fc.array(text, { maxLength: 2 }), { maxKeys: 3 }),
);
const attributes = fc.dictionary(text, value, { maxKeys: 8 }) as fc.Arbitrary<ReadableSpan['attributes']>;
const count = fc.nat(2 ** 31 - 1);
const id = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((some) => Buffer.from(some).toString('hex'));
const state = fc.option(fc.constant(createTraceState('a=b,c=d')), { nil: undefined });
const context = fc.record({
  traceId: id(16),
  spanId: id(8),
  traceFlags: fc.constantFrom(TraceFlags.NONE, TraceFlags.SAMPLED),
  isRemote: fc.option(fc.boolean(), { nil: undefined }),
  traceState: state,
}) as fc.Arbitrary<Link['context']>;
const time = fc.oneof(
  fc.tuple(fc.nat(2 ** 34), fc.nat(999_999_999)),
  // Near enough for spans to wait together.
  fc.tuple(fc.constant(1_700_000_000), fc.nat(999_999_999)),
) as fc.Arbitrary<[number, number]>;
const scopes = [{ name: 'one' }, { name: 'two', version: '1.2.3', schemaUrl: 'https://example.org/1' }];
const resources = [
  RESOURCE,
  resourceFromAttributes({ 'service.name': 'other' }, { schemaUrl: 'https://example.org/2' }),
];
const anySpan = fc
  .record({
    name: text,
    kind: fc.constantFrom(SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER),
    context,
    parentSpanContext: fc.option(context, { nil: undefined }),
    startTime: time,
    endTime: time,
    attributes,
    status: fc.record({
      code: fc.constantFrom(SpanStatusCode.UNSET, SpanStatusCode.OK, SpanStatusCode.ERROR),
      message: fc.option(text, { nil: undefined }),
    }),
    events: fc.array(fc.record({ name: text, time, attributes, droppedAttributesCount: count }), { maxLength: 3 }),
    links: fc.array(fc.record({ context, attributes, droppedAttributesCount: count }), { maxLength: 3 }),
    droppedAttributesCount: count,
    droppedEventsCount: count,
    droppedLinksCount: count,
    resource: fc.constantFrom(...resources),
    instrumentationScope: fc.constantFrom(...scopes),
  })
  .map(({ context, ...rest }) => ({ ...span(), ...rest, spanContext: () => context })) as fc.Arbitrary<ReadableSpan>;

describe('trace request', () => {
  it("says of any spans what OpenTelemetry's own says", async () => {
    const writer = new TraceRequestWriter();
    await fc.assert(
      fc.asyncProperty(fc.array(anySpan, { maxLength: 6 }), (given) => assertAsReferee(writer, given)),
      { numRuns: 500 },
    );
  });

  it('tells attributes from each other that look alike', async () => {
    const alike = [1, '1', true, 'true', 1.5, '1.5', 0, -0, '', false].map((value) => span({ attributes: { value } }));
    await assertAsReferee(new TraceRequestWriter(), alike.concat(alike));
  });

  it('says the same of more different attributes than it remembers, and of the first ones after those', async () => {
    const writer = new TraceRequestWriter();
    const given = Array.from({ length: 2100 }, (_, n) => span({ attributes: { 'url.path': `/${n}` } }));
    await assertAsReferee(writer, given.concat(given.slice(0, 10)));
  });

  it('frees what was written when all of it is released, and not before, however often some of it is', function () {
    if (!('transfer' in ArrayBuffer.prototype)) this.skip();
    const written = new TraceRequestWriter(1).runs(spans(3), assert.fail);
    const [first, ...others] = written;
    const bytes = first?.memory?.bytes;
    for (const run of [...others, ...others]) release(run);
    assert.ok(first && bytes && bytes.byteLength > 0);
    release(first);
    assert.equal(bytes.byteLength, 0);
  });

  it('leaves a request as it is until it was sent, whatever else is sent meanwhile', async () => {
    const writer = new TraceRequestWriter();
    const sent: Promise<void>[] = [];
    const bodies: Uint8Array[] = [];
    for (let round = 0; round < 3; round += 1) {
      const names = [`${round}a`, `${round}b`];
      const release: (() => void)[] = [];
      for (const name of names) {
        const spans = writer.runs([span({ name })], assert.fail);
        const send = async (body: Uint8Array) => {
          bodies.push(body);
          await new Promise<void>((resolve) => release.push(resolve));
          const [resource] = read(body).resources;
          assert.equal(resource.scopes[0].spans[0].name, name);
        };
        sent.push(writer.request(spans, { told: (resource) => resource }, send));
      }
      for (const resolve of release) resolve();
      await Promise.all(sent);
    }
    if ('transfer' in ArrayBuffer.prototype) assert.ok(bodies.every(({ byteLength }) => byteLength === 0));
  });

  for (const offset of [10_800_000, -10_800_000, 1]) {
    it(`moves all times of spans by ${offset} ms as a serializer that is given moved times writes them`, async () => {
      const moved = ([seconds, nanoseconds]: HrTime): HrTime => {
        const total = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds) + BigInt(offset) * 1_000_000n;
        return [Number(total / 1_000_000_000n), Number(total % 1_000_000_000n)];
      };
      const given = [1, 2].map((id) => ({
        ...span({ name: `span ${id}`, endTime: 1_780_000_000_000 + id }),
        events: [
          { name: 'a', time: [1_780_000_000 + id, 999_999_999] as HrTime, attributes: { of: 'a' } },
          { name: 'b', time: [1_780_000_001, 0] as HrTime },
        ],
      }));
      const inServiceTime = given.map((one) => ({
        ...one,
        spanContext: one.spanContext,
        startTime: moved(one.startTime),
        endTime: moved(one.endTime),
        events: one.events.map((event) => ({ ...event, time: moved(event.time) })),
      }));
      const writer = new TraceRequestWriter();
      const runs = runsOf(given, writer);
      const send = async (body: Uint8Array) => body.slice();
      const options = { told: (resource: Resource) => resource, offset };
      const first = await writer.request(runs, options, send);
      assert.deepEqual(read(first), read(await write(writer, inServiceTime)));
      assert.deepEqual(await writer.request(runs, options, send), first, 'what waits is not changed');
    });
  }

  it('keeps what was written when more is written', async () => {
    const writer = new TraceRequestWriter();
    const first = writer.runs([span({ name: 'first' })], assert.fail);
    const body = () => writer.request(first, { told: (resource) => resource }, async (bytes) => bytes.slice());
    const before = await body();
    writer.runs([span({ name: 'other' })], assert.fail);
    assert.deepEqual(await body(), before);
  });

  it('says of attributes that spans share what it says of others', async () => {
    const writer = new TraceRequestWriter();
    const shared = { 'http.route': '/a', 'http.response.status_code': 200 };
    const given = ['/a?1', '/a?2'].map((path) => {
      const own = { 'url.path': path };
      return Object.assign(span({ attributes: { ...shared, ...own } }), {
        sharedAttributes: shared,
        ownAttributes: own,
      });
    });
    await assertAsReferee(writer, given);
    await assertAsReferee(writer, given);
  });

  it('leaves out an attribute without a value', async () => {
    const [resource] = read(
      await write(new TraceRequestWriter(), [span({ attributes: { absent: undefined } })]),
    ).resources;
    const keys = resource.scopes[0].spans[0].attributes.map(({ key }: { key: string }) => key);
    assert.deepEqual(keys, ['http.route', 'http.response.status_code']);
  });

  it('leaves out a span that cannot be read, and says so', () => {
    let told = 0;
    const hostile = {
      ...span(),
      get endTime(): never {
        throw new Error('getter');
      },
    } as ReadableSpan;
    const good = span({ endTime: 1_700_000_000_123.5 });
    const written = new TraceRequestWriter().runs([hostile, good, hostile], () => (told += 1));
    assert.equal(told, 2);
    assert.deepEqual(
      written.map(({ count, earliest, latest }) => [count, earliest, latest]),
      [[1, 1_700_000_000_123.5, 1_700_000_000_123.5]],
    );
    assert.deepEqual(good.endTime, hrTime(1_700_000_000_123.5));
  });

  it('has spans wait as one that are of one resource and scope, and others apart', () => {
    const [first, second] = scopes as [(typeof scopes)[0], (typeof scopes)[1]];
    const [one, two, three] = [
      { ...span(), instrumentationScope: first },
      { ...span(), instrumentationScope: second },
      { ...span(), instrumentationScope: second, resource: resources[1] as (typeof resources)[1] },
    ];
    assert.deepEqual(counts(runsOf([one, one, two, three, three, three, one])), [2, 1, 3, 1]);
  });

  it('has as many spans wait as one as are told, and as end within a second', () => {
    assert.deepEqual(counts(runsOf(spans(7), new TraceRequestWriter(3))), [3, 3, 1]);
    const ended = (...times: number[]) => runsOf(times.map((time) => span({ endTime: 1_700_000_000_000 + time })));
    assert.deepEqual(counts(ended(0, 1000)), [2]);
    assert.deepEqual(counts(ended(0, 1001)), [1, 1]);
    assert.deepEqual(counts(ended(1000, 500, 0, 1000)), [4]);
    assert.deepEqual(counts(ended(1000, 500, -1)), [2, 1]);
    const [run] = ended(700, 0, 300);
    assert.deepEqual([run?.earliest, run?.latest], [1_700_000_000_000, 1_700_000_000_700]);
  });

  it('has 65 536 bytes of spans wait as one, and a byte more apart', () => {
    const sized = (length: number) => span({ name: 'x'.repeat(length) });
    const [small] = runsOf([sized(30_000)]);
    // A name as long has a length as long.
    const rest = 65_536 - (small?.bytes ?? 0) - ((small?.bytes ?? 0) - 30_000);
    assert.deepEqual(
      runsOf([sized(30_000), sized(rest)]).map(({ bytes, count }) => [bytes, count]),
      [[65_536, 2]],
    );
    assert.deepEqual(counts(runsOf([sized(30_000), sized(rest + 1)])), [1, 1]);
    assert.deepEqual(counts(runsOf([sized(10), sized(70_000), sized(10)])), [1, 1, 1]);
  });

  it('divides a run anywhere without a difference to what is sent', async () => {
    const given = [...spans(3), span({ name: 'x'.repeat(20_000) }), span({ attributes: { long: 'y'.repeat(300) } })];
    const whole = await requestOf(runsOf(given));
    for (let count = 0; count <= given.length; count += 1) {
      const [run] = runsOf(given) as [SpanRun];
      const parts = divideRun(run, count);
      assert.deepEqual(counts(parts), [count, given.length - count]);
      assert.deepEqual(await requestOf(parts), whole);
      assert.equal(parts[0].bytes + parts[1].bytes, run.bytes);
    }
  });

  it('frees what was divided, twice, when all parts are released, and not before', function () {
    if (!('transfer' in ArrayBuffer.prototype)) this.skip();
    const [run] = runsOf(spans(3)) as [SpanRun];
    const bytes = run.memory?.bytes;
    const [first, rest] = divideRun(run, 1);
    const [second, third] = divideRun(rest, 1);
    for (const released of [run, third, rest, first]) release(released);
    assert.ok(bytes && bytes.byteLength > 0);
    release(second);
    assert.equal(bytes.byteLength, 0);
  });
});

const counts = (runs: readonly SpanRun[]): number[] => runs.map(({ count }) => count);

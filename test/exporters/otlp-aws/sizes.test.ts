import assert from 'node:assert/strict';
import { createTraceState, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import fc from 'fast-check';
import { ResourceLimit } from '../../../exporters/otlp-aws/resource-limit.js';
import { attributeBytes, spanBytes } from '../../../exporters/otlp-aws/sizes.js';
import { hrTime, span } from './spans.js';

const EMPTY = resourceFromAttributes({});
const onTheWire = (given: ReturnType<typeof span>) =>
  ProtobufTraceSerializer.serializeRequest([given])?.byteLength ?? 0;

describe('sizes of spans', () => {
  const text = fc.string({ unit: 'binary', maxLength: 300 });
  const value = fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.array(text), fc.array(fc.integer()));
  const attributes = fc.dictionary(text, value);

  it('are never estimated below what the span is on the wire', () => {
    fc.assert(
      fc.property(text, attributes, fc.array(fc.tuple(text, attributes), { maxLength: 5 }), (name, own, events) => {
        const base = span({ name, resource: EMPTY });
        const context = base.spanContext();
        const given = {
          ...base,
          attributes: own as never,
          parentSpanContext: context,
          status: { code: SpanStatusCode.ERROR, message: name },
          events: events.map(([name, attributes]) => ({ name, attributes: attributes as never, time: hrTime(1e12) })),
          links: events.map(([, attributes]) => ({
            context: { ...context, traceFlags: TraceFlags.SAMPLED, traceState: createTraceState('a=b,c=d') },
            attributes: attributes as never,
          })),
        };
        const estimate = spanBytes(given);
        const actual = onTheWire(given) - onTheWireOverhead;
        assert.ok(estimate >= actual, `${estimate} < ${actual}`);
      }),
      { numRuns: 300 },
    );
  });

  /** Resource, scope and framing around one span. */
  const onTheWireOverhead = 30;

  it('are within a fifth for an ordinary span', () => {
    const given = span({
      attributes: {
        'url.path': '/checkout/items/42',
        'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64)',
        'server.address': 'shop.example.org',
      },
    });
    assert.ok(spanBytes(given) < onTheWire(given) * 1.2, `${spanBytes(given)} ${onTheWire(given)}`);
  });
});

describe('resource limit', () => {
  it('keeps a resource that fits, and cuts one that is a byte too large', () => {
    const cut: string[] = [];
    const resource = resourceFromAttributes({ 'service.name': 'checkout', 'process.command_args': 'x'.repeat(500) });
    const size = attributeBytes(resource.attributes);
    assert.equal(new ResourceLimit(size, (keys) => cut.push(...keys)).within(resource), resource);
    assert.equal(cut.length, 0);
    const limit = new ResourceLimit(size - 1, (keys) => cut.push(...keys));
    assert.deepEqual(limit.within(resource).attributes, { 'service.name': 'checkout' });
    assert.equal(limit.within(resource), limit.within(resource));
    assert.deepEqual(cut, ['process.command_args']);
  });
});

import assert from 'node:assert/strict';
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import fc from 'fast-check';
import { parentReader } from '../../src/requests/parent-context.js';
import { createPropagator } from '../../src/tracing/propagation.js';

const propagator = createPropagator(['xray', 'tracecontext', 'baggage']);
const read = parentReader(propagator);

function request(...rawHeaders: string[]) {
  const pairs: [string, string][] = [];
  for (let i = 0; i < rawHeaders.length; i += 2)
    pairs.push([(rawHeaders[i] ?? '').toLowerCase(), rawHeaders[i + 1] ?? '']);
  return { rawHeaders, headers: Object.fromEntries(pairs) };
}

describe('parentReader', () => {
  it('reads a parent however its header is capitalised', () => {
    for (const name of ['traceparent', 'Traceparent', 'TRACEPARENT']) {
      const parent = read(request('Host', 'a', name, `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01`));
      assert.equal(trace.getSpanContext(parent)?.traceId, '1'.repeat(32));
    }
  });

  it('does not trouble the propagator with a request that has none of its headers', () => {
    const silent = parentReader({ fields: () => ['traceparent'], inject() {}, extract: () => assert.fail() });
    assert.equal(silent(request('Host', 'a', 'User-Agent', 'x', 'x-amzn-foo', 'y', 'traceparenT2', 'z')), ROOT_CONTEXT);
    assert.equal(silent(request()), ROOT_CONTEXT);
  });

  it('asks the propagator exactly when one of its headers is there', () => {
    const names = fc.constantFrom(
      'Host',
      'Accept',
      'X-Amzn-Trace-Id',
      'tracestate',
      'Baggage',
      'x-traceparent',
      'user-agent',
    );
    fc.assert(
      fc.property(fc.array(names, { maxLength: 12 }), (headers) => {
        let asked = false;
        const reader = parentReader({
          fields: () => propagator.fields(),
          inject() {},
          extract(context) {
            asked = true;
            return context;
          },
        });
        reader(request(...headers.flatMap((name) => [name, 'value'])));
        assert.equal(
          asked,
          headers.some((name) => propagator.fields().includes(name.toLowerCase())),
        );
      }),
    );
  });
});

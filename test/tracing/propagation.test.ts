import assert from 'node:assert/strict';
import {
  defaultTextMapGetter,
  defaultTextMapSetter,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type SpanContext,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import fc from 'fast-check';
import type { PropagatorName } from '../../src/config/configuration.js';
import { createPropagator } from '../../src/tracing/propagation.js';
import { leavesDecision, rootTraceId } from '../../src/tracing/xray-propagator.js';

const DEFAULT: PropagatorName[] = ['xray', 'tracecontext', 'baggage'];
const W3C = '00-11111111111111111111111111111111-1111111111111111-01';
const XRAY = 'Root=1-22222222-222222222222222222222222;Parent=2222222222222222;Sampled=1';
const B3 = '33333333333333333333333333333333-3333333333333333-1';

function parentOf(names: PropagatorName[], headers: Record<string, string>): SpanContext | undefined {
  return trace.getSpanContext(createPropagator(names).extract(ROOT_CONTEXT, headers, defaultTextMapGetter));
}

function headersOf(names: PropagatorName[]): Record<string, string> {
  const span = {
    traceId: '65f0c0de0123456789abcdef01234567',
    spanId: '0123456789abcdef',
    traceFlags: TraceFlags.SAMPLED,
  };
  const headers: Record<string, string> = {};
  createPropagator(names).inject(trace.setSpanContext(ROOT_CONTEXT, span), headers, defaultTextMapSetter);
  return headers;
}

describe('createPropagator', () => {
  it('reads X-Ray and W3C parents', () => {
    assert.equal(parentOf(DEFAULT, { traceparent: W3C })?.traceId, '1'.repeat(32));
    assert.equal(parentOf(DEFAULT, { 'x-amzn-trace-id': XRAY })?.traceId, '2'.repeat(32));
  });

  it('prefers the later name of the list when both have a parent', () => {
    const both = { traceparent: W3C, 'x-amzn-trace-id': XRAY };
    assert.equal(parentOf(['xray', 'tracecontext'], both)?.traceId, '1'.repeat(32));
    assert.equal(parentOf(['tracecontext', 'xray'], both)?.traceId, '2'.repeat(32));
  });

  it('does not let an invalid later header hide a valid earlier one', () => {
    assert.equal(parentOf(DEFAULT, { traceparent: 'rubbish', 'x-amzn-trace-id': XRAY })?.traceId, '2'.repeat(32));
  });

  it('keeps the caller as the parent when a load balancer adds a root of its own', () => {
    const added = 'Self=1-44444444-444444444444444444444444;Root=1-55555555-555555555555555555555555';
    assert.equal(parentOf(DEFAULT, { traceparent: W3C, 'x-amzn-trace-id': added })?.traceId, '1'.repeat(32));
    assert.equal(parentOf(DEFAULT, { 'x-amzn-trace-id': added }), undefined);
  });

  it('hands on both kinds of header, with the decision', () => {
    const headers = headersOf(DEFAULT);
    assert.equal(headers.traceparent, '00-65f0c0de0123456789abcdef01234567-0123456789abcdef-01');
    assert.equal(
      headers['x-amzn-trace-id'],
      'Root=1-65f0c0de-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1',
    );
  });

  it('reads baggage', () => {
    const context = createPropagator(DEFAULT).extract(ROOT_CONTEXT, { baggage: 'tenant=blue' }, defaultTextMapGetter);
    assert.equal(propagation.getBaggage(context)?.getEntry('tenant')?.value, 'blue');
  });

  it('writes b3 in the form that was named', () => {
    assert.deepEqual(Object.keys(headersOf(['b3'])), ['b3']);
    assert.deepEqual(Object.keys(headersOf(['b3multi'])).sort(), ['x-b3-sampled', 'x-b3-spanid', 'x-b3-traceid']);
  });

  it('reads both forms of b3 whichever it writes, and names the headers of both', () => {
    const multi = { 'x-b3-traceid': '3'.repeat(32), 'x-b3-spanid': '3'.repeat(16), 'x-b3-sampled': '1' };
    for (const name of ['b3', 'b3multi'] as const) {
      assert.equal(parentOf([name], { b3: B3 })?.traceId, '3'.repeat(32));
      assert.equal(parentOf([name], multi)?.traceId, '3'.repeat(32));
      const fields = createPropagator([name]).fields();
      for (const header of ['b3', ...Object.keys(multi)]) assert.ok(fields.includes(header), `${name}: ${header}`);
    }
  });

  it('does nothing when no name is given', () => {
    assert.deepEqual(createPropagator([]).fields(), []);
    assert.deepEqual(headersOf([]), {});
  });

  describe('of X-Ray', () => {
    const extract = (headers: Record<string, string>, names = DEFAULT) =>
      createPropagator(names).extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    const LINEAGE = '1:a87bd80c:0|68fd508a:5';
    const ROOT = 'Root=1-22222222-222222222222222222222222';

    it('hands the lineage on, also where the parent is that of traceparent', () => {
      for (const headers of [
        { 'x-amzn-trace-id': `${XRAY};Lineage=${LINEAGE}` },
        { 'x-amzn-trace-id': `${ROOT};Lineage=${LINEAGE}`, traceparent: W3C },
        { 'X-Amzn-Trace-Id': `${XRAY};Lineage=${LINEAGE}` },
      ]) {
        const carrier: Record<string, string> = {};
        createPropagator(DEFAULT).inject(extract(headers), carrier, defaultTextMapSetter);
        assert.match(carrier['x-amzn-trace-id'] ?? '', /;Sampled=1;Lineage=1:a87bd80c:0\|68fd508a:5$/);
      }
    });

    it('takes the root of a load balancer for the id of the trace, and no other one', () => {
      assert.equal(rootTraceId(extract({ 'x-amzn-trace-id': ROOT })), '2'.repeat(32));
      assert.equal(rootTraceId(extract({ 'x-amzn-trace-id': XRAY })), undefined);
      assert.equal(rootTraceId(extract({ traceparent: W3C })), undefined);
    });

    it('leaves the decision to us where the caller does, and where it says nothing', () => {
      const leaves = (headers: Record<string, string>, names?: PropagatorName[]) =>
        leavesDecision(extract(headers, names));
      const undecided = `${ROOT};Parent=2222222222222222`;
      assert.equal(leaves({ 'x-amzn-trace-id': `${undecided};Sampled=?` }), true);
      assert.equal(leaves({ 'x-amzn-trace-id': undecided }), true);
      assert.equal(leaves({ 'x-amzn-trace-id': `${undecided};Sampled=0` }), false);
      assert.equal(leaves({ 'x-amzn-trace-id': ROOT }), false);
      const both = { 'x-amzn-trace-id': undecided, traceparent: W3C.replace(/01$/, '00') };
      assert.equal(leaves(both), false, 'traceparent has decided');
      assert.equal(leaves(both, ['tracecontext', 'xray']), true);
    });

    it('leaves the context alone where there is nothing to read', () => {
      assert.equal(extract({ 'x-amzn-trace-id': 'rubbish' }, ['xray']), ROOT_CONTEXT);
      assert.equal(extract({}, ['xray']), ROOT_CONTEXT);
    });
  });

  it('never throws, and never makes a parent that is not valid, whatever the headers say', () => {
    const value = fc.oneof(fc.string(), fc.constantFrom(W3C, XRAY, `${W3C}-x`, XRAY.replace('Parent', 'Child')));
    const headers = fc.record(
      { traceparent: value, tracestate: fc.string(), baggage: fc.string(), 'x-amzn-trace-id': value },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(headers, (given) => {
        const parent = parentOf(DEFAULT, given);
        assert.ok(parent === undefined || isSpanContextValid(parent), JSON.stringify(parent));
      }),
    );
  });
});

import assert from 'node:assert/strict';
import { type Attributes, SpanKind } from '@opentelemetry/api';
import { addApplicationSignals, spansById } from '../../src/tracing/application-signals.js';
import type { PlainSpan } from '../../src/wire/messages.js';

const RESOURCE = { 'service.name': 'shop', 'deployment.environment.name': 'ecs:prod' };

interface Given {
  id: string;
  parent?: string;
  remote?: boolean;
  kind?: SpanKind;
  name?: string;
  attributes?: Attributes;
}

function span({ id, parent, remote, kind = SpanKind.INTERNAL, name = 'x', attributes = {} }: Given): PlainSpan {
  const context = (spanId: string) => ({ traceId: 'a'.repeat(32), spanId: spanId.padStart(16, '0'), traceFlags: 1 });
  return {
    name,
    kind,
    context: context(id),
    ...(parent && { parent: { ...context(parent), ...(remote && { isRemote: true }) } }),
    startTime: [0, 0],
    endTime: [0, 0],
    status: { code: 0 },
    attributes: { ...attributes },
    links: [],
    events: [],
    scope: { name: 'test' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function told(...given: Given[]): Attributes[] {
  const spans = given.map(span);
  for (const one of spans) addApplicationSignals(one, RESOURCE, spansById(spans));
  return spans.map(({ attributes }) => attributes);
}
const SERVER = { kind: SpanKind.SERVER, name: 'GET /orders/:id', attributes: { 'http.request.method': 'GET' } };
const CALL = { kind: SpanKind.CLIENT, attributes: { 'http.request.method': 'GET', 'url.full': 'http://pay/x' } };

describe('application signals', () => {
  it('says who served what, and where', () => {
    assert.deepEqual(told({ id: '1', ...SERVER }), [
      {
        'aws.local.service': 'shop',
        'aws.local.environment': 'ecs:prod',
        'aws.local.operation': 'GET /orders/:id',
        'aws.span.kind': 'LOCAL_ROOT',
        'http.request.method': 'GET',
      },
    ]);
  });

  it('says who was called, what for, and by which operation, however deep the call is', () => {
    const [call] = told(
      { id: '3', parent: '2', ...CALL },
      { id: '2', parent: '1' },
      { id: '1', parent: '9', remote: true, ...SERVER },
    );
    assert.deepEqual(call, {
      ...CALL.attributes,
      'aws.local.service': 'shop',
      'aws.local.environment': 'ecs:prod',
      'aws.local.operation': 'GET /orders/:id',
      'aws.span.kind': 'CLIENT',
      'aws.remote.service': 'pay',
      'aws.remote.operation': 'GET /x',
    });
  });

  it('says no operation where the request is not among the spans', () => {
    const [call] = told({ id: '3', parent: '2', ...CALL });
    assert.equal(call?.['aws.local.operation'], undefined);
    assert.equal(call?.['aws.span.kind'], 'CLIENT');
  });

  it('takes the first part of the path where no route is known', () => {
    const operation = (name: string, attributes: Attributes) =>
      told({ id: '1', kind: SpanKind.SERVER, name, attributes })[0]?.['aws.local.operation'];
    assert.equal(operation('GET', { 'http.request.method': 'GET', 'url.path': '/orders/7' }), 'GET /orders');
    assert.equal(operation('GET', { 'http.method': 'GET', 'http.target': '/?a=b' }), 'GET /');
    assert.equal(operation('HTTP', { 'http.request.method': '_OTHER', 'url.path': '/a' }), '_OTHER /a');
    assert.equal(operation('shop.Pay/Charge', { 'rpc.system': 'grpc' }), 'shop.Pay/Charge');
    assert.equal(operation('', {}), 'UnknownOperation');
  });

  it('calls what no request caused internal', () => {
    const operations = (...spans: Given[]) => told(...spans).map((attributes) => attributes['aws.local.operation']);
    assert.deepEqual(operations({ id: '1', ...CALL }, { id: '2', name: 'job' }), [
      'InternalOperation',
      'InternalOperation',
    ]);
    assert.deepEqual(operations({ id: '1', kind: SpanKind.CONSUMER, name: 'jobs process' }), ['jobs process']);
  });

  it('keeps what a span says of itself', () => {
    const given = { 'aws.local.operation': 'mine', 'aws.remote.service': 'theirs', 'aws.span.kind': 'CLIENT' };
    const [attributes] = told({ id: '1', ...CALL, attributes: { ...CALL.attributes, ...given } });
    assert.deepEqual({ ...attributes, ...given }, attributes);
  });

  it('names no operation of spans that are each other’s parents, and ends', () => {
    const circle = told({ id: '1', parent: '2' }, { id: '2', parent: '1' });
    assert.deepEqual(
      circle.map((attributes) => attributes['aws.local.operation']),
      [undefined, undefined],
    );
  });
});

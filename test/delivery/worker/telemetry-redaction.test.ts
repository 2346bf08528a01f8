import assert from 'node:assert/strict';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType, type ScopeMetrics } from '@opentelemetry/sdk-metrics';
import { TelemetryRedaction } from '../../../src/delivery/worker/telemetry-redaction.js';
import { createRedactor, type Redactor } from '../../../src/redaction/redactor.js';
import type { PlainLogRecord, PlainSpan } from '../../../src/wire/messages.js';
import { SEEDS } from '../../redaction/secrets.js';

const SCOPE = { name: 'app' };
const CONTEXT = { traceId: '5e1b41515ac6c58f5b5dbf7f2c1d5a4f', spanId: '53995c3f42cd8ad8', traceFlags: 1 };

function spanWith(text: string): PlainSpan {
  return {
    name: `GET ${text}`,
    kind: SpanKind.SERVER,
    context: CONTEXT,
    startTime: [1, 0],
    endTime: [2, 0],
    status: { code: SpanStatusCode.ERROR, message: text },
    attributes: { 'url.path': `/a/${text}`, list: ['plain', text], 'http.response.status_code': 500 },
    links: [{ context: CONTEXT, attributes: { note: text } }],
    events: [
      { name: text, time: [1, 4] },
      { name: 'exception', time: [1, 5], attributes: { 'exception.message': text, 'exception.stacktrace': text } },
    ],
    scope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function metricsWith(text: string): ScopeMetrics {
  return {
    scope: SCOPE,
    metrics: [
      {
        descriptor: { name: 'orders', description: '', unit: '', valueType: 1 } as never,
        aggregationTemporality: AggregationTemporality.DELTA,
        dataPointType: DataPointType.SUM,
        isMonotonic: true,
        dataPoints: [{ startTime: [1, 0], endTime: [2, 0], attributes: { source: text, shop: 'main' }, value: 7 }],
      },
    ],
  };
}

function recordWith(text: string): PlainLogRecord {
  return {
    hrTime: [1, 0],
    hrTimeObserved: [1, 0],
    body: { text, nested: [{ text }] },
    eventName: text,
    attributes: { note: text, map: { note: [text] } },
    scope: SCOPE,
    droppedAttributesCount: 0,
  };
}

describe('redaction of telemetry', () => {
  const redaction = new TelemetryRedaction(createRedactor());

  function redacted(span: PlainSpan): PlainSpan {
    redaction.redactSpan(span);
    return span;
  }

  for (const { name, secret, text } of SEEDS) {
    it(`finds ${name} in spans, metrics and log records`, () => {
      const output = JSON.stringify([
        redacted(spanWith(text)),
        redaction.redact({ kind: 'metrics', scopeMetrics: [metricsWith(text)] }),
        redaction.redact({ kind: 'logs', records: [recordWith(text)] }),
        redaction.attributes({ note: text }),
      ]);
      assert.equal(output.includes(secret), false, output);
    });
  }

  it('finds a secret in the names of scopes and metrics, in descriptions and units', () => {
    const secret = 'password=hunter2';
    const scope = metricsWith('x');
    const metric = scope.metrics[0];
    assert.ok(metric);
    const named = {
      scope: { name: secret, version: secret, schemaUrl: secret },
      metrics: [{ ...metric, descriptor: { name: secret, description: secret, unit: secret, valueType: 1 } as never }],
    };
    const output = JSON.stringify([
      redaction.redact({ kind: 'metrics', scopeMetrics: [named] }),
      redaction.redact({ kind: 'logs', records: [{ ...recordWith('x'), scope: named.scope }] }),
      redacted({ ...spanWith('x'), scope: named.scope }),
    ]);
    assert.equal(output.includes('hunter2'), false, output);
  });

  it('reads queries, paths and statements as what they are', () => {
    const attributes = {
      'http.route': '/reset/:token',
      'url.path': '/reset/SECRET',
      'url.query': 'code=SECRET&state=1',
      'url.full': 'https://shop.example/reset/SECRET?key=SECRET',
      'http.target': '/reset/SECRET?code=SECRET',
      'db.system.name': 'postgresql',
      'db.query.text': "SELECT * FROM notes WHERE note='SECRET'",
    };
    assert.deepEqual(redaction.attributes(attributes), {
      'http.route': '/reset/:token',
      'url.path': '/reset/[redacted]',
      'url.query': 'code=REDACTED&state=1',
      'url.full': 'https://shop.example/reset/[redacted]?key=REDACTED',
      'http.target': '/reset/[redacted]?code=REDACTED',
      'db.system.name': 'postgresql',
      'db.query.text': 'SELECT * FROM notes WHERE note=?',
    });
    const { 'http.route': route, ...own } = attributes;
    const span = redacted({ ...spanWith('x'), attributes: own, sharedAttributes: { 'http.route': route } });
    assert.equal(JSON.stringify(span).includes('SECRET'), false);
  });

  it('goes by the name of an attribute as well, whatever it holds', () => {
    const attributes = {
      'http.request.header.authorization': ['Basic x', 'y'],
      'shop.password': 'kitten',
      pin: 1234,
      'user.cookies.accepted': true,
    };
    assert.deepEqual(redaction.attributes(attributes), {
      'http.request.header.authorization': '[redacted]',
      'shop.password': '[redacted]',
      pin: '[redacted]',
      'user.cookies.accepted': true,
    });
  });

  it('leaves what is no secret as it is', () => {
    const attributes = {
      'url.full': 'https://api.example/v1?page=2',
      'db.query.text': 'SELECT * FROM orders WHERE id = $1',
      'gen_ai.token.type': 'input',
      'gen_ai.usage.input_tokens': 812,
      'process.pid': 4711,
      'container.id': 'f'.repeat(64),
      bytes: undefined,
    };
    assert.deepEqual(redaction.attributes(attributes), attributes);
    const span = spanWith('nothing');
    const before = structuredClone(span);
    assert.deepEqual(redacted(span), before);
    const scope = metricsWith('nothing');
    assert.deepEqual(redaction.redact({ kind: 'metrics', scopeMetrics: [scope] }), {
      kind: 'metrics',
      scopeMetrics: [scope],
    });
  });

  it('leaves records alone that come without secrets', () => {
    const trusting = new TelemetryRedaction(createRedactor(), ({ scope }) => scope.name === 'app');
    const record = recordWith('password=hunter2');
    assert.deepEqual(trusting.redact({ kind: 'logs', records: [record] }), { kind: 'logs', records: [record] });
  });

  it('goes twelve levels deep and lets nothing of the thirteenth through', () => {
    const nested = (levels: number): object => (levels === 0 ? { leaf: 'deep' } : { in: nested(levels - 1) });
    const told = (levels: number): string =>
      JSON.stringify(
        redaction.redact({ kind: 'logs', records: [{ ...recordWith('x'), body: nested(levels) as never }] }),
      );
    assert.match(told(11), /deep/);
    assert.doesNotMatch(told(12), /deep/);
  });

  it('looks at a text that comes again once, as long as it is one of the last 2000', () => {
    let looks = 0;
    const counting: Redactor = { ...createRedactor(), text: (value) => `${value}${++looks > 0 ? '' : ''}` };
    const counted = new TelemetryRedaction(counting);
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 2000; index++) counted.attributes({ route: `/r/${index}` });
    }
    assert.equal(looks, 2000);
    counted.attributes({ route: 'one more' });
    counted.attributes({ route: '/r/0' });
    assert.equal(looks, 2002);
  });
});

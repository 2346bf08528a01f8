import assert from 'node:assert/strict';
import type { Span } from '../../src/studio/otlp-model.js';
import { LogGroup, LogStream } from '../../src/studio/store/log-groups.js';
import { Store } from '../../src/studio/store/store.js';
import { EVER } from '../../src/studio/time-range.js';
import { traceIdIn } from '../../src/studio/trace-report.js';
import { search } from '../../src/studio/views/search.js';

const T0 = Date.UTC(2026, 10, 22, 12);
const ID = '6b06ae547b31dd52823331e9718c0f83';
const XRAY = '1-6b06ae54-7b31dd52823331e9718c0f83';

const span = (traceId: string, name: string, attributes: Span['attributes']): Span => ({
  receiver: 'xray',
  arrived: T0,
  resource: { 'service.name': 'shop' },
  scope: { name: 't', attributes: {} },
  traceId,
  spanId: '0000000000000001',
  flags: 1,
  name,
  kind: 2,
  startTimeUnixNano: `${T0}000000`,
  endTimeUnixNano: `${T0 + 10}000000`,
  attributes,
  droppedAttributesCount: 0,
  events: [],
  links: [],
  status: { code: 0 },
});

function filled(): Store {
  const store = new Store(1024 * 1024);
  store.traces.add(span(ID, 'GET /orders/:id', { 'http.route': '/orders/:id', 'db.system.name': 'postgresql' }));
  store.traces.add(span('b'.repeat(32), 'GET /other', {}));
  const group = new LogGroup('/shop/errors', T0, 'STANDARD', {});
  const stream = new LogStream('s', T0);
  store.logs.createGroup(group);
  store.logs.createStream(group, stream);
  const event = {
    eventName: 'exception',
    traceId: ID,
    attributes: {
      exception: { type: 'TypeError', message: 'no such order', stacktrace: '' },
      error: { fingerprint: 'f1' },
    },
  };
  store.logs.append(stream, T0, JSON.stringify(event), T0);
  store.metrics.put('Shop', 'orders.open', [{ name: 'Service', value: 'shop' }], {
    timestamp: T0,
    arrived: T0,
    unit: 'Count',
    resolution: 60,
    value: 1,
  });
  return store;
}

describe('The search', () => {
  for (const [text, id] of [
    [ID, ID],
    [ID.toUpperCase(), ID],
    [XRAY, ID],
    [`Root=${XRAY};Parent=53995c3f42cd8ad8;Sampled=1`, ID],
    [`00-${ID}-53995c3f42cd8ad8-01`, ID],
    [`the trace ${ID}.`, ID],
    [`${ID}0`, undefined],
    [ID.slice(1), undefined],
    ['1-6b06ae54-7b31', undefined],
  ] as const) {
    it(`${id === undefined ? 'sees no trace id' : 'sees the trace id'} in ${text}`, () => {
      assert.equal(traceIdIn(text), id);
    });
  }

  it('finds a trace and its errors by the id, whatever the range', () => {
    const past = { start: 0, end: 1 };
    const { hits } = search(filled(), [], XRAY, past);
    assert.deepEqual(
      hits.map(({ kind, id }) => [kind, id]),
      [
        ['trace', ID],
        ['error', 'f1'],
      ],
    );
  });

  for (const [text, found] of [
    ['/orders/:id', [`trace ${ID}`]],
    ['POSTGRESQL get', [`trace ${ID}`]],
    ['such order', ['error f1']],
    ['orders.open shop', ['metric']],
    ['nosuch', []],
    [' ', []],
  ] as const) {
    it(`finds ${found.length} by the text ${JSON.stringify(text)}`, () => {
      const { hits, more } = search(filled(), [], text, EVER);
      assert.deepEqual(
        hits.map(({ kind, id }) => (kind === 'metric' ? kind : `${kind} ${id}`)),
        found,
      );
      assert.equal(more, 0);
    });
  }

  it('shows 50 of a kind and counts the others', () => {
    const store = new Store(1024 * 1024);
    for (let index = 0; index < 51; index += 1) {
      store.traces.add(span(index.toString(16).padStart(32, '0'), 'GET /many', {}));
    }
    const { hits, more } = search(store, [], '/many', EVER);
    assert.deepEqual([hits.length, more], [50, 1]);
  });
});

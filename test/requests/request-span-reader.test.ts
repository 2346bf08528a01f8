import assert from 'node:assert/strict';
import { resourceFromAttributes } from '@opentelemetry/resources';
import fc from 'fast-check';
import { fromPlainSpan } from '../../src/delivery/worker/delivered.js';
import { TelemetryRedaction } from '../../src/delivery/worker/telemetry-redaction.js';
import { createRedactor } from '../../src/redaction/redactor.js';
import { RequestSpanReader } from '../../src/requests/request-span-reader.js';
import { addApplicationSignals } from '../../src/tracing/application-signals.js';
import type { PlainRequestSpan } from '../../src/wire/request-span.js';

const RESOURCE = resourceFromAttributes({ 'service.name': 'shop', 'deployment.environment.name': 'prod' });
const SECRET = 'AKIAIOSFODNN7EXAMPLE';

interface Asked {
  method?: string | undefined;
  target?: string;
  scheme?: string;
  version?: string;
  host?: string | undefined;
  userAgent?: string | undefined;
  addresses?: string[] | undefined;
  peer?: string;
  port?: number;
  status?: number | undefined;
  errorType?: string | undefined;
  route?: string | undefined;
  more?: Record<string, string> | undefined;
}

function parts({ method = 'GET', target = '/a', scheme = 'http', version = '1.1', ...rest }: Asked): PlainRequestSpan {
  const { host = 'shop.example', userAgent, addresses, peer = '10.0.0.1', port = 4000 } = rest;
  const { status = 200, errorType, route, more } = rest;
  return [
    ...([method, target, scheme, version, host, userAgent, addresses, peer, port] as const),
    ...(['a'.repeat(32), 'b'.repeat(16), 1, undefined, undefined, undefined, 1_700_000_000_000, 1.5] as const),
    ...([status, errorType, route, more] as const),
  ];
}

/** Through all that works on a span before it is written. */
function way(): (asked: Asked) => { name: string; status: unknown; attributes: unknown; shared: object | undefined } {
  const reader = new RequestSpanReader({ name: 'requests' });
  const redaction = new TelemetryRedaction(createRedactor());
  return (asked) => {
    const span = reader.read(parts(asked));
    redaction.redactSpan(span);
    addApplicationSignals(span, RESOURCE.attributes);
    const { name, status, attributes } = fromPlainSpan(span, RESOURCE);
    return { name, status, attributes, shared: span.sharedAttributes };
  };
}

const some = <T>(...values: T[]) => fc.constantFrom(...values);
const asked: fc.Arbitrary<Asked> = fc.record({
  method: some('GET', 'POST', 'get', 'BREW'),
  target: some('/a', '/b', '/a?x=1', `/a?token=${SECRET}`, '/a/b?Signature=x', 'http://other.example/a'),
  scheme: some('http', 'https'),
  version: some('1.1', '2.0'),
  host: some(undefined, 'shop.example', 'shop.example:8080', `${SECRET}.example`),
  userAgent: some(undefined, 'curl', `curl ${SECRET}`),
  addresses: some<string[] | undefined>(
    undefined,
    ['x-forwarded-for', '1.2.3.4, 5.6.7.8'],
    ['x-forwarded-host', 'cdn.example', 'x-forwarded-proto', 'https'],
    ['forwarded', 'host=fwd.example:81;proto=http;for=9.9.9.9'],
  ),
  peer: some('10.0.0.1', '10.0.0.2'),
  port: some(4000, 4001),
  status: some<number | undefined>(200, 404, 503, undefined),
  errorType: some<string | undefined>(undefined, 'aborted', 'TypeError'),
  route: some<string | undefined>(undefined, '/a', '/b', `/${SECRET}`),
  more: some<Record<string, string> | undefined>(undefined, { 'http.route': '/of-the-sampler', x: SECRET }),
});

describe('spans of requests', () => {
  it('say of each request the same, whatever others came before it', () => {
    fc.assert(
      fc.property(fc.array(asked, { minLength: 2, maxLength: 40 }), (requests) => {
        const shared = way();
        for (const request of requests) {
          const { shared: _with, ...told } = shared(request);
          const { shared: _alone, ...alone } = way()(request);
          assert.deepEqual(told, alone);
          assert.ok(!JSON.stringify(told).includes(SECRET));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('share what requests of one kind have in common, and nothing that tells a client', () => {
    const read = way();
    const first = read({ route: '/a', target: '/a?1', userAgent: 'one', peer: '10.0.0.1' });
    const second = read({ route: '/a', target: '/a?2', userAgent: 'two', peer: '10.0.0.2', port: 1 });
    assert.ok(first.shared);
    assert.equal(second.shared, first.shared);
    assert.deepEqual(first.shared, {
      'http.request.method': 'GET',
      'url.scheme': 'http',
      'network.protocol.version': '1.1',
      'server.address': 'shop.example',
      'server.port': 80,
      'http.response.status_code': 200,
      'http.route': '/a',
      'aws.local.service': 'shop',
      'aws.local.environment': 'prod',
      'aws.local.operation': 'GET /a',
      'aws.span.kind': 'LOCAL_ROOT',
    });
  });

  it('share it between queries of one path, where there is no route', () => {
    const read = way();
    assert.equal(read({ target: '/static?v=1' }).shared, read({ target: '/static?v=2' }).shared);
    assert.notEqual(read({ target: '/static' }).shared, read({ target: '/other' }).shared);
  });

  it('share nothing where the sampler or a reading tells more of the request', () => {
    const read = way();
    assert.equal(read({ more: { x: 'y' } }).shared, undefined);
    assert.deepEqual(
      (read({ route: '/a', more: { 'http.route': '/b' } }).attributes as { 'http.route': string })['http.route'],
      '/a',
    );
  });

  it('remember 1000 routes, 16 kinds of each, and 256 characters of all that tells one', () => {
    const ofRoutes = (count: number) => {
      const read = way();
      const { shared } = read({ route: '/0' });
      for (let n = 1; n < count; n += 1) read({ route: `/${n}` });
      return shared === read({ route: '/0' }).shared;
    };
    assert.deepEqual([ofRoutes(1000), ofRoutes(1001)], [true, false]);
    const ofKinds = (count: number) => {
      const read = way();
      const { shared } = read({ host: 'h0' });
      for (let n = 1; n < count; n += 1) read({ host: `h${n}` });
      return shared === read({ host: 'h0' }).shared;
    };
    assert.deepEqual([ofKinds(16), ofKinds(17)], [true, false]);
    for (const name of ['route', 'target', 'host', 'method', 'errorType'] as const) {
      const ofLength = (length: number) => {
        const read = way();
        const asked = { [name]: '/'.padEnd(length, 'x') };
        const { shared } = read(asked);
        return shared === read(asked).shared;
      };
      assert.deepEqual([ofLength(256), ofLength(257)], [true, false], name);
    }
  });
});

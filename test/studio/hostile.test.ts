import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { MAX_BODY_BYTES, MAX_WIRE_BYTES } from '../../src/studio/http.js';
import { runningStudio } from './running.js';

const AUTHORIZATION = (service: string) =>
  `AWS4-HMAC-SHA256 Credential=A/20261122/us-west-2/${service}/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
const signed = (service: string, target: string) => ({
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': target,
  'x-amz-date': new Date().toISOString().replace(/[-:]|\.\d{3}/g, ''),
  authorization: AUTHORIZATION(service),
});
const METRICS = () => signed('monitoring', 'GraniteServiceVersion20100801.PutMetricData');
const LOGS = () => signed('logs', 'Logs_20140328.PutLogEvents');
const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const JSON_TYPE = { 'content-type': 'application/json' };

describe('Hostile input', () => {
  const studio = runningStudio();
  const post = async (path: string, body: Uint8Array | string, headers: Record<string, string>) => {
    const response = await fetch(studio().url + path, { method: 'POST', body, headers });
    const text = await response.text();
    assert.ok(response.status < 500, text);
    return response.status;
  };
  const lives = async () => assert.equal((await fetch(`${studio().url}/api/summary`)).status, 200);

  it('of broken gzip is answered 400', async () => {
    const whole = gzipSync(JSON.stringify({ Namespace: 'N', MetricData: [] }));
    assert.equal(await post('/', whole.subarray(0, -9), { ...METRICS(), 'content-encoding': 'gzip' }), 400);
    assert.equal(await post('/v1/traces', Buffer.from('not gzip'), { ...PROTOBUF, 'content-encoding': 'gzip' }), 400);
    assert.equal(await post('/v1/traces', Buffer.alloc(0), { ...PROTOBUF, 'content-encoding': 'gzip' }), 400);
    const refused = studio().store.refused.list();
    assert.deepEqual(
      refused.map(({ service, action, code, message }) => [service, action, code, message]),
      [
        ['cloudwatch', 'PutMetricData', 'Http400', 'The body is not valid gzip.'],
        ['otlp', 'v1/traces', 'Http400', 'The body is not valid gzip.'],
        ['otlp', 'v1/traces', 'Http400', 'The body is not valid gzip.'],
      ],
    );
    await lives();
  });

  it('in an unknown encoding is answered 415', async () => {
    for (const encoding of ['br', 'deflate', 'gzip, gzip']) {
      assert.equal(await post('/v1/traces', Buffer.from('x'), { ...PROTOBUF, 'content-encoding': encoding }), 415);
    }
  });

  it('that bursts when decompressed is answered 413', async () => {
    const bomb = gzipSync(Buffer.alloc(MAX_BODY_BYTES + 1));
    assert.ok(bomb.length < 100_000);
    assert.equal(await post('/v1/traces', bomb, { ...PROTOBUF, 'content-encoding': 'gzip' }), 413);
    await lives();
  });

  it('that bursts sixty times at once takes no more memory than one body and half of the bound', async () => {
    const { ledger } = studio().store;
    const hold = ledger.hold.bind(ledger);
    let most = 0;
    ledger.hold = () => {
      const held = hold();
      return {
        release: held.release,
        grow: (bytes) => {
          const grown = held.grow(bytes);
          most = Math.max(most, ledger.inFlight);
          return grown;
        },
      };
    };
    const bomb = gzipSync(Buffer.alloc(MAX_BODY_BYTES + 1));
    const headers = { ...PROTOBUF, 'content-encoding': 'gzip' };
    const answers = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const response = await fetch(`${studio().url}/v1/traces`, { method: 'POST', body: bomb, headers });
        await response.text();
        return response;
      }),
    );
    for (const { status, headers } of answers) {
      assert.ok(status === 413 || (status === 503 && headers.get('retry-after') === '1'), String(status));
    }
    assert.ok(
      answers.some(({ status }) => status === 503),
      'some are sent away',
    );
    assert.ok(most <= MAX_BODY_BYTES + ledger.maxBytes / 2, `${most} bytes in flight`);
    assert.equal(ledger.inFlight, 0);
    await lives();
  });

  it('that announces too much is answered 413 before it is read', async () => {
    const answer = await raw(
      `POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${MAX_WIRE_BYTES + 1}\r\nContent-Type: application/x-protobuf\r\n\r\nx`,
    );
    assert.match(answer, /^HTTP\/1\.1 413 /);
    await lives();
  });

  it('that breaks off is survived', async () => {
    const socket = connect(studio().port, '127.0.0.1');
    socket.write('POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nabc');
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();
    await lives();
  });

  it('that is not HTTP is answered 400', async () => {
    assert.match(await raw('\u0000\u0001\u0002\r\n\r\n'), /^HTTP\/1\.1 400 /);
    await lives();
  });

  it('without a Host is refused', async () => {
    assert.match(await raw('GET /api/summary HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 403 /);
  });

  const BODIES = [
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '5',
    '{"Namespace":{}}',
    '{"MetricData":5}',
    '{"MetricData":[null]}',
    '{"__proto__":{"x":1}}',
    '\ufffd\u0000',
  ];
  for (const body of BODIES) {
    it(`${JSON.stringify(body)} is answered 4xx by CloudWatch and by Logs`, async () => {
      for (const headers of [METRICS(), LOGS()]) {
        const status = await post('/', body, headers);
        assert.ok(status >= 400 && status < 500, String(status));
      }
    });
  }

  it('that nests too deeply is refused, in JSON and in protobuf', async () => {
    const deep = `${'{"arrayValue":{"values":['.repeat(200)}{}${']}}'.repeat(200)}`;
    const log = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${deep}}]}]}]}`;
    assert.equal(await post('/v1/logs', log, JSON_TYPE), 400);
    assert.equal(await post('/v1/logs', '['.repeat(200_000), JSON_TYPE), 400);
    let nested: Buffer = Buffer.alloc(0);
    for (let depth = 0; depth < 120; depth += 1) nested = field(5, field(1, nested));
    assert.equal(await post('/v1/logs', field(1, field(2, field(2, field(5, nested)))), PROTOBUF), 400);
    await lives();
  });

  it('with numbers of wrong types in OTLP is answered 400', async () => {
    const span = (extra: object) => JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [extra] }] }] });
    const bad = [
      { traceId: 'zz' },
      { startTimeUnixNano: 'yesterday' },
      { startTimeUnixNano: -1 },
      { attributes: 'x' },
      { attributes: [5] },
      { kind: 'SERVER' },
      { events: {} },
    ];
    for (const extra of bad) assert.equal(await post('/v1/traces', span(extra), JSON_TYPE), 400, JSON.stringify(extra));
  });

  it('of random bytes is never answered 5xx', async () => {
    const path = fc.constantFrom(
      '/',
      '/v1/traces',
      '/v1/metrics',
      '/v1/logs',
      '/GetSamplingRules',
      '/SamplingTargets',
      '/api/faults',
    );
    const kind = fc.constantFrom({ ...PROTOBUF }, { ...JSON_TYPE }, METRICS(), LOGS(), {
      'content-type': 'application/x-www-form-urlencoded',
    });
    const encoding = fc.constantFrom<Record<string, string>>({}, { 'content-encoding': 'gzip' });
    await fc.assert(
      fc.asyncProperty(
        path,
        kind,
        encoding,
        fc.uint8Array({ maxLength: 200 }),
        async (where, type, compressed, bytes) => {
          const body = compressed['content-encoding'] === undefined ? bytes : gzipSync(bytes);
          const status = await post(where, body, { ...type, ...compressed } as Record<string, string>);
          assert.ok(status < 500, `${where} ${status}`);
        },
      ),
      { numRuns: 300 },
    );
    await lives();
  });

  it('that is an export cut off or altered anywhere is never answered 5xx', async () => {
    const text = (value: string) => Buffer.from(value);
    const span = Buffer.concat([
      field(1, Buffer.alloc(16, 1)),
      field(2, Buffer.alloc(8, 2)),
      field(5, text('name')),
      field(9, Buffer.concat([field(1, text('key')), field(2, field(1, text('value')))])),
    ]);
    const whole = field(1, field(2, field(2, span)));
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), fc.nat(whole.length - 1), fc.nat(255), async (length, at, byte) => {
        const altered = Buffer.from(whole);
        altered[at] = byte;
        for (const body of [whole.subarray(0, length), altered]) {
          const status = await post('/v1/traces', body, PROTOBUF);
          assert.ok(status === 200 || status === 400, String(status));
        }
      }),
      { numRuns: 150 },
    );
    await lives();
  });

  it('with a JSON body of any shape is never answered 5xx', async () => {
    const signals = fc.constantFrom(
      ['traces', 'resourceSpans', 'scopeSpans', 'spans'],
      ['metrics', 'resourceMetrics', 'scopeMetrics', 'metrics'],
      ['logs', 'resourceLogs', 'scopeLogs', 'logRecords'],
    );
    await fc.assert(
      fc.asyncProperty(signals, fc.jsonValue(), fc.nat(3), async (names, value, depth) => {
        const [signal = '', ...path] = names;
        const body = path.slice(0, depth).reduceRight<unknown>((inner, name) => ({ [name]: [inner] }), value);
        const status = await post(`/v1/${signal}`, JSON.stringify(body), JSON_TYPE);
        assert.ok(status === 200 || status === 400, String(status));
      }),
      { numRuns: 200 },
    );
  });

  /** Sends bytes and returns what comes until the other end closes. */
  function raw(bytes: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(studio().port, '127.0.0.1', () => socket.write(bytes));
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk;
        socket.end();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(answer));
    });
  }
});

/** A length-delimited protobuf field. */
function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

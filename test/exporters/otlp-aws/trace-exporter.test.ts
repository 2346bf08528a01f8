import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import net from 'node:net';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';
import type { OtlpExporterInternals } from '../../../exporters/otlp-aws/delivery-options.js';
import { AwsOtlpTraceExporter, type AwsOtlpTraceExporterOptions } from '../../../exporters/otlp-aws/trace-exporter.js';
import { type Handler, type LoopbackServer, startServer } from '../aws/loopback-server.js';
import { assertSigned } from '../aws/recompute-signature.js';
import { settled, until } from '../aws/waiting.js';
import { encode, spansOf } from './otlp-proto.js';
import { RESOURCE, span, spans } from './spans.js';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const SCOPE = { ...CREDENTIALS, service: 'xray', region: 'eu-west-1' };
const HOUR = 3_600_000;

const accept: Handler = (_received, response) => {
  response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
};
const answerError = (response: ServerResponse, status: number, type: string, message = type, headers = {}) =>
  response
    .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type, ...headers })
    .end(JSON.stringify({ message }));

describe('AWS OTLP trace exporter', () => {
  let server: LoopbackServer;
  let made: AwsOtlpTraceExporter[] = [];
  const lines: string[] = [];

  beforeEach(async () => {
    server = await startServer(accept);
    lines.length = 0;
    const line = (text: string) => lines.push(text);
    diag.setLogger({ error: line, warn: line, info: line, debug: () => {}, verbose: () => {} }, DiagLogLevel.WARN);
  });

  afterEach(async () => {
    diag.disable();
    await server.close();
    await Promise.all(made.map((exporter) => exporter.shutdown()));
    made = [];
  });

  function create(
    options: AwsOtlpTraceExporterOptions = {},
    internals: OtlpExporterInternals = {},
  ): AwsOtlpTraceExporter {
    const exporter = new AwsOtlpTraceExporter(
      {
        region: 'eu-west-1',
        credentials: CREDENTIALS,
        endpoint: server.url,
        shutdownTimeout: 300,
        ...options,
      },
      { random: () => 0, ...internals },
    );
    made.push(exporter);
    return exporter;
  }

  const send = (exporter: AwsOtlpTraceExporter, given: ReadableSpan[]) =>
    new Promise<ExportResult>((resolve) => exporter.export(given, resolve));
  const dropped = (exporter: AwsOtlpTraceExporter) =>
    Object.fromEntries(
      exporter
        .status()
        .counters.filter(({ name }) => name === 'dropped')
        .map(({ reason, value }) => [reason, value]),
    );
  const total = (exporter: AwsOtlpTraceExporter, name: string) =>
    exporter
      .status()
      .counters.filter((count) => count.name === name)
      .reduce((sum, { value }) => sum + value, 0);
  /** Answers so for the first `times` requests, then accepts. */
  const first = (times: number, handle: Handler): Handler => {
    let left = times;
    return (received, response) => {
      left -= 1;
      return left >= 0 ? handle(received, response) : accept(received, response);
    };
  };

  for (const hasOwnThread of [false, true])
    it(`posts protobuf, compressed ${hasOwnThread ? 'in its own thread' : 'in the pool'} and signed over the exact bytes, to the path of traces`, async () => {
      const exporter = create({}, { hasOwnThread });
      const given = spans(20);
      assert.equal((await send(exporter, given)).code, ExportResultCode.SUCCESS);
      const [request] = server.received;
      assert.ok(request);
      assert.equal(`${request.method} ${request.path}`, 'POST /v1/traces');
      assert.equal(request.headers['content-type'], 'application/x-protobuf');
      assert.equal(request.headers['content-encoding'], 'gzip');
      assert.ok(request.raw.length < request.body.length / 2);
      assertSigned(request, SCOPE);
      assert.deepEqual(
        spansOf(request.body).map(({ spanId }) => Buffer.from(spanId).toString('hex')),
        given.map((one) => one.spanContext().spanId),
      );
      assert.equal(total(exporter, 'sent'), 20);
    });

  for (const hasOwnThread of [false, true]) {
    it(`${hasOwnThread ? 'leaves the thread pool alone when it has' : 'uses the thread pool when it has not'} its own thread`, async () => {
      const streams = new Set<number>();
      let done = 0;
      const hook = createHook({
        init: (id, type) => void (type === 'ZLIB' && streams.add(id)),
        // Of what a thread of the pool has done.
        before(id) {
          if (streams.has(id)) done += 1;
        },
      }).enable();
      await send(create({}, { hasOwnThread }), spans(20));
      hook.disable();
      assert.equal(server.received[0]?.headers['content-encoding'], 'gzip');
      assert.equal(done > 0, !hasOwnThread);
    });
  }

  it('sends a small request uncompressed', async () => {
    await send(create(), [span()]);
    assert.equal(server.received[0]?.headers['content-encoding'], undefined);
  });

  it('sends the token of temporary credentials', async () => {
    await send(create({ credentials: { ...CREDENTIALS, sessionToken: 'token' } }), [span()]);
    const [request] = server.received;
    assert.ok(request);
    assert.equal(request.headers['x-amz-security-token'], 'token');
    assertSigned(request, SCOPE);
  });

  it('keeps its connection between requests', async () => {
    const exporter = create();
    for (let request = 0; request < 5; request += 1) await send(exporter, [span()]);
    assert.equal(server.connections, 1);
  });

  it('corrects its clock from the answer that refuses the signature, and sends again with corrected times', async () => {
    let off = true;
    server.handle = (received, response) => {
      response.setHeader('date', new Date(Date.now() + HOUR).toUTCString());
      const time = String(received.headers['x-amz-date']).replace(
        /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
        '$1-$2-$3T$4:$5:$6Z',
      );
      off = Math.abs(Date.parse(time) - Date.now() - HOUR) > 300_000;
      if (off) answerError(response, 403, 'SignatureDoesNotMatch', 'not as expected');
      else accept(received, response);
    };
    const exporter = create();
    assert.equal((await send(exporter, [span()])).code, ExportResultCode.SUCCESS);
    await exporter.forceFlush();
    assert.equal(server.received.length, 2);
    assert.ok(Math.abs(exporter.status().clockOffset - HOUR) < 2000);
    assert.equal(total(exporter, 'failed'), 1);
    await send(exporter, [span()]);
    assert.equal(server.received.length, 3);
    for (const request of server.received) assertSigned(request, SCOPE);
    assert.equal(lines.filter((line) => line.includes('clock is 60 minutes behind')).length, 1);
  });

  it('asks for credentials anew when they have expired at the service, and sends once more', async () => {
    let asked = 0;
    const credentials = async () => {
      asked += 1;
      return { accessKeyId: `KEY${asked}`, secretAccessKey: 'secret' };
    };
    server.handle = (received, response) => {
      if (/KEY1/.test(received.headers.authorization ?? '')) answerError(response, 403, 'ExpiredTokenException');
      else accept(received, response);
    };
    const exporter = create({ credentials });
    assert.equal((await send(exporter, [span()])).code, ExportResultCode.SUCCESS);
    await send(exporter, [span()]);
    assert.equal(asked, 2);
    assert.equal(server.received.length, 3);
  });

  it('keeps the spans while there are no credentials', async () => {
    let none = true;
    const credentials = async () => {
      if (none) throw Object.assign(new Error('Could not load credentials'), { name: 'CredentialsProviderError' });
      return CREDENTIALS;
    };
    const exporter = create({ credentials });
    assert.equal((await send(exporter, [span()])).code, ExportResultCode.SUCCESS);
    assert.equal(exporter.status().queue.items, 1);
    assert.ok(lines.some((line) => /Could not load credentials/.test(line)));
    none = false;
    await exporter.forceFlush();
    assert.equal(server.received.length, 1);
    assert.deepEqual(dropped(exporter), {});
  });

  it('keeps the spans and says why when no region is named', async () => {
    const exporter = new AwsOtlpTraceExporter({ credentials: CREDENTIALS, shutdownTimeout: 50 });
    made.push(exporter);
    await send(exporter, [span()]);
    assert.equal(exporter.status().queue.items, 1);
    assert.equal(exporter.status().url, undefined);
    assert.ok(lines.some((line) => /Region is missing/.test(line)));
  });

  it('says where it sends', () => {
    const { url, region } = new AwsOtlpTraceExporter({ region: 'cn-north-1' }).status();
    assert.equal(url, 'https://xray.cn-north-1.amazonaws.com.cn/v1/traces');
    assert.equal(region, 'cn-north-1');
    const vpc = new AwsOtlpTraceExporter({ endpoint: 'https://vpce-1-2.xray.us-east-1.vpce.amazonaws.com' }).status();
    assert.equal(vpc.region, 'us-east-1');
  });

  for (const [what, misbehave] of [
    ['a throttled request', (r) => answerError(r, 429, 'ThrottlingException')],
    ['a 503', (r) => r.writeHead(503).end('busy')],
    ['a 500', (r) => r.writeHead(500).end()],
    ['a reset connection', (r) => r.destroy()],
    ['a denied request', (r) => answerError(r, 403, 'AccessDeniedException')],
    [
      'an answer that breaks off',
      (r) => {
        r.writeHead(200, { 'content-length': '100' });
        r.write('x');
        setTimeout(() => r.destroy(), 5);
      },
    ],
  ] as [string, (response: ServerResponse) => void][]) {
    it(`keeps the spans over ${what} and delivers them later`, async () => {
      server.handle = first(2, (_received, response) => misbehave(response));
      const exporter = create();
      const given = spans(3);
      assert.equal((await send(exporter, given)).code, ExportResultCode.SUCCESS);
      await exporter.forceFlush();
      await exporter.forceFlush();
      const taken = server.received.slice(2).flatMap(({ body }) => spansOf(body));
      assert.deepEqual(
        taken.map(({ spanId }) => Buffer.from(spanId).toString('hex')),
        given.map((one) => one.spanContext().spanId),
      );
      assert.ok(total(exporter, 'retries') >= 1);
      assert.equal(total(exporter, 'sent'), 3);
      assert.deepEqual(dropped(exporter), {});
    });
  }

  for (const [what, handle] of [
    ['were taken', accept],
    ['are lost', (_received, response) => void answerError(response, 400, 'ValidationException')],
  ] as [string, Handler][]) {
    it(`frees the memory of spans that ${what}`, async function () {
      const { prototype } = ArrayBuffer as { prototype: { transfer?: (size: number) => ArrayBuffer } };
      const { transfer } = prototype;
      if (transfer === undefined) this.skip();
      const freed: number[] = [];
      prototype.transfer = function (this: ArrayBuffer, size) {
        freed.push(this.byteLength);
        return transfer.call(this, size);
      };
      try {
        server.handle = handle;
        await send(create(), spans(3));
      } finally {
        prototype.transfer = transfer;
      }
      // The memory in which spans and requests are written is larger.
      const ofSpans = freed.filter((size) => size < 65_536);
      assert.equal(ofSpans.length, 1);
      assert.ok((ofSpans[0] ?? 0) > 300);
      assert.ok(freed.length >= 3);
    });
  }

  it('waits as long as the service asks', async () => {
    server.handle = first(
      1,
      (_received, response) => void answerError(response, 429, 'ThrottlingException', 'x', { 'retry-after': '30' }),
    );
    const exporter = create();
    await send(exporter, [span()]);
    const { nextAttempt = 0 } = exporter.status().queue;
    assert.ok(nextAttempt - Date.now() > 25_000);
  });

  it('gives up a connection that is not made in time, and keeps the spans', async () => {
    const silent = net.createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as net.AddressInfo;
    const exporter = create({ endpoint: `https://127.0.0.1:${port}`, connectionTimeout: 50 });
    assert.equal((await send(exporter, [span()])).code, ExportResultCode.SUCCESS);
    assert.equal(exporter.status().queue.items, 1);
    assert.match(exporter.status().queue.trouble ?? '', /did not establish a connection within 50 ms/);
    silent.close();
  });

  it('gives up a request without an answer after its time, and keeps the spans', async () => {
    server.handle = () => {};
    const exporter = create({ requestTimeout: 50 });
    assert.equal((await send(exporter, spans(2))).code, ExportResultCode.SUCCESS);
    assert.equal(exporter.status().queue.items, 2);
    server.handle = accept;
    await exporter.forceFlush();
    assert.equal(total(exporter, 'sent'), 2);
  });

  it('sends again at once where the server had closed the idle connection', async () => {
    const exporter = create();
    await send(exporter, [span()]);
    server.handle = (_received, response) => {
      server.handle = accept;
      response.socket?.resetAndDestroy();
    };
    assert.equal((await send(exporter, [span()])).code, ExportResultCode.SUCCESS);
    assert.equal(total(exporter, 'failed'), 0);
    assert.equal(server.received.length, 3);
  });

  for (const [what, answer] of [
    ['a page of a captive portal', (r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
    ['a page that is text', (r) => r.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('OK')],
    ['a page of two megabytes', (r) => r.writeHead(200).end(Buffer.alloc(2_000_000))],
    ['a redirect to a portal', (r) => r.writeHead(307, { location: 'https://portal.example/' }).end()],
  ] as [string, (response: ServerResponse) => void][]) {
    it(`does not take ${what} for a success: the spans wait`, async () => {
      server.handle = (_received, response) => answer(response);
      const exporter = create();
      await send(exporter, spans(3));
      assert.equal(total(exporter, 'sent'), 0);
      assert.deepEqual(dropped(exporter), {});
      assert.equal(exporter.status().queue.items, 3);
      assert.match(lines.join(), /portal|proxy|an answer of more than/);
    });
  }

  it('reads partial success and counts what was rejected', async () => {
    server.handle = (_received, response) => {
      response.end(encode('TraceResponse', { partialSuccess: { rejectedSpans: 3, errorMessage: 'span too old' } }));
    };
    const exporter = create();
    const result = await send(exporter, spans(10));
    assert.equal(result.code, ExportResultCode.FAILED);
    assert.match(result.error?.message ?? '', /^3 items dropped: rejected/);
    assert.deepEqual(dropped(exporter), { rejected: 3 });
    assert.equal(total(exporter, 'sent'), 7);
    assert.ok(lines.some((line) => /span too old/.test(line)));
  });

  it('counts what was rejected of spans that wait apart, and of those that were sent alone', async () => {
    server.handle = (_received, response) => {
      response.end(encode('TraceResponse', { partialSuccess: { rejectedSpans: 5 } }));
    };
    const exporter = create();
    const old = span({ endTime: Date.now() - 15 * 24 * HOUR });
    const other = resourceFromAttributes({ 'service.name': 'other' });
    await send(exporter, [old, ...spans(3), ...spans(4, { resource: other })]);
    assert.deepEqual(dropped(exporter), { too_old: 1, rejected: 5 });
    assert.equal(total(exporter, 'sent'), 2);
    await until(() => exporter.status().queue.items === 0);
  });

  it('takes a partial success that rejects nothing for a warning', async () => {
    server.handle = (_received, response) => {
      response.end(encode('TraceResponse', { partialSuccess: { errorMessage: 'deprecated attribute' } }));
    };
    assert.equal((await send(create(), spans(2))).code, ExportResultCode.SUCCESS);
    assert.ok(lines.some((line) => /deprecated attribute/.test(line)));
  });

  it('takes an answer that it cannot read for success', async () => {
    server.handle = (_received, response) => {
      response.end('{"partialSuccess":{}}');
    };
    assert.equal((await send(create(), spans(2))).code, ExportResultCode.SUCCESS);
  });

  it('halves what the service finds too large', async () => {
    server.handle = (received, response) => {
      if (spansOf(received.body).length > 3) response.writeHead(413).end();
      else accept(received, response);
    };
    const exporter = create();
    assert.equal((await send(exporter, spans(10))).code, ExportResultCode.SUCCESS);
    assert.equal(total(exporter, 'sent'), 10);
    assert.deepEqual(dropped(exporter), {});
  });

  it('finds the span for which the service refuses a request', async () => {
    server.handle = (received, response) => {
      if (spansOf(received.body).some(({ name }) => name === 'poison'))
        answerError(response, 400, 'ValidationException');
      else accept(received, response);
    };
    const exporter = create();
    await send(exporter, [...spans(6), span({ name: 'poison' }), ...spans(6)]);
    assert.equal(total(exporter, 'sent'), 12);
    assert.deepEqual(dropped(exporter), { refused: 1 });
  });

  it('sends 10 000 spans in one request and 10 001 in two', async () => {
    const exporter = create({ maxSpansPerRequest: 50_000, maxQueueBytes: 100_000_000 });
    await send(exporter, spans(10_000));
    assert.deepEqual(
      server.received.map(({ body }) => spansOf(body).length),
      [10_000],
    );
    await send(exporter, spans(10_001));
    assert.deepEqual(
      server.received.map(({ body }) => spansOf(body).length).sort((a, b) => a - b),
      [1, 10_000, 10_000],
    );
  });

  it('sends no request over 5 MB, and none that is much smaller than it could be', async () => {
    const exporter = create({ maxQueueBytes: 100_000_000 });
    await send(exporter, spans(120, { attributes: { text: 'é'.repeat(50_000) } }));
    const sizes = server.received.map(({ body }) => body.byteLength);
    assert.ok(
      sizes.every((size) => size <= 5_000_000),
      `${sizes}`,
    );
    assert.equal(sizes.length, 3);
    assert.equal(total(exporter, 'sent'), 120);
  });

  it('halves a request that turns out over 5 MB when it is written', async () => {
    const exporter = create();
    const scoped = spans(2).map((span) => ({ ...span, instrumentationScope: { name: 'x'.repeat(3_000_000) } }));
    await send(exporter, scoped);
    assert.equal(server.received.length, 2);
    assert.equal(total(exporter, 'sent'), 2);
  });

  it('sends a span of 200 000 bytes, and drops and counts one of a byte more', async () => {
    const exporter = create();
    const sized = (length: number) => span({ attributes: { text: 'x'.repeat(length) } });
    const bodyOf = async (length: number) => {
      await send(exporter, [sized(length)]);
      return server.received.at(-1)?.body.byteLength ?? 0;
    };
    // Resource, scope and framing, without which a span is measured.
    const small = await bodyOf(199_000);
    const around = small - 199_000;
    let largest = 200_000 - around;
    while (dropped(exporter).too_large === undefined && largest < 200_100) {
      largest += 1;
      await bodyOf(largest);
    }
    assert.deepEqual(dropped(exporter), { too_large: 1 });
    assert.ok(largest + around >= 200_000 && largest + around <= 200_064, `${largest + around}`);
  });

  it('does not send spans that the service would refuse for their time', async () => {
    const exporter = create();
    const now = Date.now();
    const day = 24 * HOUR;
    await send(exporter, [span({ endTime: now - 14 * day - 1000 }), span({ endTime: now + 3 * HOUR }), span()]);
    assert.deepEqual(dropped(exporter), { too_old: 1, too_new: 1 });
    assert.equal(total(exporter, 'sent'), 1);
  });

  it('sends spans that lie more than 24 hours apart in different requests', async () => {
    const now = Date.now();
    await send(create(), [span({ endTime: now - 24 * HOUR }), span({ endTime: now })]);
    assert.equal(server.received.length, 1);
    await send(create(), [span({ endTime: now - 24 * HOUR - 1 }), span({ endTime: now })]);
    assert.equal(server.received.length, 3);
  });

  it('leaves the longest attributes of a resource out that is larger than the service takes', async () => {
    const resource = resourceFromAttributes({ ...RESOURCE.attributes, 'process.command_args': 'x'.repeat(20_000) });
    await send(create(), [span({ resource })]);
    const [sent] = spansOf(server.received[0]?.body ?? Buffer.alloc(0));
    assert.deepEqual(
      sent?.resource.map(({ key }) => key),
      ['service.name'],
    );
    assert.ok(lines.some((line) => /left out: process.command_args/.test(line)));
  });

  it('drops and counts a span that cannot be read', async () => {
    const hostile = span();
    const exporter = create();
    await send(exporter, [
      {
        ...hostile,
        get attributes(): never {
          throw new Error('getter');
        },
      } as ReadableSpan,
      span(),
    ]);
    assert.deepEqual(dropped(exporter), { unreadable: 1 });
    assert.equal(total(exporter, 'sent'), 1);
  });

  it('holds no more than it may, drops the oldest and counts them', async () => {
    server.handle = (_received, response) => void response.writeHead(503).end();
    const exporter = create({ maxQueueSize: 100 }, { random: () => 0.99 });
    for (let batch = 0; batch < 5; batch += 1) await send(exporter, spans(30));
    assert.equal(exporter.status().queue.items, 100);
    assert.deepEqual(dropped(exporter), { overflow: 50 });
  });

  it('drops hardly more than it must for a limit of bytes', async () => {
    const exporter = create({ maxQueueBytes: 50_000 });
    await send(exporter, spans(100, { name: 'x'.repeat(1000) }));
    const sent = total(exporter, 'sent');
    assert.ok(sent <= 50_000 / 1000, `${sent} spans were held`);
    assert.ok(sent >= 50_000 / 1200 - 7, `${sent} spans were held`);
    assert.deepEqual(dropped(exporter), { overflow: 100 - sent });
  });

  it('calls back exactly once, also where the callback throws', async () => {
    let calls = 0;
    create().export([span()], () => {
      calls += 1;
      throw new Error('callback');
    });
    await until(() => calls === 1);
    await settled();
    assert.equal(calls, 1);
  });

  it('delivers 10 000 spans in hand at shutdown to a slow server', async () => {
    server.handle = (received, response) => {
      setTimeout(() => accept(received, response), 200);
    };
    const exporter = create({ shutdownTimeout: 5000 });
    const results = Array.from({ length: 20 }, () => send(exporter, spans(500)));
    await exporter.shutdown();
    const ids = new Set(
      server.received.flatMap(({ body }) => spansOf(body).map(({ spanId }) => Buffer.from(spanId).toString('hex'))),
    );
    assert.equal(ids.size, 10_000);
    assert.equal(total(exporter, 'sent'), 10_000);
    assert.deepEqual(dropped(exporter), {});
    for (const result of await Promise.all(results)) assert.equal(result.code, ExportResultCode.SUCCESS);
  });

  it('counts every one of 10 000 spans that a server is too slow for', async () => {
    server.handle = (received, response) => {
      setTimeout(() => accept(received, response), 150);
    };
    const exporter = create({ shutdownTimeout: 400, maxSpansPerRequest: 500 });
    const results = Array.from({ length: 20 }, () => send(exporter, spans(500)));
    const start = Date.now();
    await exporter.shutdown();
    assert.ok(Date.now() - start < 1500);
    await Promise.all(results);
    const sent = total(exporter, 'sent');
    assert.ok(sent >= 1000 && sent < 10_000, `${sent}`);
    assert.deepEqual(dropped(exporter), { shutdown: 10_000 - sent });
  });

  it('closes its connections at shutdown', async () => {
    const exporter = create();
    await send(exporter, [span()]);
    assert.equal(server.open, 1);
    await exporter.shutdown();
    await until(() => server.open === 0, 'the end of the connection');
  });

  it('takes nothing after shutdown and makes no request', async () => {
    const exporter = create();
    await exporter.shutdown();
    assert.equal((await send(exporter, [span()])).code, ExportResultCode.FAILED);
    await exporter.forceFlush();
    assert.equal(server.received.length, 0);
    assert.deepEqual(dropped(exporter), { shutdown: 1 });
  });

  it('works in a TracerProvider and loses nothing of it at shutdown', async () => {
    const exporter = create({ shutdownTimeout: 5000 });
    const processor = new BatchSpanProcessor({ exporter, maxQueueSize: 20_000 });
    const provider = new TracerProvider({ resource: RESOURCE, spanProcessors: [processor] });
    const tracer = provider.getTracer('test');
    for (let index = 0; index < 3000; index += 1) tracer.startSpan(`span ${index}`).end();
    await provider.shutdown();
    const names = new Set(server.received.flatMap(({ body }) => spansOf(body).map(({ name }) => name)));
    assert.equal(names.size, 3000);
  });
});

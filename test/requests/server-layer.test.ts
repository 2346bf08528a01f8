import assert from 'node:assert/strict';
import http, { IncomingMessage, ServerResponse } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { getRPCMetadata } from '@opentelemetry/core';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace';
import { currentRequest, type RequestRecord, recordOf } from '../../src/requests/request-record.js';
import { get, RawClient, serve, until, watchPerTest } from './watched-servers.js';

describe('the server layer', () => {
  const suite = watchPerTest();
  const { closing, start, app, ended, statuses, errorTypes } = suite;

  describe('a request and its record', () => {
    it('is measured and traced once', async () => {
      start();
      const client = await app((_req, res) => res.end('ok'));
      client.send(get('/'));
      await client.answers(1);
      await ended(1);
      assert.equal(suite.watched.spans()[0]?.kind, SpanKind.SERVER);
      assert.equal(suite.watched.spans()[0]?.name, 'GET');
      assert.deepEqual(statuses(), [200]);
    });

    it('has a record while it is handled, which is complete at its end', async () => {
      let clock = 1_000;
      start({ now: () => clock });
      let record: RequestRecord | undefined;
      let startedAt = 0;
      const client = await app((req, res) => {
        record = recordOf(req);
        assert.equal(currentRequest(), record);
        startedAt = record?.startTime ?? 0;
        clock += 250;
        res.statusCode = 201;
        res.end();
      });
      const before = Date.now();
      client.send(get('/users/42?token=1', 'User-Agent: test/1', 'X-Request-Id: abc'));
      await until(() => record?.statusCode !== undefined);
      assert.deepEqual(
        [record?.method, record?.path, record?.userAgent, record?.requestId, record?.statusCode, record?.error],
        ['GET', '/users/42', 'test/1', 'abc', 201, undefined],
      );
      assert.ok(startedAt >= before && startedAt <= Date.now());
      assert.deepEqual(
        suite.watched.durations().map(({ value }) => [value.count, value.sum]),
        [[1, 0.25]],
      );
    });

    it('is _OTHER by an unusual method, in metrics and in the name of nothing', async () => {
      start();
      const client = await app((_req, res) => res.end());
      client.send(get('/').replace('GET', 'PROPFIND'));
      await until(() => suite.watched.spans().length === 1);
      const [span] = suite.watched.spans();
      assert.equal(span?.name, 'HTTP');
      assert.equal(span?.attributes['http.request.method_original'], 'PROPFIND');
      assert.equal(suite.watched.durations()[0]?.attributes['http.request.method'], '_OTHER');
    });

    it('takes the route that a hook set before any that it could read', async () => {
      start();
      const client = await app((req, res) => {
        Object.assign(req, { route: { path: '/read' }, baseUrl: '' });
        const record = recordOf(req);
        if (record && req.url === '/hooked') record.route = '/set';
        res.end();
      });
      client.send(get('/hooked'));
      client.send(get('/plain'));
      await until(() => suite.watched.spans().length === 2);
      assert.deepEqual(
        suite.watched.spans().map(({ name, attributes }) => [name, attributes['http.route']]),
        [
          ['GET /set', '/set'],
          ['GET /read', '/read'],
        ],
      );
    });

    it('takes a route from the RPC metadata, where other instrumentations put it', async () => {
      start();
      const client = await app((_req, res) => {
        const metadata = getRPCMetadata(context.active());
        if (metadata) metadata.route = '/from/metadata';
        res.end();
      });
      client.send(get('/'));
      await until(() => suite.watched.spans().length === 1);
      assert.equal(suite.watched.spans()[0]?.name, 'GET /from/metadata');
    });

    it('puts nothing on messages but one symbol, and listens to none', async () => {
      const shape = (message: object) => [
        Object.getOwnPropertyNames(message).sort(),
        Object.getOwnPropertySymbols(message).length,
      ];
      const shapes: unknown[][] = [];
      const listener: http.RequestListener = (req, res) => {
        shapes.push([shape(req), shape(res), req.eventNames(), res.eventNames()]);
        res.end();
      };
      const bare = await app(listener);
      bare.send(get('/'));
      await bare.answers(1);
      start({ sampler: new AlwaysOffSampler() });
      const client = await app(listener);
      client.send(get('/'));
      await client.answers(1);
      const [without, withLayer] = shapes;
      const [[names, symbols] = [], [responseNames, responseSymbols] = [], ...events] = (without ?? []) as [
        unknown[],
        unknown[],
        ...unknown[],
      ];
      assert.deepEqual(withLayer, [
        [names, Number(symbols) + 1],
        [responseNames, Number(responseSymbols) + 1],
        ...events,
      ]);
    });
  });

  describe('answers', () => {
    for (const { name, request, status } of [
      { name: 'HEAD', request: get('/').replace('GET', 'HEAD'), status: 200 },
      { name: '204', request: get('/204'), status: 204 },
      { name: '304', request: get('/304'), status: 304 },
      { name: '404', request: get('/404'), status: 404 },
    ]) {
      it(`without a body are complete: ${name}`, async () => {
        start();
        const client = await app((req, res) => {
          res.statusCode = Number(req.url?.slice(1)) || 200;
          res.end();
        });
        client.send(request);
        await ended(1);
        assert.deepEqual([statuses(), errorTypes()], [[status], [undefined]]);
        assert.equal(suite.watched.spans()[0]?.status.code, SpanStatusCode.UNSET);
      });
    }

    it('of 500 are errors', async () => {
      start();
      const client = await app((_req, res) => {
        res.statusCode = 503;
        res.end();
      });
      client.send(get('/'));
      await ended(1);
      assert.deepEqual([statuses(), errorTypes()], [[503], ['503']]);
      assert.equal(suite.watched.spans()[0]?.status.code, SpanStatusCode.ERROR);
    });

    it('in between do not count: 100 and 103 before 200', async () => {
      start();
      const client = await app((_req, res) => {
        res.writeContinue();
        res.writeEarlyHints({ link: '</style.css>; rel=preload' });
        res.end('ok');
      });
      client.send(get('/'));
      await client.answers(1);
      await ended(1);
      assert.deepEqual(statuses(), [200]);
    });

    it('to Expect: 100-continue are one request, also when its handler passes it on', async () => {
      start();
      const client = await app((_req, res) => res.end('ok'));
      client.send(`POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`);
      await client.answers(1);
      const { server, port, close } = await serve((req, res) => {
        assert.equal(currentRequest(), recordOf(req));
        res.end('ok');
      });
      server.on('checkContinue', (req, res) => {
        res.writeContinue();
        server.emit('request', req, res);
      });
      const second = new RawClient(port);
      closing.push(close, () => second.drop());
      second.send(`POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`);
      await second.answers(1);
      await ended(2);
    });

    it('by another server that the messages are passed to are one request', async () => {
      start();
      const inner = http.createServer((_req, res) => res.end('ok'));
      const client = await app((req, res) => void inner.emit('request', req, res));
      client.send(get('/'));
      await ended(1);
    });

    it('written to after their end are failed ones', async () => {
      start();
      const client = await app((_req, res) => {
        res.on('error', () => undefined);
        res.end('ok');
        res.write('more');
      });
      client.send(get('/'));
      await ended(1);
      const [span] = suite.watched.spans();
      assert.equal(span?.status.code, SpanStatusCode.ERROR);
      assert.equal(span?.attributes['error.type'], 'Error');
      assert.equal(span?.events[0]?.name, 'exception');
    });
  });

  describe('a handler that throws', () => {
    function emitted(listener: http.RequestListener) {
      const server = http.createServer(listener);
      const request = new IncomingMessage(new Socket());
      const response = new ServerResponse(request);
      request.method = 'GET';
      request.url = '/';
      return {
        request,
        throws: (expected: object) => assert.throws(() => server.emit('request', request, response), expected),
      };
    }

    it('throws the same error on, and the request has ended with it', async () => {
      start();
      const error = new TypeError('broken');
      emitted(() => {
        throw error;
      }).throws(error);
      await ended(1);
      const [span] = suite.watched.spans();
      assert.deepEqual([statuses(), errorTypes()], [[undefined], ['TypeError']]);
      assert.deepEqual(span?.status, { code: SpanStatusCode.ERROR, message: 'as told' });
      assert.equal(span?.events[0]?.attributes?.['exception.message'], 'as told');
    });

    it('is known until the turn ends', async () => {
      start();
      const { request, throws } = emitted(() => {
        throw new Error('broken');
      });
      throws({ message: 'broken' });
      assert.equal(suite.watched.layer.escapedFrom(), recordOf(request));
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(suite.watched.layer.escapedFrom(), undefined);
    });

    it('fails the request even when it throws nothing', async () => {
      start();
      const { request } = emitted(() => undefined);
      const server = http.createServer(() => {
        throw undefined;
      });
      assert.throws(() => server.emit('request', request, new ServerResponse(request)));
      await ended(1);
      assert.equal(suite.watched.spans()[0]?.status.code, SpanStatusCode.ERROR);
    });
  });

  it('passes on messages that it can not watch', () => {
    start();
    const seen: unknown[] = [];
    const strict = () =>
      new Proxy(new IncomingMessage(new Socket()), {
        get(_, key) {
          throw new Error(`not mocked: ${String(key)}`);
        },
      });
    const server = http.createServer((request) => seen.push(request));
    assert.equal(server.emit('request', null, null), true);
    assert.equal(server.emit('request', strict(), strict()), true);
    assert.equal(seen.length, 2);
    assert.deepEqual(suite.watched.durations(), []);
  });

  describe('fail', () => {
    it('ends a request that is still being handled, once', async () => {
      start();
      let record: RequestRecord | undefined;
      const client = await app((req, res) => {
        record = recordOf(req);
        if (record) suite.watched.layer.fail(record, new RangeError('about to die'));
        if (record) suite.watched.layer.fail(record, new Error('again'));
        res.end();
      });
      client.send(get('/'));
      await client.answers(1);
      await ended(1);
      assert.deepEqual(errorTypes(), ['RangeError']);
    });
  });

  describe('the context', () => {
    const request = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n`;

    it('is that of the request wherever a body is read, also on a connection that was used before', async () => {
      start({ sampler: new AlwaysOffSampler() });
      const seen: string[] = [];
      const client = await app((req, res) => {
        const own = recordOf(req);
        const note = (event: string) => () =>
          void seen.push(`${event} ${currentRequest() === own && own !== undefined}`);
        req.on('data', note('data')).on('end', note('end')).on('close', note('request close'));
        res.on('finish', note('finish')).on('close', note('response close'));
        req.on('end', () => res.end('ok'));
      });
      for (let i = 1; i <= 2; i++) {
        client.send(request);
        await sleep(5);
        client.send('abc');
        await sleep(5);
        client.send('def');
        await client.answers(i);
        await until(() => seen.filter((text) => text.startsWith('request close')).length === i);
      }
      assert.deepEqual(
        new Set(seen),
        new Set(['data true', 'end true', 'finish true', 'response close true', 'request close true']),
      );
    });

    it('is kept across asynchronous code and below it', async () => {
      start();
      const results: boolean[] = [];
      const client = await app(async (req, res) => {
        await sleep(1);
        results.push(currentRequest() === recordOf(req));
        const span = suite.watched.provider.getTracer('test').startSpan('child');
        context.with(trace.setSpan(context.active(), span), () => {
          results.push(currentRequest() === recordOf(req), trace.getActiveSpan() === span);
        });
        span.end();
        res.end();
      });
      client.send(get('/'));
      await until(() => suite.watched.spans().length === 2);
      assert.deepEqual(results, [true, true, true]);
      const [child, server] = suite.watched.spans();
      assert.equal(child?.parentSpanContext?.spanId, server?.spanContext().spanId);
    });

    it('outlives the request without holding its messages', async () => {
      start();
      let record: RequestRecord | undefined;
      const client = await app((_req, res) => {
        record = currentRequest();
        res.end();
      });
      client.send(get('/'));
      await ended(1);
      assert.ok(record);
      for (const value of Object.values(record)) {
        assert.ok(!(value instanceof IncomingMessage || value instanceof ServerResponse));
      }
      assert.equal(record.path, '/');
    });

    it('is nobody’s outside a request', () => {
      start();
      assert.equal(currentRequest(), undefined);
      assert.equal(recordOf(new IncomingMessage(new Socket())), undefined);
    });
  });

  describe('what it tells others', () => {
    it('is each server fault without an error, when the response has ended', async () => {
      const faults: string[] = [];
      start({ onServerFault: ({ path, statusCode }) => void faults.push(`${path} ${statusCode}`) });
      const client = await app((req, res) => {
        res.statusCode = Number(req.url?.slice(1, 4));
        const record = recordOf(req);
        if (record && req.url?.endsWith('/known')) record.error = new Error('captured');
        res.end();
      });
      const paths = ['/499', '/500', '/500/known', '/200'];
      for (const path of paths) client.send(get(path));
      await client.answers(paths.length);
      await ended(paths.length);
      assert.deepEqual(faults, ['/500 500']);
    });

    it('is the beginning and the end of readings, whose results are on the span', async () => {
      const told: unknown[] = [];
      start({
        readings: {
          begin(traceId) {
            told.push(['begin', traceId?.length, suite.watched.aggregate.inFlight()]);
            return 'reading';
          },
          end(reading, request) {
            told.push([reading, request]);
            return { 'monitoring.request.in_flight': 1 };
          },
        },
      });
      const client = await app((_req, res) => res.end());
      client.send(get('/'));
      await ended(1);
      assert.deepEqual(told, [
        ['begin', 32, 1],
        ['reading', { route: 'unmatched', method: 'GET' }],
      ]);
      assert.equal(suite.watched.spans()[0]?.attributes['monitoring.request.in_flight'], 1);
    });

    it('is not the end of readings that were not taken', async () => {
      let endings = 0;
      start({
        readings: {
          begin: () => undefined,
          end() {
            endings += 1;
            return {};
          },
        },
      });
      const client = await app((_req, res) => res.end());
      client.send(get('/'));
      await ended(1);
      assert.equal(endings, 0);
    });
  });

  describe('installing and uninstalling', () => {
    const emits = () =>
      [http.Server, http.IncomingMessage, http.ServerResponse, https.Server].map(({ prototype }) => prototype.emit);
    const owned = () =>
      [http.Server, http.IncomingMessage, http.ServerResponse, https.Server].map(({ prototype }) =>
        Object.hasOwn(prototype, 'emit'),
      );

    it('leaves everything as it was', () => {
      const before = [emits(), owned()];
      start({ modules: { http, https, http2 } }).stop();
      assert.deepEqual([emits(), owned()], before);
    });

    it('leaves a later patch by somebody else in place, and stands aside below it', async () => {
      start();
      const ours = http.Server.prototype.emit;
      const theirs: typeof ours = function (this: http.Server, ...args: unknown[]) {
        return Reflect.apply(ours, this, args);
      };
      http.Server.prototype.emit = theirs;
      try {
        suite.watched.layer.uninstall();
        assert.equal(http.Server.prototype.emit, theirs);
        const client = await app((req, res) => {
          assert.equal(recordOf(req), undefined);
          res.end();
        });
        client.send(get('/'));
        await client.answers(1);
        assert.deepEqual(suite.watched.durations(), []);
      } finally {
        Reflect.deleteProperty(http.Server.prototype, 'emit');
      }
    });

    it('takes modules that are loaded later', async () => {
      start({ modules: {} });
      const before = http.Server.prototype.emit;
      suite.watched.layer.add({ http });
      const client = await app((_req, res) => res.end());
      client.send(get('/'));
      await ended(1);
      suite.watched.layer.uninstall();
      assert.equal(http.Server.prototype.emit, before);
    });
  });
});

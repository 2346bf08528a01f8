import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { SpanStatusCode } from '@opentelemetry/api';
import { currentRequest, recordOf } from '../../src/requests/request-record.js';
import { get, RawClient, serve, until, watchPerTest } from './watched-servers.js';

describe('connections', () => {
  const suite = watchPerTest();
  const { closing, start, app, ended, statuses, errorTypes } = suite;

  it('that are kept alive carry one request after the other, each with a trace of its own', async () => {
    start();
    const client = await app((_req, res) => res.end('ok'));
    for (let i = 1; i <= 3; i++) {
      client.send(get('/'));
      await client.answers(i);
    }
    await ended(3);
    assert.equal(new Set(suite.watched.spans().map((span) => span.spanContext().traceId)).size, 3);
  });

  it('that carry pipelined requests keep them apart', async () => {
    start();
    const seen: string[] = [];
    const client = await app((req, res) => {
      const own = recordOf(req);
      req.resume().on('end', async () => {
        await sleep(req.url === '/a' ? 20 : 1);
        res.on('finish', () => seen.push(`${req.url} ${currentRequest() === own}`));
        res.end('ok');
      });
    });
    client.send(get('/a') + get('/b') + get('/c'));
    await client.answers(3);
    await ended(3);
    assert.deepEqual(seen, ['/a true', '/b true', '/c true']);
  });

  it('that close while a pipelined request waits for its turn end that one too', async () => {
    start();
    let arrived = 0;
    const client = await app((_req, res) => {
      arrived += 1;
      if (arrived > 1) res.end('ready, but not its turn');
    });
    client.send(get('/a') + get('/b') + get('/c'));
    await until(() => arrived === 3);
    client.drop();
    await ended(3);
    assert.deepEqual(errorTypes(), ['aborted', 'aborted', 'aborted']);
  });

  it('that carry hundreds of pipelined requests leave nothing behind', async () => {
    start();
    const listeners = new Set<number>();
    const client = await app((req, res) => {
      listeners.add(req.socket.listenerCount('close'));
      setImmediate(() => res.end());
    });
    client.send(get('/').repeat(300));
    await client.answers(300);
    await ended(300);
    assert.ok(listeners.size <= 2, 'at most one listener more on the connection');
  });

  it('that carry pipelined requests for hours keep none of them', async () => {
    start();
    let queue: unknown;
    const client = await app((req, res) => {
      const symbol = Object.getOwnPropertySymbols(req.socket).find(({ description }) =>
        description?.includes('queued'),
      );
      if (symbol) queue = Reflect.get(req.socket, symbol);
      res.end();
    });
    for (let i = 1; i <= 20; i++) {
      client.send(get('/a') + get('/b'));
      await client.answers(2 * i);
    }
    assert.ok(queue instanceof Set && queue.size > 0 && queue.size <= 2);
  });

  it('that the client closes before an answer leave a request without a status', async () => {
    start();
    let arrived = false;
    const client = await app(() => {
      arrived = true;
    });
    client.send(get('/'));
    await until(() => arrived);
    assert.equal(suite.watched.aggregate.inFlight(), 1);
    client.drop();
    await ended(1);
    assert.deepEqual([statuses(), errorTypes()], [[undefined], ['aborted']]);
    assert.equal(suite.watched.spans()[0]?.status.code, SpanStatusCode.UNSET);
  });

  it('that the client closes in the middle of an answer leave its status, and that it was aborted', async () => {
    start();
    const client = await app((_req, res) => {
      res.writeHead(200, { 'content-length': '100' });
      res.write('some');
    });
    client.send(get('/'));
    await client.answers(1);
    client.drop();
    await ended(1);
    assert.deepEqual([statuses(), errorTypes()], [[200], ['aborted']]);
  });

  it('that the client closes in the middle of a body leave an aborted request', async () => {
    start();
    let arrived = false;
    const client = await app((req) => {
      arrived = true;
      req.resume().on('error', () => undefined);
    });
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome`);
    await until(() => arrived);
    client.drop();
    await ended(1);
    assert.deepEqual(errorTypes(), ['aborted']);
  });

  it('that the server times out leave an aborted request', async () => {
    start();
    // Counted from the request's arrival: from the connection's, a busy machine would end it before there is one.
    const { port, close } = await serve(({ socket }) => void socket.setTimeout(20));
    const client = new RawClient(port);
    closing.push(close, () => client.drop());
    client.send(get('/'));
    await ended(1);
    assert.deepEqual([statuses(), errorTypes()], [[undefined], ['aborted']]);
  });
});

import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import http2 from 'node:http2';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SpanStatusCode } from '@opentelemetry/api';
import type { RequestRecord } from '../../src/requests/request-record.js';
import { get, listen, until, watchPerTest } from './watched-servers.js';

/** Gives one piece, then fails. */
function failing(error: Error = new RangeError('disk is gone')): Readable {
  return Readable.from(
    (async function* () {
      yield 'a piece';
      await new Promise((resolve) => setImmediate(resolve));
      throw error;
    })(),
  );
}

/** Gives pieces until nobody takes them. */
function endless(): Readable {
  return new Readable({
    read() {
      setImmediate(() => this.push('x'.repeat(1000)));
    },
  });
}

describe('an answer that breaks off', () => {
  const suite = watchPerTest();
  const { start, app, ended, statuses, errorTypes } = suite;
  let faults: (readonly [number | undefined, unknown])[];

  const watched = () => {
    faults = [];
    start({ onServerFault: ({ statusCode, failure }: RequestRecord) => void faults.push([statusCode, failure]) });
  };

  it("is the server's failure when its source fails", async () => {
    watched();
    const error = new RangeError('disk is gone');
    const client = await app((_req, res) => void pipeline(failing(error), res).catch(() => undefined));
    client.send(get('/'));
    await ended(1);
    assert.deepEqual(faults, [[200, error]]);
    assert.deepEqual([statuses(), errorTypes()], [[200], ['RangeError']]);
    const [span] = suite.watched.spans();
    assert.equal(span?.status.code, SpanStatusCode.ERROR);
    assert.deepEqual(
      span?.events.map(({ name }) => name),
      ['exception'],
    );
  });

  it("is the server's failure also where the request has a body", async () => {
    watched();
    const client = await app((req, res) => {
      req.resume().on('end', () => void pipeline(failing(), res).catch(() => undefined));
    });
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab');
    await ended(1);
    assert.deepEqual(errorTypes(), ['RangeError']);
    assert.equal(faults.length, 1);
  });

  it("is the server's failure when it destroys the response with an error before any of it was sent", async () => {
    watched();
    const client = await app((_req, res) => void res.destroy(new TypeError('not today')));
    client.send(get('/'));
    await ended(1);
    assert.deepEqual([statuses(), errorTypes(), faults.length], [[undefined], ['TypeError'], 1]);
  });

  for (const [what, react] of [
    ['', () => undefined],
    [
      ', whatever the server does then',
      (req: IncomingMessage, source: Readable) => {
        for (const event of ['aborted', 'close']) req.on(event, () => source.destroy(new Error('nobody is there')));
      },
    ],
  ] as const) {
    it(`is the client's doing when it leaves${what}`, async () => {
      watched();
      let isSending = false;
      const client = await app((req, res) => {
        const source = endless();
        react(req, source);
        source.once('data', () => {
          isSending = true;
        });
        void pipeline(source, res).catch(() => undefined);
      });
      client.send(get('/'));
      await until(() => isSending && client.received !== '');
      client.drop();
      await ended(1);
      assert.deepEqual([errorTypes(), faults], [['aborted'], []]);
    });
  }

  it('is told over HTTP/2 as well', async () => {
    watched();
    suite.watched.layer.add({ http2 });
    const { port, close } = await listen(
      http2.createServer((req, res) => {
        const source = req.url === '/fails' ? failing() : endless();
        void pipeline(source, res as unknown as NodeJS.WritableStream).catch(() => undefined);
      }),
    );
    const session = http2.connect(`http://127.0.0.1:${port}`);
    suite.closing.push(close, () => session.destroy());
    session.on('error', () => undefined);
    const ask = (path: string) => session.request({ ':path': path }).on('error', () => undefined);
    ask('/fails').resume();
    await ended(1);
    assert.deepEqual([errorTypes(), faults.length], [['RangeError'], 1]);
    const left = ask('/endless');
    left.once('data', () => left.close(http2.constants.NGHTTP2_CANCEL));
    await until(() => suite.watched.spans().length === 2);
    const reset = ask('/endless');
    reset.once('data', () => reset.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
    await until(() => suite.watched.spans().length === 3);
    assert.deepEqual([errorTypes().slice(1), faults.length], [['aborted', 'aborted'], 1]);
  });
});

import assert from 'node:assert/strict';
import http, { type IncomingMessage } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { currentRequest, recordOf } from '../../src/requests/request-record.js';
import type { RequestLayerOptions } from '../../src/requests/server-layer.js';
import { CERTIFICATE, KEY } from './localhost-certificate.js';
import { listen, until, watchPerTest } from './watched-servers.js';

describe('the server layer, by', () => {
  const suite = watchPerTest();
  const { closing, start, ended } = suite;

  describe('https', () => {
    it('is seen with its scheme', async () => {
      start({ modules: { http, https } });
      const { port, close } = await listen(
        https.createServer({ key: KEY, cert: CERTIFICATE }, (_req, res) => res.end('ok')),
      );
      closing.push(close);
      await new Promise<void>((resolve, reject) => {
        const options = { port, host: '127.0.0.1', rejectUnauthorized: false, headers: { host: 'app.test' } };
        https.get(options, (res) => res.resume().on('end', resolve)).on('error', reject);
      });
      await ended(1);
      const { attributes } = suite.watched.spans()[0] ?? {};
      assert.deepEqual([attributes?.['url.scheme'], attributes?.['server.port']], ['https', 443]);
      assert.equal(attributes?.['network.peer.address'], '127.0.0.1');
    });
  });

  describe('http2', () => {
    async function session(
      options: Partial<RequestLayerOptions>,
      listener: (req: http2.Http2ServerRequest, res: http2.Http2ServerResponse) => void,
    ) {
      start({ modules: { http, http2 }, ...options });
      const { port, close } = await listen(http2.createServer(listener));
      const client = http2.connect(`http://127.0.0.1:${port}`);
      client.on('error', () => undefined);
      closing.push(close, () => client.destroy());
      return client;
    }

    it('is seen through its compatibility API, body and context included', async () => {
      const seen: boolean[] = [];
      const client = await session({}, (req, res) => {
        const own = recordOf(req as unknown as IncomingMessage);
        req.on('data', () => seen.push(currentRequest() === own && own !== undefined));
        req.on('end', () => {
          seen.push(currentRequest() === own);
          res.statusCode = 202;
          res.end('ok');
        });
      });
      const stream = client.request({ ':method': 'POST', ':path': '/items?x=1' });
      stream.end('body');
      stream.resume();
      await ended(1);
      const { attributes } = suite.watched.spans()[0] ?? {};
      assert.deepEqual(
        [
          'http.request.method',
          'url.path',
          'url.query',
          'url.scheme',
          'network.protocol.version',
          'http.response.status_code',
          'error.type',
        ].map((name) => attributes?.[name]),
        ['POST', '/items', 'x=1', 'http', '2', 202, undefined],
      );
      assert.equal(attributes?.['server.address'], '127.0.0.1');
      assert.deepEqual(seen, [true, true]);
    });

    it('ends with its stream when the client cancels it', async () => {
      const client = await session({}, () => undefined);
      const stream = client.request({ ':path': '/' });
      stream.on('error', () => undefined);
      await until(() => suite.watched.aggregate.inFlight() === 1);
      stream.close(http2.constants.NGHTTP2_CANCEL);
      await ended(1);
      const { attributes } = suite.watched.spans()[0] ?? {};
      assert.deepEqual([attributes?.['http.response.status_code'], attributes?.['error.type']], [undefined, 'aborted']);
    });

    it('is seen over TLS, and so is HTTP/1 on the same server', async () => {
      start({ modules: { http, https, http2 } });
      const options = { key: KEY, cert: CERTIFICATE, allowHTTP1: true };
      const { port, close } = await listen(http2.createSecureServer(options, (_req, res) => void res.end('ok')));
      closing.push(close);
      const client = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
      closing.push(() => client.destroy());
      client.request({ ':path': '/' }).resume();
      await until(() => suite.watched.spans().length === 1);
      await new Promise<void>((resolve, reject) => {
        https
          .get({ port, host: '127.0.0.1', rejectUnauthorized: false, agent: false }, (res) =>
            res.resume().on('end', resolve),
          )
          .on('error', reject);
      });
      await ended(2);
      assert.deepEqual(
        suite.watched
          .spans()
          .map(({ attributes }) => [attributes['url.scheme'], attributes['network.protocol.version']]),
        [
          ['https', '2'],
          ['https', '1.1'],
        ],
      );
    });
  });
});

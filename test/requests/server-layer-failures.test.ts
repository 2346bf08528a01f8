import assert from 'node:assert/strict';
import http from 'node:http';
import { Socket } from 'node:net';
import { DiagLogLevel, diag, trace } from '@opentelemetry/api';
import type { RequestLayerOptions } from '../../src/requests/server-layer.js';
import { get, until, watchPerTest } from './watched-servers.js';

describe('the server layer that fails itself', () => {
  const suite = watchPerTest();
  const { start, app } = suite;

  describe('its own failures', () => {
    const said: string[] = [];
    const broken = () => {
      throw new Error('broken part');
    };

    beforeEach(() => {
      said.length = 0;
      const note = (text: string) => void said.push(text);
      diag.setLogger({ error: note, warn: note, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);
    });
    afterEach(() => diag.disable());

    const parts: Record<string, Partial<RequestLayerOptions>> = {
      sampler: { sampler: { shouldSample: broken, toString: () => 'broken' } },
      tracer: { tracer: broken },
      'beginning of readings': { readings: { begin: broken, end: () => ({}) } },
      'end of readings': { readings: { begin: () => 1, end: broken } },
      'listener to faults': { onServerFault: broken },
    };
    it('do not reach an app that emits requests of its own making', () => {
      start();
      const seen: unknown[] = [];
      const server = http.createServer((...messages) => void seen.push(messages.length));
      const stub = Object.freeze({ method: 'GET' });
      server.emit('request');
      server.emit('request', stub, stub);
      server.emit('connection', new Socket());
      assert.deepEqual(seen, [0, 2]);
      assert.equal(suite.watched.aggregate.inFlight(), 0);
    });

    it('do not reach an app that passes on a request of its own making with the response to another', async () => {
      start();
      const inner = http.createServer((_req, res) => void res.end('ok'));
      const client = await app((req, res) => {
        inner.emit('request', { method: 'GET', url: '/inner', httpVersion: '1.1', headers: {}, rawHeaders: [] }, res);
        assert.equal(req.method, 'GET');
      });
      client.send(get('/'));
      await client.answers(1);
      assert.deepEqual(said, []);
    });

    for (const [part, options] of Object.entries(parts)) {
      it(`do not reach the app, and are said once a minute: a broken ${part}`, async () => {
        let clock = 0;
        start({ ...options, now: () => clock });
        const client = await app((_req, res) => {
          trace.getActiveSpan()?.setAttribute('written', true);
          res.statusCode = 500;
          res.end('answered');
        });
        const ask = async (count: number) => {
          client.send(get('/'));
          await client.answers(count);
          await until(() => suite.watched.aggregate.inFlight() === 0);
        };
        await ask(1);
        await ask(2);
        clock += 59_999;
        await ask(3);
        assert.equal(said.length, 1, said.join('\n'));
        assert.match(said[0] ?? '', /broken part$/);
        clock += 1;
        await ask(4);
        assert.equal(said.length, 2);
      });
    }
  });
});

import assert from 'node:assert/strict';
import { classify } from '../../../exporters/aws/errors.js';
import { HttpTransport, MAX_ANSWER_BYTES } from '../../../exporters/aws/http-transport.js';
import { mayBeTaken } from '../../../exporters/aws/unanswered.js';
import { type LoopbackServer, startServer } from './loopback-server.js';

const BODY = Buffer.from('{}');

describe('HttpTransport', () => {
  let server: LoopbackServer;
  let transport: HttpTransport;

  beforeEach(async () => {
    server = await startServer((_received, response) => void response.end('taken'));
    transport = new HttpTransport();
  });
  afterEach(async () => {
    transport.destroy();
    await server.close();
  });

  const post = (signal = new AbortController().signal) => transport.post(new URL(server.url), {}, BODY, signal);
  const failure = async (signal?: AbortSignal) => classify(await post(signal).catch((error: unknown) => error));

  it('reads an answer of a megabyte, and of one byte more nothing but its status', async () => {
    let size = MAX_ANSWER_BYTES;
    server.handle = (_received, response) => {
      response.writeHead(503);
      response.end(Buffer.alloc(size));
    };
    assert.equal((await post()).body.byteLength, MAX_ANSWER_BYTES);
    size += 1;
    const { kind, name, message, status } = await failure();
    assert.deepEqual([kind, name, status], ['retry', 'AnswerTooLarge', 503]);
    assert.equal(message, 'an answer of more than 1000000 bytes');
  });

  it('drops the connection of an answer that has no end', async () => {
    let closed: () => void = () => {};
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    server.handle = (_received, response) => {
      response.writeHead(200);
      const write = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', write);
      response.on('close', closed);
      write();
    };
    assert.equal((await failure()).name, 'AnswerTooLarge');
    await gone;
  });

  it('knows that a request which found no connection was not taken', async () => {
    const { url } = server;
    await server.close();
    const { signal } = new AbortController();
    const error = await transport.post(new URL(url), {}, BODY, signal).catch((reason: unknown) => reason);
    assert.equal(classify(error).kind, 'retry');
    assert.equal(mayBeTaken(signal), false);
    server = await startServer(() => {});
  });

  for (const [what, handle] of [
    ['whose connection breaks', (response) => response.destroy()],
    [
      'whose answer breaks off',
      (response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('x');
        setTimeout(() => response.destroy(), 5);
      },
    ],
  ] as [string, (response: import('node:http').ServerResponse) => void][]) {
    it(`knows that a request ${what} may have been taken`, async () => {
      server.handle = (_received, response) => handle(response);
      const { signal } = new AbortController();
      assert.equal((await failure(signal)).kind, 'unanswered');
      assert.equal(mayBeTaken(signal), true);
    });
  }

  it('knows the outcome of a request that was answered, whatever the answer', async () => {
    server.handle = (_received, response) => void response.writeHead(500).end();
    const { signal } = new AbortController();
    assert.equal((await post(signal)).status, 500);
    assert.equal(mayBeTaken(signal), false);
  });

  it('goes on with a fresh connection after a request that got no answer', async () => {
    await Promise.all([post(), post()]);
    assert.equal(server.connections, 2);
    server.handle = (_received, response) => void response.destroy();
    await failure();
    server.handle = (_received, response) => void response.end();
    await post();
    assert.equal(server.connections, 3);
  });

  it('sends a request again at once over a connection that turns out to be closed, only if it may arrive twice', async () => {
    for (const mayRepeat of [true, false]) {
      transport = new HttpTransport({ mayRepeat });
      server.handle = (_received, response) => void response.end();
      await post();
      const before = server.received.length;
      server.handle = (_received, response) => {
        if (server.received.length === before + 1) response.destroy();
        else response.end();
      };
      const outcome = await post().then(
        () => 'taken',
        (error: unknown) => classify(error).kind,
      );
      assert.equal(outcome, mayRepeat ? 'taken' : 'unanswered');
      transport.destroy();
    }
  });

  it('probes the host of its last request without a body, and takes any answer', async () => {
    const { signal } = new AbortController();
    await transport.probe(signal);
    await post();
    await transport.probe(signal);
    assert.equal(server.received.length, 1);
    server.answersProbes = false;
    const request = new AbortController();
    const probe = transport.probe(request.signal);
    request.abort();
    await assert.rejects(probe, { name: 'AbortError' });
  });

  it('ends a request whose answer takes longer than it may', async () => {
    server.handle = () => {};
    transport = new HttpTransport({ answerTimeout: 20 });
    const { kind, message } = await failure();
    assert.deepEqual([kind, message], ['unanswered', 'no answer within 20 ms']);
  });
});

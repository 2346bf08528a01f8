import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';
import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Context, context } from '@opentelemetry/api';
import { type ServerRequest, serverRequestOf } from '../../src/requests/request-record.js';
import { get, RawClient, serve, type Watched, watch } from './watched-servers.js';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const keepsContexts = Number.parseInt(process.versions.node, 10) >= 24;

describe('an idle connection', () => {
  let watched: Watched;
  let closeServer: (() => Promise<void>) | undefined;

  beforeEach(() => {
    watched = watch();
  });

  afterEach(async () => {
    await closeServer?.();
    watched.stop();
  });

  async function ask(listener: RequestListener, connections = 2): Promise<void> {
    const { port, close } = await serve(listener);
    closeServer = close;
    for (let connection = 0; connection < connections; connection += 1) {
      const client = new RawClient(port);
      client.send(get('/'));
      await client.answers(1);
    }
    await sleep(20);
  }

  it('does not keep the last request', async function () {
    if (!keepsContexts) this.skip();
    const records: WeakRef<ServerRequest>[] = [];
    await ask((_request, response) => {
      records.push(new WeakRef(serverRequestOf(context.active()) as ServerRequest));
      response.end('hello');
    }, 5);
    collect();
    assert.equal(records.length, 5);
    // One may be that in which Node set the timer of its Date headers, which belongs to no connection.
    const kept = records.filter((record) => record.deref() !== undefined).length;
    assert.ok(kept <= 1, `${kept} of 5`);
    assert.equal(watched.durations()[0]?.value.count, 5);
  });

  it('enters the context of a request once, where the application listens to nothing', async () => {
    const { prototype } = AsyncLocalStorage;
    const { run } = prototype;
    const records = new Set<unknown>();
    const entered: { readonly store: unknown; readonly from: string | undefined }[] = [];
    prototype.run = function (this: unknown, ...args: unknown[]) {
      entered.push({ store: args[0], from: new Error().stack });
      return Reflect.apply(run, this, args);
    } as typeof run;
    const listener: RequestListener = (_request, response) => {
      records.add(serverRequestOf(context.active()));
      response.end('hello');
    };
    try {
      await ask(listener, 3);
    } finally {
      prototype.run = run;
    }
    // Whatever else runs in this process meanwhile enters contexts of its own.
    const isContext = (store: unknown): store is Context =>
      typeof (store as Context | undefined)?.getValue === 'function';
    const ofRequests = entered.filter(({ store }) => isContext(store) && records.has(serverRequestOf(store)));
    assert.equal(records.size, 3);
    assert.equal(ofRequests.length, 3, ofRequests.map(({ from }) => from).join('\n'));
  });

  describe("leaves the application's own contexts to its listeners", () => {
    const own = new AsyncLocalStorage<string>();
    const heard: string[] = [];

    beforeEach(() => {
      heard.length = 0;
    });

    for (const [name, event] of [
      ['response', 'finish'],
      ['response', 'close'],
      ['request', 'close'],
      ['request', 'end'],
    ] as const) {
      it(`of ${name} and ${event}`, async () => {
        const listener: RequestListener = (request, response) =>
          own.run('mine', () => {
            const emitter: EventEmitter = name === 'request' ? request : response;
            emitter.on(event, () => heard.push(String(own.getStore())));
            response.end('hello');
          });
        await ask(listener);
        const watchedHeard = heard.splice(0);
        await closeServer?.();
        watched.stop();
        await ask(listener);
        assert.equal(watchedHeard.length, 2);
        assert.deepEqual(watchedHeard, heard);
      });
    }

    it('of a response that somebody listened to before the handler', async () => {
      const listen = (message: unknown) => {
        const { response } = message as { response: ServerResponse };
        response.once('finish', () => heard.push(String(own.getStore())));
      };
      const listener: RequestListener = (_request, response) => own.run('mine', () => void response.end('hello'));
      subscribe('http.server.request.start', listen);
      await ask(listener);
      unsubscribe('http.server.request.start', listen);
      assert.deepEqual(heard, ['mine', 'mine']);
    });

    for (const [of, socket, upgrade] of [
      ['a connection that no server reads', new Socket(), false],
      ['an upgrade', Object.assign(new Socket(), { parser: {} }), true],
    ] as const)
      it(`of a response on ${of}, which the server did not make, so Node has no listener`, async () => {
        const { server, close } = await serve((_request, response) => void response.end('hello'));
        closeServer = close;
        const version = { httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1 };
        const told = { method: 'GET', url: '/', upgrade, ...version };
        const request = Object.assign(new IncomingMessage(socket), told);
        const response = new ServerResponse(request);
        response.assignSocket(new Writable({ write: (_chunk, _encoding, done) => done() }) as Socket);
        response.on('finish', () => heard.push(String(own.getStore())));
        own.run('mine', () => server.emit('request', request, response));
        await sleep(20);
        assert.deepEqual(heard, ['mine']);
      });

    it('and those who are told of a fault', async () => {
      watched.stop();
      watched = watch({ onServerFault: () => heard.push(String(own.getStore())) });
      await ask((_request, response) =>
        own.run('mine', () => {
          response.statusCode = 503;
          response.end('hello');
        }),
      );
      assert.deepEqual(heard, ['mine', 'mine']);
    });

    it('and to subscribers of the channel that tells of complete responses', async () => {
      const note = () => heard.push(String(own.getStore()));
      subscribe('http.server.response.finish', note);
      await ask((_request, response) => own.run('mine', () => void response.end('hello')));
      unsubscribe('http.server.response.finish', note);
      assert.deepEqual(heard, ['mine', 'mine']);
    });
  });
});

import assert from 'node:assert/strict';
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { routeOf } from '../../src/requests/route.js';

type Handler = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;
type Path = string | RegExp | (string | RegExp)[];

interface Routing {
  use(...arguments_: (Path | Handler | Routing)[]): unknown;
  get(path: Path, ...handlers: Handler[]): unknown;
}
type Express = (() => Routing & RequestListener) & { Router(options?: { mergeParams?: boolean }): Routing };

const load = createRequire(__filename);

const answer: Handler = (_req, res) => void res.end('ok');
/** An error handler, which frameworks tell by its four parameters. */
const answerError = ((_error: unknown, _req: IncomingMessage, res: ServerResponse, _next: () => void) => {
  res.statusCode = 500;
  res.end();
}) as unknown as Handler;

/** The routes read, after the response of each request, for paths asked of the app. */
async function routesOf(app: RequestListener, ...paths: string[]): Promise<(string | undefined)[]> {
  const routes: (string | undefined)[] = [];
  const server = http.createServer((req, res) => {
    res.on('close', () => routes.push(routeOf(req)));
    app(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  for (const path of paths)
    await (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } })).text();
  await new Promise((resolve) => server.close(resolve));
  return routes;
}

for (const version of [4, 5]) {
  const express: Express = load(version === 4 ? 'express4' : 'express');
  const { Router } = express;

  describe(`routeOf with Express ${version}`, () => {
    it('reads the template of a route of the app', async () => {
      const app = express();
      app.get('/', answer);
      app.get('/users/:id', answer);
      assert.deepEqual(await routesOf(app, '/', '/users/42?full=1'), ['/', '/users/:id']);
    });

    it('reads nothing when no route took the request', async () => {
      const app = express();
      app.use('/static', answer);
      assert.deepEqual(await routesOf(app, '/nothing/here'), [undefined]);
    });

    it('reads the path of the middleware that answered', async () => {
      const api = Router();
      api.use('/:tenant/files', answer);
      const app = express();
      app.use('/:page', (_req, _res, next) => next());
      app.use('/static', answer);
      app.use('/api', api);
      assert.deepEqual(await routesOf(app, '/static/logo.png', '/api/acme/files/7', '/api/acme/none', '/none'), [
        '/static',
        '/api/:tenant/files',
        undefined,
        undefined,
      ]);
    });

    it('reads an empty path as that of its router', async () => {
      const users = Router();
      users.get('', answer);
      const app = express();
      app.get('', answer);
      app.use('/users', users);
      assert.deepEqual(await routesOf(app, '/', '/users'), ['/', '/users']);
    });

    it('reads a router at any number of places', async () => {
      const items = Router();
      items.get('/:item', answer);
      const app = express();
      for (let i = 0; i < 50; i++) app.use(`/shop${i}/:shop`, items);
      const places = Array.from({ length: 50 }, (_, i) => i);
      const asked = places.map((i) => `/shop${i}/5/1`);
      const expected = places.map((i) => `/shop${i}/:shop/:item`);
      assert.deepEqual(await routesOf(app, ...asked, ...asked), [...expected, ...expected]);
    });

    it('tells a mount without parameters from the one beside it, in the order of registration', async () => {
      const api = Router();
      api.get('/items', answer);
      const app = express();
      app.use('/api/latest', api);
      app.use('/api/:version', api);
      app.use('/old/:version', api);
      app.use('/old/latest', api);
      const asked = ['/api/2/items', '/api/latest/items', '/old/latest/items', '/api/latest/items', '/api/3/items'];
      const [version, latest, old] = ['/api/:version/items', '/api/latest/items', '/old/:version/items'];
      assert.deepEqual(await routesOf(app, ...asked), [version, latest, old, latest, version]);
    });

    it('reads what is mounted while requests are served', async () => {
      const [items, inner] = [Router() as Routing & Handler, Router()];
      items.get('/:item', answer);
      inner.get('/:page', answer);
      const app = express();
      app.use('/early', items);
      app.use('/add', (_req, res) => {
        app.use('/late/:shop', items);
        items.use('/pages', inner);
        res.end();
      });
      assert.deepEqual(
        await routesOf(app, '/early/1', '/late/5/1', '/add', '/late/5/1', '/early/pages/7', '/early/2'),
        ['/early/:item', undefined, '/add', '/late/:shop/:item', '/early/pages/:page', '/early/:item'],
      );
    });

    it('reads the route of a request whose URL a middleware has rewritten', async () => {
      const items = Router();
      items.get('/:item', answer);
      items.get('/:item/broken', () => {
        throw new Error('no database');
      });
      items.get('/:item/passed', (_req, _res, next) => next());
      const app = express();
      app.use((req, _res, next) => {
        req.url = req.url?.replace(/^\/v\d/, '');
        next();
      });
      app.use('/shops/:shop', items);
      app.get('/plain/:id', answer);
      app.use(answer);
      app.use(answerError);
      const [item, broken] = ['/shops/:shop/:item', '/shops/:shop/:item/broken'];
      const asked = ['/v1/shops/5/7', '/v1/shops/5/7/broken', '/v2/shops/5/7/passed', '/v2/plain/7', '/shops/5/7'];
      assert.deepEqual(await routesOf(app, ...asked), [item, broken, '/shops/:shop/:item/passed', '/plain/:id', item]);
    });

    it('reads the route of a request that has left its routers before the answer', async () => {
      const [posts, api] = [Router(), Router()];
      posts.get('/', (_req, _res, next) => next());
      posts.get('/:id', (_req, _res, next) => next());
      api.use('/posts', posts);
      api.use(answer);
      const app = express();
      app.use('/api', api);
      assert.deepEqual(await routesOf(app, '/api/posts', '/api/posts/7'), ['/api/posts', '/api/posts/:id']);
    });

    it('reads a router that is mounted in itself', async () => {
      const folders = Router({ mergeParams: true }) as Routing & Handler;
      folders.get('/file', answer);
      folders.use('/in', folders);
      const app = express();
      app.use('/:root', folders);
      assert.deepEqual(await routesOf(app, '/a/file', '/b/in/file', '/b/in/in/file'), [
        '/:root/file',
        '/:root/in/file',
        '/:root/in/in/file',
      ]);
    });

    it('puts the path of a router before its route', async () => {
      const users = Router();
      users.get('/', answer);
      users.get('/:id', answer);
      const app = express();
      app.use('/users', users);
      assert.deepEqual(await routesOf(app, '/users', '/users/42'), ['/users', '/users/:id']);
    });

    it('reads a router mounted at a parameter as its template, never as what the client wrote', async () => {
      const orders = Router();
      orders.get('/orders/:order', answer);
      const app = express();
      app.use('/users/:user', orders);
      assert.deepEqual(
        await routesOf(app, '/users/42/orders/7', '/users/J%C3%BCrgen/orders/8', '/users/42/orders/42'),
        ['/users/:user/orders/:order', '/users/:user/orders/:order', '/users/:user/orders/:order'],
      );
    });

    it('goes down routers in routers, with parameters on several levels', async () => {
      const lines = Router({ mergeParams: true });
      lines.get('/:line', answer);
      const orders = Router({ mergeParams: true });
      orders.use('/:order/lines', lines);
      const api = Router();
      api.use('/users/:user/orders', orders);
      const app = express();
      app.use('/api', (_req, _res, next) => next());
      app.use('/api', api);
      assert.deepEqual(await routesOf(app, '/api/users/1/orders/2/lines/3', '/api/users/2/orders/2/lines/2'), [
        '/api/users/:user/orders/:order/lines/:line',
        '/api/users/:user/orders/:order/lines/:line',
      ]);
    });

    it('tells one router at two places apart', async () => {
      const items = Router();
      items.get('/:item', answer);
      const app = express();
      app.use('/books', items);
      app.use('/shops/:shop', items);
      const read = await routesOf(app, '/books/1', '/shops/5/1', '/books/2', '/shops/6/2');
      assert.deepEqual(read, ['/books/:item', '/shops/:shop/:item', '/books/:item', '/shops/:shop/:item']);
    });

    it('goes through applications mounted in applications', async () => {
      const inner = express();
      inner.get('/:item', answer);
      const middle = express();
      middle.use('/shops/:shop', inner);
      const app = express();
      app.use('/v1', middle);
      assert.deepEqual(await routesOf(app, '/v1/shops/5/1', '/v1/shops/6/2'), Array(2).fill('/v1/shops/:shop/:item'));
    });

    it('goes through a router mounted at the root', async () => {
      const pages = Router();
      pages.get('/about', answer);
      const app = express();
      app.use(pages);
      assert.deepEqual(await routesOf(app, '/about'), ['/about']);
    });

    it('names lists and regular expressions as they were given', async () => {
      const app = express();
      app.get(['/cats', '/dogs/:name'], answer);
      app.get(/^\/file-(\d+)$/, answer);
      assert.deepEqual(await routesOf(app, '/cats', '/dogs/rex', '/file-12'), [
        '/cats,/dogs/:name',
        '/cats,/dogs/:name',
        '/^\\/file-(\\d+)$/',
      ]);
    });

    it('names the one of several mount paths that was taken', async () => {
      const pages = Router();
      pages.get('/:page', answer);
      const app = express();
      app.use(['/en', '/de/:region'], pages);
      assert.deepEqual(await routesOf(app, '/en/1', '/de/by/1'), ['/en/:page', '/de/:region/:page']);
    });

    it('reads a router that a function of the app calls, by the path of that function', async () => {
      const [orders, lines, pages] = [Router() as Routing & Handler, Router(), Router() as Routing & Handler];
      lines.get('/:line', answer);
      orders.get('/orders', answer);
      orders.use('/orders/:order/lines', lines);
      pages.get('/pages/:page', answer);
      const app = express();
      app.use('/users/:user', (req, res, next) => orders(req, res, next));
      app.use((req, res, next) => pages(req, res, next));
      const asked = Array.from({ length: 30 }, (_, user) => `/users/${user}/orders`);
      assert.deepEqual(await routesOf(app, ...asked), Array(30).fill('/users/:user/orders'));
      assert.deepEqual(await routesOf(app, '/pages/7', '/users/1/orders/2/lines/3'), ['/pages/:page', undefined]);
      app.use('/teams/:team', orders);
      assert.deepEqual(await routesOf(app, '/teams/7/orders', '/users/1/orders', '/teams/1/orders/2/lines/3'), [
        '/teams/:team/orders',
        '/users/:user/orders',
        '/teams/:team/orders/:order/lines/:line',
      ]);
    });

    it('reads the route of a request whose error left the routers above it', async () => {
      const users = Router();
      users.get('/:id', () => {
        throw new Error('no database');
      });
      const api = Router();
      api.use('/teams/:team/users', users);
      const app = express();
      app.use('/api', api);
      app.use(answerError);
      const expected = Array(2).fill('/api/teams/:team/users/:id');
      assert.deepEqual(await routesOf(app, '/api/teams/1/users/42', '/api/teams/2/users/43?x=1'), expected);
    });

    it('reads the route of a request whose error a handler at a path of its own answered', async () => {
      const users = Router();
      users.get('/:id', () => {
        throw new Error('no database');
      });
      const app = express();
      app.use('/api/teams/:team/users', users);
      app.get('/api/orders/:id', () => {
        throw new Error('no database');
      });
      app.use('/api', answerError);
      const [user, order] = ['/api/teams/:team/users/:id', '/api/orders/:id'];
      const asked = ['/api/teams/1/users/42', '/api/orders/7?x=1', '/api/teams/2/users/43', '/api/orders/8'];
      assert.deepEqual(await routesOf(app, ...asked), [user, order, user, order]);
    });

    it('reads the route of a request whose error nobody handled', async () => {
      const users = Router();
      users.get('/:id', () => {
        throw Object.assign(new Error('gone'), { status: 410 });
      });
      const app = express();
      app.use('/users', users);
      assert.deepEqual(await routesOf(app, '/users/42'), ['/users/:id']);
    });

    it('reads the route that a request was passed on from, when nobody else took it', async () => {
      const app = express();
      app.get('/users/:id', (_req, _res, next) => next());
      assert.deepEqual(await routesOf(app, '/users/42'), ['/users/:id']);
    });
  });
}

describe('routeOf', () => {
  it('reads nothing of a request that no framework touched', () => {
    assert.equal(routeOf({}), undefined);
    assert.equal(routeOf({ route: null }), undefined);
    assert.equal(routeOf({ route: 'GET /', baseUrl: '' }), undefined);
    assert.equal(routeOf({ route: { path: 5 } }), undefined);
  });

  it('replaces the values of parameters for an Express 5 whose router does not keep the mount path', () => {
    const route = { path: '/lines' };
    const baseUrl = '/users/J%C3%BCrgen/files/a/b';
    const orders = Object.assign(() => undefined, { stack: [{ route }] });
    const matcher = (path: string) => {
      const [, user = '', rest = ''] = /^\/users\/([^/]+)\/files\/(.+)$/.exec(path) ?? [];
      return { path, params: { user: decodeURIComponent(user), path: rest.split('/') } };
    };
    const app = { router: { stack: [{ handle: orders, matchers: [matcher] }] } };
    assert.equal(routeOf({ app, route, baseUrl, originalUrl: `${baseUrl}/lines` }), '/users/:user/files/*path/lines');
  });
});

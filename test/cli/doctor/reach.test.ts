import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { explainFailure } from '../../../src/cli/doctor/network-trouble.js';
import { reach, systemNetwork } from '../../../src/cli/doctor/reach.js';
import { LoopbackProxy } from '../../exporters/aws/loopback-proxy.js';
import { CERTIFICATE, KEY } from '../../requests/localhost-certificate.js';

describe('the steps of a connection', () => {
  let server: Server;
  const connections: Socket[] = [];
  beforeEach(async () => {
    server = createServer((socket) => void connections.push(socket.on('error', () => {})));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    for (const socket of connections.splice(0)) socket.destroy();
    server.close();
  });
  const url = () => `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const network = { ...systemNetwork, limits: { ...systemNetwork.limits, HTTP: 100 } };

  it('are those of one connection, which is closed when nothing answers', async () => {
    const { failure } = await reach(url(), network);
    assert.deepEqual([failure?.step, failure?.code], ['HTTP', 'TIMEOUT']);
    assert.equal(connections.length, 1);
    const [only] = connections;
    if (only && !only.closed) await new Promise<void>((resolve) => only.resume().once('close', () => resolve()));
  });

  it('end with the first byte of the same connection', async () => {
    server.on('connection', (socket) => socket.once('data', () => socket.write('HTTP/1.1 204 No Content\r\n\r\n')));
    const { steps, failure } = await reach(url(), network);
    assert.deepEqual([failure, steps.map(({ step }) => step)], [undefined, ['TCP', 'HTTP']]);
    assert.equal(connections.length, 1);
  });
});

describe('the steps of a connection through a proxy', () => {
  let proxy: LoopbackProxy;
  let server: SecureServer;
  const closing: (() => void)[] = [];
  beforeEach(async () => {
    server = createSecureServer({ key: KEY, cert: CERTIFICATE }, (_request, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    proxy = await LoopbackProxy.start(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    closing.push(() => server.close());
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) close();
    server.closeAllConnections();
    await proxy.close();
  });
  // A host that only has a proxy knows no names.
  const network = () => ({
    ...systemNetwork,
    lookup: () => Promise.reject(Object.assign(new Error('no name server'), { code: 'ENOTFOUND' })),
    proxyOf: async () => new URL(`http://me:proxy-password@127.0.0.1:${proxy.port}`),
  });

  it('are those of its tunnel', async () => {
    proxy.opensTunnels = true;
    const found = await reach('https://localhost', network(), { tls: { ca: CERTIFICATE } });
    assert.deepEqual(
      [found.failure, found.steps.map(({ step }) => step), found.proxy],
      [undefined, ['TCP', 'CONNECT', 'TLS', 'HTTP'], `127.0.0.1:${proxy.port}`],
    );
    assert.deepEqual(proxy.asked, ['CONNECT localhost:443']);
    assert.deepEqual([...proxy.authorizations], [`Basic ${Buffer.from('me:proxy-password').toString('base64')}`]);
    assert.doesNotMatch(JSON.stringify(found), /proxy-password/);
  });

  it('are those of a request for the whole URL, where there is no TLS', async () => {
    const plain = createHttpServer((_request, response) => response.end());
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    closing.push(() => plain.close());
    await proxy.close();
    proxy = await LoopbackProxy.start(`http://127.0.0.1:${(plain.address() as AddressInfo).port}`);
    const { failure, steps } = await reach('http://collector.test:4318', network());
    assert.deepEqual([failure, steps.map(({ step }) => step)], [undefined, ['TCP', 'HTTP']]);
    assert.deepEqual(proxy.asked, ['collector.test:4318']);
  });

  it('end where the proxy refuses, with what to do', async () => {
    proxy.refusal = '407 Proxy Authentication Required';
    const found = await reach('https://logs.us-east-1.amazonaws.com', network());
    assert.deepEqual([found.failure?.step, found.failure?.code], ['CONNECT', 'HTTP 407']);
    const { cause, remedy } = explainFailure(found, { env: {} });
    assert.match(cause, /put user and password in HTTPS_PROXY/);
    assert.match(remedy, /allow CONNECT to logs.us-east-1.amazonaws.com/);
  });

  it('end where the proxy is not there, which is named', async () => {
    const { port } = proxy;
    await proxy.close();
    const found = await reach('https://logs.us-east-1.amazonaws.com', network());
    assert.equal(found.failure?.code, 'ECONNREFUSED');
    assert.match(explainFailure(found, { env: {} }).cause, new RegExp(`the proxy 127.0.0.1:${port} can't be reached`));
    proxy = await LoopbackProxy.start('http://127.0.0.1:1');
  });
});

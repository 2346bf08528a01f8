import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { reach, systemNetwork } from '../../../src/cli/doctor/reach.js';

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

import assert from 'node:assert/strict';
import { HttpTransport } from '../../../exporters/aws/http-transport.js';
import { type AwsCall, noteAttempts } from '../../../exporters/aws/observed-call.js';
import { startServer } from './loopback-server.js';

const TARGET = { 'x-amz-target': 'Logs_20140328.PutLogEvents' };

describe('an observed call', () => {
  async function callsTo(
    url: string,
    ...requests: { path: string; headers?: Record<string, string>; signal?: AbortSignal }[]
  ): Promise<AwsCall[]> {
    const calls: AwsCall[] = [];
    const transport = new HttpTransport({ onCall: (call) => calls.push(call) });
    for (const { path, headers = {}, signal = new AbortController().signal } of requests) {
      await transport.post(new URL(path, url), headers, Buffer.from('{}'), signal).catch(() => undefined);
    }
    transport.destroy();
    return calls;
  }

  it('has the operation of its target or its path, its status, its id and the code of its error', async () => {
    const server = await startServer((received, response) => {
      const isRefused = received.path === '/';
      response.writeHead(isRefused ? 400 : 200, { 'x-amzn-requestid': 'abc' });
      response.end(isRefused ? '{"__type":"ThrottlingException","message":"slow down"}' : '');
    });
    const calls = await callsTo(server.url, { path: '/', headers: TARGET }, { path: '/v1/traces' });
    await server.close();
    assert.deepEqual(
      calls.map(({ operation, status, requestId, error, bytes }) => ({ operation, status, requestId, error, bytes })),
      [
        {
          operation: 'PutLogEvents',
          status: 400,
          requestId: 'abc',
          error: { name: 'ThrottlingException', message: 'slow down' },
          bytes: 2,
        },
        { operation: 'v1/traces', status: 200, requestId: 'abc', error: undefined, bytes: 2 },
      ],
    );
  });

  it('has the code of the network where no answer came', async () => {
    const server = await startServer(() => {});
    await server.close();
    const [call] = await callsTo(server.url, { path: '/v1/metrics' });
    assert.deepEqual([call?.status, call?.error?.name], [undefined, 'ECONNREFUSED']);
  });

  it('counts the attempts of each operation of a batch, those of earlier flights included', async () => {
    const server = await startServer((_received, response) => void response.end());
    const { signal } = new AbortController();
    noteAttempts(signal, 2);
    const put = { path: '/', headers: TARGET, signal };
    const create = { path: '/', headers: { 'x-amz-target': 'Logs_20140328.CreateLogGroup' }, signal };
    const calls = await callsTo(server.url, put, create, put, { path: '/v1/traces' });
    await server.close();
    assert.deepEqual(
      calls.map(({ operation, attempt }) => `${operation} ${attempt}`),
      ['PutLogEvents 3', 'CreateLogGroup 3', 'PutLogEvents 4', 'v1/traces 1'],
    );
  });
});

import assert from 'node:assert/strict';
import type { ServedRequest } from '../../src/requests/request-record.js';
import { samplingAttributes } from '../../src/requests/sampling-attributes.js';
import { startAttributes } from '../../src/requests/span.js';

const request = (given: object = {}): ServedRequest =>
  ({
    method: 'POST',
    url: '/pay/7?token=s3cr3t',
    httpVersion: '1.1',
    headers: { host: 'shop.example:8443', 'user-agent': 'curl/8', 'x-forwarded-for': '10.0.0.1' },
    socket: { remoteAddress: '127.0.0.1', remotePort: 50_000 },
    ...given,
  }) as unknown as ServedRequest;

describe('samplingAttributes', () => {
  for (const [what, given] of [
    ['an ordinary request', {}],
    ['a method of its own', { method: 'BREW' }],
    ['a request without a host and without a URL', { headers: {}, url: undefined }],
  ] as const) {
    it(`are those that the span of ${what} starts with, each of them`, () => {
      const all = startAttributes(request(given), 'https', () => 'redacted');
      const asked = samplingAttributes(request(given), 'https', () => 'redacted');
      for (const [key, value] of Object.entries(all)) assert.deepEqual(asked[key], value, key);
      assert.equal(asked['no.such'], undefined);
    });
  }

  it('work out no more than what is asked for', () => {
    let read = 0;
    const asked = samplingAttributes(request(), 'https', (query) => {
      read += 1;
      return query;
    });
    for (const key of ['http.request.method', 'url.path', 'url.scheme', 'server.address', 'user_agent.original'])
      asked[key];
    assert.equal(read, 0);
    assert.equal(asked['client.address'], '10.0.0.1');
    assert.equal(asked['server.port'], 8443);
    assert.equal(read, 1);
  });
});

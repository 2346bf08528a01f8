import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { type Address, clientAddress, serverAddress } from '../../src/requests/address.js';

describe('serverAddress', () => {
  const cases: [headers: IncomingHttpHeaders, scheme: string, expected: Address | undefined][] = [
    [{ host: 'app.test' }, 'http', { host: 'app.test', port: 80 }],
    [{ host: 'app.test' }, 'https', { host: 'app.test', port: 443 }],
    [{ host: 'app.test:8080' }, 'http', { host: 'app.test', port: 8080 }],
    [{ host: '[::1]:8080' }, 'http', { host: '[::1]', port: 8080 }],
    [{ host: '[::1]' }, 'http', { host: '[::1]', port: 80 }],
    [{ host: 'a:b:c' }, 'http', { host: 'a:b:c' }],
    [{ host: '' }, 'http', undefined],
    [{}, 'http', undefined],
    [{ ':authority': 'app.test:81' } as IncomingHttpHeaders, 'http', { host: 'app.test', port: 81 }],
    [{ host: 'inner', 'x-forwarded-host': 'outer.test' }, 'http', { host: 'outer.test' }],
    [
      { host: 'inner', 'x-forwarded-host': 'outer.test', 'x-forwarded-proto': 'https' },
      'http',
      { host: 'outer.test', port: 443 },
    ],
    [{ host: 'inner', 'x-forwarded-host': 'outer.test:444, middle.test' }, 'http', { host: 'outer.test', port: 444 }],
    [
      { host: 'inner', forwarded: 'for=1.2.3.4;host=outer.test;proto=https' },
      'http',
      { host: 'outer.test', port: 443 },
    ],
    [{ host: 'inner', forwarded: 'for=1.2.3.4, host="outer.test:9"' }, 'http', { host: 'outer.test', port: 9 }],
    [{ host: 'inner', forwarded: 'for=1.2.3.4', 'x-forwarded-host': 'outer.test' }, 'http', { host: 'outer.test' }],
    [{ host: 'inner', forwarded: '= ;;,' }, 'http', { host: 'inner', port: 80 }],
  ];
  for (const [headers, scheme, expected] of cases) {
    it(`of ${JSON.stringify(headers)} over ${scheme}`, () => {
      assert.deepEqual(serverAddress(headers, scheme), expected);
    });
  }
});

describe('clientAddress', () => {
  const cases: [headers: IncomingHttpHeaders, expected: string | undefined][] = [
    [{}, '127.0.0.1'],
    [{ 'x-forwarded-for': '203.0.113.7, 10.0.0.1' }, '203.0.113.7'],
    [{ 'x-forwarded-for': '203.0.113.7:4711' }, '203.0.113.7'],
    [{ 'x-forwarded-for': '2001:db8::1' }, '2001:db8::1'],
    [{ 'x-forwarded-for': '[2001:db8::1]:4711' }, '2001:db8::1'],
    [{ forwarded: 'For="[2001:db8:cafe::17]:4711"', 'x-forwarded-for': '10.0.0.1' }, '2001:db8:cafe::17'],
    [{ forwarded: 'by=10.0.0.1, for=192.0.2.60;proto=http' }, '192.0.2.60'],
    [{ forwarded: 'proto=https', 'x-forwarded-for': '203.0.113.7' }, '203.0.113.7'],
  ];
  for (const [headers, expected] of cases) {
    it(`of ${JSON.stringify(headers)}`, () => {
      assert.equal(clientAddress(headers, '127.0.0.1'), expected);
    });
  }
});

import assert from 'node:assert/strict';
import { sign } from '../../../exporters/aws/signing.js';
import { assertSigned } from './recompute-signature.js';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const scope = { service: 'xray', region: 'eu-west-1' };
const date = new Date('2026-11-22T12:00:00.750Z');

async function signed(url: string, body: Buffer, extra: { sessionToken?: string } = {}) {
  const target = new URL(url);
  const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' };
  const result = await sign({ method: 'POST', url: target, headers, body }, scope, { ...credentials, ...extra }, date);
  return { method: 'POST', path: target.pathname + target.search, headers: result, raw: body, body };
}

describe('signing', () => {
  it('signs the exact bytes, verified by computing the signature anew', async () => {
    const request = await signed('https://xray.eu-west-1.amazonaws.com/v1/traces', Buffer.from([0, 255, 1, 2, 10]));
    assertSigned(request, { ...credentials, ...scope });
    assert.equal(request.headers['x-amz-date'], '20261122T120000Z');
    assert.match(
      request.headers.authorization ?? '',
      /SignedHeaders=content-encoding;content-type;host;x-amz-content-sha256;x-amz-date,/,
    );
  });

  it('does not verify with one byte changed', async () => {
    const request = await signed('https://xray.eu-west-1.amazonaws.com/v1/traces', Buffer.from('body'));
    assert.throws(() => assertSigned({ ...request, raw: Buffer.from('bodz') }, { ...credentials, ...scope }));
  });

  it('signs the port, a path prefix and the empty body', async () => {
    const request = await signed('http://127.0.0.1:4318/a%20b/v1/traces', Buffer.alloc(0));
    assert.equal(request.headers.host, '127.0.0.1:4318');
    assertSigned(request, { ...credentials, ...scope });
  });

  it('signs the token of temporary credentials', async () => {
    const request = await signed('https://xray.eu-west-1.amazonaws.com/v1/traces', Buffer.from('x'), {
      sessionToken: 'tok/en==',
    });
    assert.equal(request.headers['x-amz-security-token'], 'tok/en==');
    assert.match(request.headers.authorization ?? '', /x-amz-security-token/);
    assertSigned(request, { ...credentials, ...scope });
  });

  it('rejects credentials that are none', async () => {
    const request = { method: 'POST', url: new URL('http://127.0.0.1/'), headers: {}, body: Buffer.alloc(0) } as const;
    await assert.rejects(sign(request, scope, {} as never, date));
  });
});

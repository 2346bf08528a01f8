import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import type { Received } from './loopback-server.js';

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();

/** Checks a received request's Signature Version 4 by computing it anew from what came over the wire. */
export function assertSigned(
  received: Received,
  expected: { accessKeyId: string; secretAccessKey: string; service: string; region: string },
): void {
  const authorization = received.headers.authorization ?? '';
  const parts = /^AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/.exec(
    authorization,
  );
  assert.ok(parts, `no signature: ${authorization}`);
  const [, credential = '', signedHeaders = '', signature] = parts;
  const date = String(received.headers['x-amz-date']);
  const scope = `${date.slice(0, 8)}/${expected.region}/${expected.service}/aws4_request`;
  assert.equal(credential, `${expected.accessKeyId}/${scope}`);

  const names = signedHeaders.split(';');
  for (const name of ['host', 'x-amz-date']) assert.ok(names.includes(name), `${name} is not signed`);
  const payloadHash = sha256(received.raw);
  if (names.includes('x-amz-content-sha256')) assert.equal(received.headers['x-amz-content-sha256'], payloadHash);
  const [path = '', query = ''] = received.path.split('?');
  const canonical = [
    received.method,
    path.split('/').map(encodeURIComponent).join('/'),
    query,
    ...names.map((name) => `${name}:${String(received.headers[name]).trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders,
    payloadHash,
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const dayKey = hmac(`AWS4${expected.secretAccessKey}`, date.slice(0, 8));
  const key = hmac(hmac(hmac(dayKey, expected.region), expected.service), 'aws4_request');
  assert.equal(signature, createHmac('sha256', key).update(toSign).digest('hex'));
}

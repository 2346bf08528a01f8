import assert from 'node:assert/strict';
import { masked } from '../../src/redaction/shown.js';

describe('masked', () => {
  for (const [text, shown] of [
    ['token: abc', 'token: [redacted]'],
    ['sessionToken=abc', 'sessionToken=[redacted]'],
    ['expiredToken=abc', 'expiredToken=[redacted]'],
    ['Authorization: Custom s3cr3t', 'Authorization: [redacted]'],
    ['authorization=Bearer abc', 'authorization=[redacted]'],
    ['Signature=0123456789abcdef01', 'Signature=[redacted]'],
    ['key AKIAABCDEFGHIJKLMNOP', 'key [redacted]'],
    // Names of errors promise a secret and hold none.
    ['ExpiredToken: The security token', 'ExpiredToken: The security token'],
    ['InvalidClientTokenId: The security', 'InvalidClientTokenId: The security'],
    ['ExpiredTokenException: The', 'ExpiredTokenException: The'],
    ['CredentialsProviderError: Could not', 'CredentialsProviderError: Could not'],
  ] as const) {
    it(`shows ${text} as ${shown}`, () => assert.equal(masked(text), shown));
  }
});

import assert from 'node:assert/strict';
import type { FailureKind } from '../../../exporters/aws/errors.js';
import { classify, HttpError, kindOfStatus, MAX_RETRY_AFTER, parseRetryAfter } from '../../../exporters/aws/errors.js';

function sdkError(name: string, status: number, message = name, headers: Record<string, string> = {}): Error {
  return Object.assign(new Error(message), {
    name,
    $metadata: { httpStatusCode: status },
    $response: { statusCode: status, headers },
  });
}

function networkError(code: string): Error {
  return Object.assign(new Error(`connect ${code} 127.0.0.1:1`), { code });
}

describe('classify', () => {
  const cases: [string, unknown, FailureKind][] = [
    ['the query name of throttling', sdkError('Throttling', 400), 'throttled'],
    ['the JSON name of throttling', sdkError('ThrottlingException', 400), 'throttled'],
    ['429', sdkError('UnknownError', 429), 'throttled'],
    ['an internal fault', sdkError('InternalServiceFault', 500), 'retry'],
    ['502', sdkError('Error', 502), 'retry'],
    ['a proxy page read as JSON', sdkError('SyntaxError', 503, 'Unexpected token <'), 'retry'],
    ['504', new HttpError(504, 'gateway timeout'), 'retry'],
    ['501', new HttpError(501, 'not implemented'), 'permanent'],
    ['404', new HttpError(404, 'not found'), 'permanent'],
    ['413', sdkError('RequestEntityTooLarge', 413), 'split'],
    [
      'the size of a PutLogEvents request',
      sdkError('InvalidParameterException', 400, 'Upload too large: 1054510 bytes exceeds limit of 1048576'),
      'split',
    ],
    [
      'the size of a PutMetricData request',
      sdkError('InvalidParameterValue', 400, 'Request size 47947 exceeded 40960 bytes'),
      'split',
    ],
    ['413 from a proxy', new HttpError(413, 'too large'), 'split'],
    ['an invalid parameter', sdkError('InvalidParameterValueException', 400), 'refused'],
    ['a missing parameter', sdkError('MissingRequiredParameterException', 400), 'refused'],
    ['a client limit that is not throttling', sdkError('LimitExceededException', 400), 'refused'],
    ["CloudWatch's own limit", sdkError('LimitExceeded', 400), 'throttled'],
    ['parameters that exclude each other', sdkError('InvalidParameterCombinationException', 400), 'refused'],
    ['a signature that does not match', sdkError('InvalidSignatureException', 403, 'does not match'), 'denied'],
    ['403 from a proxy', new HttpError(403, 'forbidden'), 'denied'],
    ['access denied', sdkError('AccessDenied', 403), 'denied'],
    ['an expired token', sdkError('ExpiredTokenException', 400), 'denied'],
    ['an unknown key', sdkError('UnrecognizedClientException', 400), 'denied'],
    ['401', new HttpError(401, 'unauthorized'), 'denied'],
    ['no credentials', Object.assign(new Error('Could not load'), { name: 'CredentialsProviderError' }), 'denied'],
    ['no region', new Error('Region is missing'), 'denied'],
    ['a skewed clock', sdkError('InvalidSignatureException', 403, 'Signature expired: 2026 is now earlier'), 'retry'],
    ['a missing stream', sdkError('ResourceNotFoundException', 400), 'missing'],
    ['a concurrent operation', sdkError('OperationAbortedException', 400), 'retry'],
    ['a refused connection', networkError('ECONNREFUSED'), 'retry'],
    ['a name that does not resolve', networkError('ENOTFOUND'), 'retry'],
    ['a name that does not resolve for now', networkError('EAI_AGAIN'), 'retry'],
    ['a host that is not reached', networkError('EHOSTUNREACH'), 'retry'],
    ['a connection broken while in use', networkError('ECONNRESET'), 'unanswered'],
    ['a connection closed while being written to', networkError('EPIPE'), 'unanswered'],
    [
      "the AWS SDK's name for a broken connection",
      Object.assign(networkError('ECONNRESET'), { name: 'TimeoutError' }),
      'unanswered',
    ],
    [
      'a TLS handshake that is broken off',
      Object.assign(new Error('Client network socket disconnected before secure TLS connection was established'), {
        code: 'ECONNRESET',
      }),
      'retry',
    ],
    ['a connection that is not made in time', networkError('ETIMEDOUT'), 'retry'],
    [
      'the AWS SDK not getting a connection',
      Object.assign(new Error('the request socket did not establish a connection with the server within 2000 ms'), {
        name: 'TimeoutError',
      }),
      'retry',
    ],
    [
      'the AWS SDK not getting an answer',
      Object.assign(new Error('a request has exceeded the configured 10000 ms requestTimeout'), {
        name: 'TimeoutError',
      }),
      'unanswered',
    ],
    ['an aborted request', Object.assign(new Error('Request aborted'), { name: 'AbortError' }), 'unanswered'],
    [
      'the code that fetch hides in the cause',
      new TypeError('fetch failed', { cause: networkError('ECONNREFUSED') }),
      'retry',
    ],
    ['no descriptor left for a connection', networkError('EMFILE'), 'retry'],
    ['a redirect', sdkError('Unknown', 307, 'UnknownError'), 'retry'],
    ['a portal in place of the service', sdkError('SyntaxError', 200, 'Unexpected token <'), 'retry'],
    ['something thrown that is no error', 'broken', 'retry'],
    ['nothing', undefined, 'retry'],
  ];
  for (const [what, error, kind] of cases) {
    it(`takes ${what} as ${kind}`, () => assert.equal(classify(error).kind, kind));
  }

  it('names the error by its code, its name or its status', () => {
    assert.equal(classify(networkError('ECONNREFUSED')).name, 'ECONNREFUSED');
    assert.equal(classify(sdkError('AccessDenied', 403)).name, 'AccessDenied');
    assert.equal(classify(new HttpError(503, 'x')).name, 'HTTP 503');
    assert.equal(classify(new HttpError(503, 'x')).status, 503);
  });

  for (const [status, expected, headers] of [
    [
      307,
      /^HTTP 307: Temporary Redirect to https:\/\/portal\.example: redirects are not followed/,
      { location: 'https://portal.example' },
    ],
    [308, /^HTTP 308: Permanent Redirect: redirects are not followed/, {}],
    [407, /^HTTP 407: Proxy Authentication Required: put user and password in HTTPS_PROXY, /, {}],
    [511, /^HTTP 511: Network Authentication Required: a portal on the way wants a login/, {}],
    [429, /^HTTP 429: Too Many Requests: fewer requests are asked for$/, {}],
    [503, /^HTTP 503: Service Unavailable$/, {}],
    [799, /^HTTP 799: a status that HTTP does not define$/, {}],
  ] as const) {
    it(`says what a bare ${status} is, which the AWS SDK calls an unknown error`, () => {
      const { name, message } = classify(sdkError('Unknown', status, 'UnknownError', headers));
      assert.match(`${name}: ${message}`, expected);
    });
  }

  it('says what to do about a proxy that asks for a login, whatever its page says', () => {
    const page = new HttpError(407, '<html><title>Cache Access Denied</title></html>');
    assert.match(classify(page).message, /put user and password in HTTPS_PROXY/);
  });

  it('reads Retry-After from the answer', () => {
    assert.equal(classify(sdkError('Throttling', 400, 'x', { 'retry-after': '7' })).retryAfter, 7000);
    assert.equal(classify(new HttpError(429, 'x', { 'retry-after': '7' })).retryAfter, 7000);
    assert.equal(classify(sdkError('Throttling', 400)).retryAfter, undefined);
  });
});

describe('kindOfStatus', () => {
  it('tells apart statuses that lie next to each other', () => {
    const kinds: [number, FailureKind][] = [
      [200, 'retry'],
      [302, 'retry'],
      [307, 'retry'],
      [399, 'retry'],
      [400, 'refused'],
      [401, 'denied'],
      [402, 'permanent'],
      [403, 'denied'],
      [404, 'permanent'],
      [407, 'denied'],
      [408, 'retry'],
      [409, 'permanent'],
      [412, 'permanent'],
      [413, 'split'],
      [414, 'permanent'],
      [420, 'permanent'],
      [421, 'retry'],
      [422, 'refused'],
      [423, 'permanent'],
      [425, 'retry'],
      [428, 'permanent'],
      [429, 'throttled'],
      [430, 'permanent'],
      [450, 'permanent'],
      [451, 'denied'],
      [452, 'permanent'],
      [499, 'permanent'],
      [500, 'retry'],
      [501, 'permanent'],
      [502, 'retry'],
      [504, 'retry'],
      [505, 'permanent'],
      [506, 'retry'],
      [510, 'retry'],
      [511, 'denied'],
      [512, 'retry'],
    ];
    assert.deepEqual(
      kinds.map(([status]) => [status, kindOfStatus(status)]),
      kinds,
    );
  });
});

describe('parseRetryAfter', () => {
  const now = Date.UTC(2026, 0, 1);

  it('takes seconds and dates', () => {
    assert.equal(parseRetryAfter('1.5', now), 1500);
    assert.equal(parseRetryAfter(new Date(now + 4000).toUTCString(), now), 4000);
  });

  it('honours up to its limit and no more', () => {
    assert.equal(parseRetryAfter(String(MAX_RETRY_AFTER / 1000), now), MAX_RETRY_AFTER);
    assert.equal(parseRetryAfter(String(MAX_RETRY_AFTER / 1000 + 1), now), MAX_RETRY_AFTER);
  });

  it('has nothing to say about the past, the empty and the unreadable', () => {
    for (const header of [undefined, '', ' ', 'soon', '-1', new Date(now - 1000).toUTCString()]) {
      assert.equal(parseRetryAfter(header, now), undefined);
    }
  });
});

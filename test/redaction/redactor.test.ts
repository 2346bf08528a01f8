import assert from 'node:assert/strict';
import fc from 'fast-check';
import { replaceCardNumbers, satisfiesLuhn } from '../../src/redaction/card-number.js';
import { createRedactor, MAX_INPUT, REDACTED, truncate } from '../../src/redaction/redactor.js';
import { SensitiveKeys } from '../../src/redaction/sensitive-keys.js';
import { SEEDS } from './secrets.js';

const redactor = createRedactor();

describe('redacting text', () => {
  for (const { name, secret, text } of SEEDS) {
    it(`takes out ${name}`, () => {
      const redacted = redactor.text(text);
      assert.equal(redacted.includes(secret), false, redacted);
      assert.equal(redacted.includes(REDACTED), true, redacted);
    });
  }

  const harmless = [
    "Cannot read properties of undefined (reading 'name')",
    'Unexpected token < in JSON at position 0',
    'connect ECONNREFUSED 127.0.0.1:5432',
    '    at Auth.checkToken (/app/src/auth/token.js:10:5)',
    '    at Object.<anonymous> (file:///app/src/password-reset.ts:3:14)',
    'GET http://token.internal:8080/health',
    'Basic validation failed',
    'Bearer authentication is required',
    'order 1732272000123 at 2026-11-22T12:00:00.123Z',
    'commit 9fceb02d0ae598e95dc970b74767f19372d61af8',
    'trace 5e1b41515ac6c58f5b5dbf7f2c1d5a4f',
    'password: undefined',
    'max_tokens: 4096, total_tokens=17',
    'author: anna, compass: north',
    '/usr/local/lib/app/Services/Billing2/Main',
    'ratio 0.4111111111111111',
  ];
  for (const text of harmless) it(`leaves "${text}"`, () => assert.equal(redactor.text(text), text));

  it('keeps what stands around a secret', () => {
    assert.equal(redactor.text('user=anna password=hunter2 host=db'), `user=anna password=${REDACTED} host=db`);
    assert.equal(redactor.text('postgres://app:pw@db:5432/x'), `postgres://${REDACTED}@db:5432/x`);
    assert.equal(redactor.text('/a?access_token=1&page=2'), `/a?access_token=${REDACTED}&page=2`);
  });

  it('finds a secret anywhere in a text, also as one of many', () => {
    const around = fc.constantFrom('', ' ', '\n', ' and ', '; ', ' | ', '\t');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...SEEDS), around), { minLength: 1, maxLength: 6 }), (seeds) => {
        const redacted = redactor.text(seeds.map(([seed, after]) => `start ${seed.text}\n${after}`).join(''));
        for (const [seed] of seeds) assert.equal(redacted.includes(seed.secret), false, redacted);
      }),
    );
  });

  it('changes nothing more the second time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...SEEDS.map((seed) => seed.text), 'a: b', '"', '[', '&'), { maxLength: 5 }),
        (parts) => {
          const once = redactor.text(parts.join(' '));
          assert.equal(redactor.text(once), once);
        },
      ),
    );
  });

  it('takes any text', () => {
    fc.assert(fc.property(fc.string({ maxLength: 400 }), (text) => typeof redactor.text(text) === 'string'));
  });
});

describe('bounds of redaction', () => {
  it('cuts a text at its limit', () => {
    assert.equal(redactor.text('abcd', 4), 'abcd');
    assert.equal(redactor.text('abcde', 4), 'abcd…');
  });

  it('leaves no half of a surrogate pair', () => {
    assert.equal(truncate('ab😀', 3), 'ab…');
    assert.equal(truncate('ab😀', 4), 'ab😀');
  });

  it('looks at 65 536 units and lets nothing of the rest through', () => {
    const text = `${'a '.repeat(MAX_INPUT / 2)}tail`;
    assert.equal(redactor.text(text, 1_000_000).includes('tail'), false);
    assert.equal(redactor.text(text.slice(0, MAX_INPUT), 1_000_000).length, MAX_INPUT);
  });

  for (const { name, secret, text } of SEEDS) {
    it(`lets no half of ${name} through where the input is cut`, () => {
      for (let kept = 1; kept < text.length; kept++) {
        const filler = 'x'
          .repeat(19)
          .concat(' ')
          .repeat(MAX_INPUT / 20);
        const before = filler.slice(0, MAX_INPUT - kept - 1);
        const redacted = redactor.text(`${before} ${text}`, MAX_INPUT);
        const half = secret.slice(0, Math.max(6, Math.ceil(secret.length / 2)));
        assert.equal(redacted.includes(half), false, `${kept}: ${redacted.slice(-120)}`);
      }
    }).timeout(60_000);
  }
});

describe('extending redaction', () => {
  it('takes a key name, whatever its spelling', () => {
    const extended = createRedactor(['tenant-id']);
    assert.equal(extended.text('tenantId=t-17 x=1'), `tenantId=${REDACTED} x=1`);
    assert.deepEqual(extended.copy({ TENANT_ID: 't-17', other: 1 }), { TENANT_ID: REDACTED, other: 1 });
  });

  it('takes an expression with flags', () => {
    assert.equal(createRedactor(['/emp-\\d+/i']).text('for EMP-17, emp-18'), `for ${REDACTED}, ${REDACTED}`);
  });

  it('leaves out an expression that is none and goes on with the others', () => {
    const extended = createRedactor(['/(/', '/x\\d/q', 'own_key']);
    assert.equal(extended.text('own_key=1'), `own_key=${REDACTED}`);
  });

  it('puts nothing in for matches of nothing', () => {
    assert.equal(createRedactor(['/z*/']).text('abz'), `ab${REDACTED}`);
  });

  it('ends an expression that would run for ever, leaves the text out, and runs none for a minute', () => {
    const clock = { now: 0 };
    const extended = createRedactor(['/(a+)+$/'], { now: () => clock.now });
    assert.equal(extended.text(`${'a'.repeat(60)}!`), REDACTED);
    clock.now = 59_999;
    assert.equal(extended.text('short'), REDACTED);
    clock.now = 60_000;
    assert.equal(extended.text('short'), 'short');
  });
});

describe('sensitive keys', () => {
  const keys = new SensitiveKeys();
  const sensitive = [
    'password',
    'DB_PASSWORD',
    'userPwd',
    'x-api-key',
    'Authorization',
    'proxy-authorization',
    'Set-Cookie',
    'accessToken',
    'refresh_token',
    'client_secret',
    'privateKey',
    'aws.secretAccessKey',
    'creditCardNumber',
    'cvv',
    'card.pin',
    'connect.sid',
    'X-Amz-Security-Token',
  ];
  for (const key of sensitive) it(`are ${key}`, () => assert.equal(keys.has(key), true));
  for (const key of [
    '',
    'name',
    'author',
    'compass',
    'opinion',
    'key',
    'code',
    'spanId',
    'userId',
    'passenger',
    'sidebar',
  ]) {
    it(`are not ${key === '' ? 'nothing' : key}`, () => assert.equal(keys.has(key), false));
  }
});

describe('card numbers', () => {
  const withCheckDigit = (digits: number[]): number[] => {
    const check = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].find((last) => satisfiesLuhn([...digits, last])) ?? 0;
    return [...digits, check];
  };
  const numberOf = (prefix: string, length: number) =>
    fc
      .array(fc.integer({ min: 0, max: 9 }), {
        minLength: length - prefix.length - 1,
        maxLength: length - prefix.length - 1,
      })
      .map((rest) => withCheckDigit([...[...prefix].map(Number), ...rest]).join(''));
  const ISSUED: [string, number][] = [
    ['4', 16],
    ['4', 19],
    ['51', 16],
    ['2720', 16],
    ['37', 15],
    ['6011', 16],
    ['36', 14],
    ['3528', 16],
    ['62', 19],
    ['6304', 16],
    ['2204', 16],
  ];
  const issued = fc.constantFrom(...ISSUED).chain(([prefix, length]) => numberOf(prefix, length));

  it('with the prefix and the length of an issuer are found, in groups of four as well', () => {
    fc.assert(
      fc.property(issued, fc.constantFrom('', ' ', '-'), (digits, separator) => {
        const text = digits.match(/\d{1,4}/g)?.join(separator) ?? '';
        assert.equal(replaceCardNumbers(`pay ${text}, now`, '#'), 'pay #, now');
      }),
    );
  });

  it('of 13 to 19 digits are found beside a word for a card, whoever issued them', () => {
    const any = fc.integer({ min: 13, max: 19 }).chain((length) => numberOf('9', length));
    fc.assert(
      fc.property(any, (digits) => {
        assert.equal(replaceCardNumbers(`card ${digits}`, '#'), 'card #');
        assert.equal(replaceCardNumbers(`see ${digits}`, '#'), `see ${digits}`);
      }),
    );
  });

  it('are none beside a word for something else', () => {
    fc.assert(
      fc.property(
        issued,
        fc.constantFrom('order ', 'orderId=', 'EAN ', 'IMEI: ', 'phone: +', 'tracking #'),
        (digits, word) => {
          assert.equal(replaceCardNumbers(word + digits, '#'), word + digits);
        },
      ),
    );
  });

  it('with a wrong check digit, or of 12 or 20 digits, are none', () => {
    for (const text of ['4111111111111112', '411111111112', '41111111111111111117']) {
      assert.equal(replaceCardNumbers(text, '#'), text);
    }
  });
});

describe('redacting encoded text', () => {
  const redactor = createRedactor();

  it('finds what a URL spells in another way, and tells the rest as it reads', () => {
    assert.equal(redactor.text('/a/refused%20Bearer%20abc123def456%20for/b'), '/a/refused Bearer [redacted] for/b');
  });

  for (const url of ['/search?q=red%20shoes', '/100%/a', '/%zz%2', '/caf%C3%A9']) {
    it(`leaves ${url} as it is`, () => assert.equal(redactor.text(url), url));
  }
});

describe('redaction of notices', () => {
  const redactor = createRedactor();

  for (const line of [
    'shop: metrics to cloudwatch shop; region us-west-2; credentials: environment variables',
    'CloudWatch exporter: ExpiredToken: The security token included in the request is expired (kept for a later attempt)',
    'CredentialsProviderError: Could not load credentials from any providers',
    'logs to cloudwatch: InvalidSignatureException: Signature expired: 20261125T090000Z is now earlier than 20261125T090500Z',
  ]) {
    it(`leaves "${line.slice(0, 40)}…" as it is`, () => assert.equal(redactor.text(line), line));
  }

  it('takes out what AWS repeats of a request', () => {
    const line =
      'SignatureDoesNotMatch: the canonical string was x-amz-security-token:FwoGZXIv authorization:Bearer abc123def456';
    assert.doesNotMatch(redactor.text(line), /FwoGZXIv|abc123def456/);
  });
});

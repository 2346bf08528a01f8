import assert from 'node:assert/strict';
import { createRedactor, REDACTED } from '../../src/redaction/redactor.js';

const redactor = createRedactor();

function takesOut(text: string, secret = 'SECRET'): void {
  it(`takes the secret out of ${JSON.stringify(text)}`, () => {
    const redacted = redactor.text(text);
    assert.equal(redacted.includes(secret), false, redacted);
  });
}

function leaves(text: string): void {
  it(`leaves ${JSON.stringify(text)}`, () => assert.equal(redactor.text(text), text));
}

describe('a query', () => {
  for (const [query, expected] of [
    ['code=SECRET&state=1', 'code=REDACTED&state=1'],
    ['key=SECRET', 'key=REDACTED'],
    ['%63ode=SECRET', '%63ode=REDACTED'],
    ['%2563ode=SECRET', '%2563ode=REDACTED'],
    ['a=1;code=SECRET', 'a=1;code=REDACTED'],
    ['session=SECRET&PHPSESSID=SECRET&ticket=SECRET', 'session=REDACTED&PHPSESSID=REDACTED&ticket=REDACTED'],
    ['SAMLResponse=SECRET&pw=SECRET', 'SAMLResponse=REDACTED&pw=REDACTED'],
    ['AWSAccessKeyId=A&Signature=B&sig=C', 'AWSAccessKeyId=REDACTED&Signature=REDACTED&sig=REDACTED'],
    ['X-Amz-Credential=A&X-Amz-Signature=B', 'X-Amz-Credential=REDACTED&X-Amz-Signature=REDACTED'],
    ['X-Amz-Security-Token=A&X-Goog-Signature=B', 'X-Amz-Security-Token=REDACTED&X-Goog-Signature=REDACTED'],
    ['x-amz-algorithm=AWS4&X-Amz-Date=1', 'x-amz-algorithm=AWS4&X-Amz-Date=1'],
    ['code=404&page=2', 'code=404&page=2'],
    ['code=1234', 'code=REDACTED'],
    ['nextToken=abc&sort_key=name&q=red%20shoes', 'nextToken=abc&sort_key=name&q=red%20shoes'],
    ['redirect=%2Fa%3Fpassword%3DSECRET', `redirect=/a?password=${REDACTED}`],
  ] as const) {
    it(`${query} is ${expected}`, () => assert.equal(redactor.query(query), expected));
  }

  it('keeps a status of three digits as code, and no fourth', () => {
    assert.equal(redactor.query('code=999'), 'code=999');
    assert.equal(redactor.query('code=1000'), 'code=REDACTED');
  });

  for (const query of ['?key=SECRET', '/cb?code=SECRET&state=1', '/cb?%63ode=SECRET', '/a?a=1;code=SECRET'])
    takesOut(query);
  leaves('/a?code=404');
});

describe('a path', () => {
  for (const [route, path, expected] of [
    ['/reset/:token', '/reset/SECRET', `/reset/${REDACTED}`],
    ['/reset/:token/confirm', '/reset/SECRET/confirm', `/reset/${REDACTED}/confirm`],
    ['/reset/:token(\\w+)?', '/reset/SECRET', `/reset/${REDACTED}`],
    ['/reset/{token}', '/reset/SECRET', `/reset/${REDACTED}`],
    ['/reset/[token]', '/reset/SECRET', `/reset/${REDACTED}`],
    ['/a/*rest/:apiKey', '/a/b/c/SECRET', `/a/b/c/${REDACTED}`],
    ['/users/:id', '/users/17', '/users/17'],
    ['/tokens/:id', '/tokens/17', '/tokens/17'],
    [undefined, '/reset/x', '/reset/x'],
  ] as const) {
    it(`${path} of the route ${route} is ${expected}`, () => assert.equal(redactor.path(path, route), expected));
  }

  it('is found in an address as well', () => {
    assert.equal(
      redactor.url('https://shop.example/reset/SECRET?code=SECRET#access_token=SECRET', '/reset/:token'),
      `https://shop.example/reset/${REDACTED}?code=REDACTED#access_token=REDACTED`,
    );
  });
});

describe('a statement', () => {
  for (const [system, statement, expected] of [
    ['postgresql', "INSERT INTO t (a, b) VALUES ('a@b', 'SECRET')", 'INSERT INTO t (a, b) VALUES (?, ?)'],
    ['postgresql', "SELECT * FROM t WHERE note='SECRET' AND n = 17", 'SELECT * FROM t WHERE note=? AND n = ?'],
    ['postgresql', "SELECT E'it\\'s SECRET', $$SECRET$$, U&'SECRET'", 'SELECT ?, ?, U&?'],
    [
      'postgresql',
      `SELECT "a"."id" FROM "a" WHERE "a"."id" = "b"."id"`,
      `SELECT "a"."id" FROM "a" WHERE "a"."id" = "b"."id"`,
    ],
    ['mysql', 'SELECT * FROM t WHERE a = "SECRET"', 'SELECT * FROM t WHERE a = ?'],
    ['mysql', "SELECT 'it''s SECRET' /* SECRET */ -- SECRET", 'SELECT ?  '],
    ['mysql', "SELECT * FROM t WHERE a = 'SECRET", 'SELECT * FROM t WHERE a = ?'],
    ['microsoft.sql_server', "SELECT N'SECRET', 0x1F, 1.5e3", 'SELECT ?, ?, ?'],
    [undefined, "UPDATE t SET a = 'SECRET'", 'UPDATE t SET a = ?'],
    [
      'postgresql',
      "SELECT * FROM t WHERE a = $1 AND status = 'open'",
      "SELECT * FROM t WHERE a = $1 AND status = 'open'",
    ],
    ['mysql', 'SELECT * FROM t WHERE a = ? LIMIT 10', 'SELECT * FROM t WHERE a = ? LIMIT 10'],
    ['redis', 'SET key 17', 'SET key 17'],
    ['mongodb', '{"find":"orders","limit":1}', '{"find":"orders","limit":1}'],
    [undefined, 'the total of 17 orders', 'the total of 17 orders'],
  ] as const) {
    it(`${statement} of ${system} is ${expected}`, () => assert.equal(redactor.statement(statement, system), expected));
  }

  it('keeps its literals where the operator asks for them', () => {
    const statement = "SELECT * FROM t WHERE note='open'";
    assert.equal(createRedactor([], { rawSql: true }).statement(statement, 'mysql'), statement);
  });

  takesOut("INSERT INTO t VALUES ('a@b','SECRET')");
  takesOut("insert failed: SELECT * FROM t WHERE note='SECRET'");
  takesOut('duplicate key: Key (api_token)=(SECRET) already exists.');
  takesOut('Failing row contains (1, a@b, SECRET).');
  leaves('Key (email)=(a@b) already exists.');
  leaves('SELECT "sid", "sess" FROM "session" WHERE "sid" = $1');
});

describe('a password in a URL that is not encoded', () => {
  for (const password of ['pa#SECRET', 'pa/SECRET', 'pa?SECRET', 'pa@SECRET', '123#SECRET']) {
    takesOut(`Invalid URL: postgres://bob:${password}@db:5432/shop`);
  }
  takesOut('http://a.example/?next=https://bob:SECRET@b.example/');
  leaves('git+ssh://git@github.com/acme/shop.git');
  leaves('http://localhost:8080/#/users/@me');
  leaves('https://medium.com/@anna/post');
});

describe('a value beside its name', () => {
  for (const text of [
    'secret key: SECRET',
    'api key: SECRET',
    'session id: SECRET',
    'connection string: SECRET',
    'password:          SECRET',
    'password:\nSECRET',
    'password=a,SECRET',
    'password=a;SECRET',
    'password=a&SECRET',
    'password="""a\nSECRET"""',
    "password=b'SECRET'",
    'session=SECRETs1; path=/',
    '{"session":"SECRET"}',
    '{"pw":"SECRET"}',
    '["authorization","SECRET"]',
    '{"name":"password","value":"SECRET"}',
    "{ path: ['password'], received: 'SECRET' }",
    "{ param: 'password', value: 'SECRET' }",
    "{ value: 'SECRET', path: 'password' }",
    "{ instancePath: '/password', data: 'SECRET' }",
  ]) {
    takesOut(text);
  }

  it('ends where another name begins', () => {
    assert.equal(redactor.text('password=a,b;user=bob'), `password=${REDACTED};user=bob`);
  });
});

describe('a text of a driver, a client or a command', () => {
  const secret = 'Qz7xSecretV4';
  for (const text of [
    `connect ECONNREFUSED admin:${secret}@prod-db.internal:3306`,
    `getaddrinfo ENOTFOUND user:${secret}@cache.internal`,
    `cannot reach shop:${secret}@db.internal:3306`,
    `command: { name: 'hello', args: [ '3', 'AUTH', 'default', '${secret}' ] }`,
    `SequelizeUniqueConstraintError: parameters: [ 'anna', '${secret}' ] fields: { api_token: '${secret}' }`,
    `query failed: INSERT INTO "users"("email") VALUES ($1) -- PARAMETERS: ["a@b","${secret}"]`,
    `Command failed: mysql -u root -p${secret} shop`,
    `Command failed: redis-cli -a ${secret} ping`,
    `Command failed: openssl enc -aes-256-cbc -k ${secret}`,
    `Command failed: zip -P ${secret} a.zip b`,
    `Command failed: ldapsearch -D cn=admin -w ${secret}`,
    `The API key "${secret}" is not valid`,
    `token "${secret}" has expired`,
    `Token '${secret}' is not valid`,
    `password "${secret}" is too weak`,
    `Unknown token ${secret}`,
    `accountSid must start with AC, authToken ${secret}`,
    `env: { NODE_ENV: 'production', STRIPE_KEY: '${secret}' }`,
    `Error: Cannot decrypt with key ${secret}`,
    `OTP ${secret} is invalid`,
    `Invalid URL: postgres://shop:${secret} more@db.internal:5432/shop`,
    `{"level":50,"message":"config:\\napi_key: ${secret}\\nuser: anna"}`,
    `[\n  'accessToken',\n        '${secret}'\n]`,
  ]) {
    takesOut(text, secret);
  }
  leaves('Command failed: mysql --port=3306 --user root shop');
  leaves('pull nginx:1.25@sha256:0d17b565c37bcbd895e9d92315a05c1c3c9a29f762b011a10c54a66cd53c9b31 failed');
  leaves('npm:express@4.22.3 is not in this registry');
  leaves('could not deliver to mailto:anna@shop.example:25');
  leaves('secret "db-credentials-2" not found');
  leaves('redis-cli is not installed');
  leaves('openssl is older than 1.1.1');
  leaves('parameters: id, name');
  leaves("Unexpected token 'a1b2c3' in JSON at position 4");
  leaves('Unexpected token export2024');
  leaves("SORT_KEY: 'order#2024x' and PARTITION_KEY: 'user1234'");
  leaves('the token bucket is empty');
  leaves('password must have 8 characters');
});

describe('what tells about a secret and holds none', () => {
  for (const text of [
    'SignatureDoesNotMatch: The request signature we calculated does not match',
    'SecretsManager: the service is not available',
    'Unexpected token: < in JSON',
    'GPIO pin: 17',
    'secretary: Anna',
    'tokenizer: bpe',
    'nextToken: AAAAKhwbIsQ7',
    'secretArn: arn:aws:secretsmanager:us-west-2:123456789012:secret:db-abc123',
    'cookiePolicy=strict',
    'passwordLength: 12',
    'password must be at least 8 characters',
    'password: must be at least 8 characters',
    '"sid" = $1',
    'order 4111111111111111',
    'EAN 4006381333931',
    'phone: +4915123456789012',
    'IMEI 356938035643809',
  ]) {
    leaves(text);
  }
});

describe('JSON in a text', () => {
  for (const text of [
    '{"password":"x1","a":1}',
    '{"pin":1234}',
    '{"password":{"a":1},"b":[1]}',
    '{"tokens":["a1","b2"]}',
    '{"cookie":"a=b; c=d","x":1}',
    '{"headers":"authorization: Bearer abc123def\\r\\nhost: x"}',
    '{"note":"AWS4-HMAC-SHA256 Credential=AKID/x, Signature=ab"}',
  ]) {
    it(`is JSON still: ${text}`, () => {
      const redacted = redactor.text(text);
      assert.notEqual(redacted, text);
      JSON.parse(redacted);
      JSON.parse(JSON.parse(redactor.text(JSON.stringify(text))));
    });
  }
});

describe('source code', () => {
  for (const [source, expected] of [
    ["if (password === 'literal') return;", `if (password === '${REDACTED}') return;`],
    ["if ('literal' === req.body.password) return;", `if ('${REDACTED}' === req.body.password) return;`],
    ["const token: string = 'literal';", `const token: string = '${REDACTED}';`],
    ['config["apiKey"] = `literal`;', `config["apiKey"] = \`${REDACTED}\`;`],
    ["login({ user: 'bob', password: 'literal' })", `login({ user: 'bob', password: '${REDACTED}' })`],
    ["setPassword('literal')", `setPassword('${REDACTED}')`],
    ["const key = process.env.API_KEY ?? 'literal';", `const key = process.env.API_KEY ?? '${REDACTED}';`],
    ['const pin = 8392;', `const pin = ${REDACTED};`],
    ["const token = req.headers['authorization'];", "const token = req.headers['authorization'];"],
    [
      'if (password.length < 8) throw new Error("too short");',
      'if (password.length < 8) throw new Error("too short");',
    ],
    ['password = await hash(password);', 'password = await hash(password);'],
    ['const ok = a / b; // password: literal1', `const ok = a / b; // password: ${REDACTED}`],
    [
      'const parts = text.split(/["\']/); const secret = "literal";',
      `const parts = text.split(/["']/); const secret = "${REDACTED}";`,
    ],
  ] as const) {
    it(`${source} is ${expected}`, () => assert.equal(redactor.code(source), expected));
  }

  it('is read from the beginning, so that a template of several lines is one literal', () => {
    const before = 'const text = `\n';
    const shown = 'password: hunter2\n`;';
    assert.equal(redactor.code(before + shown, before.length).includes('hunter2'), false);
  });

  it('keeps its lines', () => {
    const source = 'const secret = `a\nb\nc`;\nnext();';
    assert.equal(redactor.code(source).split('\n').length, source.split('\n').length);
  });
});

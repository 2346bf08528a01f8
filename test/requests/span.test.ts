import assert from 'node:assert/strict';
import { createRedactor } from '../../src/redaction/redactor.js';
import { spanName, startAttributes } from '../../src/requests/span.js';

const redactor = createRedactor();

function queryOf(url: string, redact = redactor.query): unknown {
  const request = { url, httpVersion: '1.1', aborted: false, rawHeaders: [], headers: {}, socket: null };
  return startAttributes(request, 'http', redact)['url.query'];
}

describe('url.query', () => {
  it('is left as the client wrote it', () => {
    assert.equal(queryOf('/?a=1&b=%20+&c'), 'a=1&b=%20+&c');
  });

  it('does not tell the values of credentials', () => {
    assert.equal(
      queryOf('/?a=1&sig=secret&X-Amz-Signature=x&sig=2'),
      'a=1&sig=REDACTED&X-Amz-Signature=REDACTED&sig=REDACTED',
    );
  });

  it('knows a credential by its name however that is encoded', () => {
    assert.equal(queryOf('/?%73ig=secret'), '%73ig=REDACTED');
    assert.equal(queryOf('/?%zz=1&sig=secret'), '%zz=1&sig=REDACTED');
  });

  it('is redacted by the function that is given', () => {
    assert.equal(
      queryOf('/?token=secret&sig=1', (query) => query.replace('secret', '-')),
      'token=-&sig=1',
    );
  });

  it('is missing where there is none', () => {
    assert.equal(queryOf('/'), undefined);
  });
});

describe('spanName', () => {
  it('is the method, with the route once that is known', () => {
    assert.equal(spanName('GET'), 'GET');
    assert.equal(spanName('GET', '/users/:id'), 'GET /users/:id');
  });

  it('is HTTP for a method out of the known ones', () => {
    assert.equal(spanName('_OTHER'), 'HTTP');
    assert.equal(spanName('_OTHER', '/dav'), 'HTTP /dav');
  });
});

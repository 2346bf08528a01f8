import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { knownMethod } from '../../src/requests/method.js';

describe('knownMethod', () => {
  it('keeps the methods of the HTTP conventions', () => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY']) {
      assert.equal(knownMethod(method), method);
    }
  });

  it('bounds all that Node lets through', () => {
    assert.ok(new Set([...METHODS, 'WHATEVER', ''].map(knownMethod)).size <= 11);
    assert.equal(knownMethod('PROPFIND'), '_OTHER');
  });

  it('takes small letters, and a missing one as GET', () => {
    assert.equal(knownMethod('post'), 'POST');
    assert.equal(knownMethod(undefined), 'GET');
  });
});

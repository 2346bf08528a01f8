import assert from 'node:assert/strict';
import {
  builtinName,
  packageOfFile,
  packageOfRequest,
  packageOfSpecifier,
  stemOf,
  stemsOfFile,
} from '../../src/instrumentation/module-names.js';

describe('the package that a specifier names', () => {
  const cases: [string, string | undefined][] = [
    ['pg', 'pg'],
    ['mysql2/promise', 'mysql2'],
    ['@smithy/core', '@smithy/core'],
    ['@smithy/core/client', '@smithy/core'],
    ['node:http', 'http'],
    ['node:fs/promises', 'fs'],
    ['fs/promises', 'fs'],
    ['./pg', undefined],
    ['../node_modules/pg/lib/index.js', 'pg'],
    ['/app/node_modules/@hapi/hapi/lib/index.js', '@hapi/hapi'],
    ['/app/node_modules/a/node_modules/pg/lib/index.js', 'pg'],
    ['/app/node_modules/.pnpm/pg@8.0.0/node_modules/pg/lib/index.js', 'pg'],
    ['file:///app/node_modules/koa/dist/koa.mjs', 'koa'],
    ['C:\\app\\node_modules\\@koa\\router\\dist\\index.js', '@koa/router'],
    ['/app/lib/index.js', undefined],
    ['/app/my_node_modules/pg/index.js', undefined],
    ['/app/node_modules/pg', undefined],
    ['data:text/javascript,0', undefined],
    ['', ''],
  ];
  for (const [specifier, name] of cases) {
    it(`is ${name} for ${JSON.stringify(specifier)}`, () => assert.equal(packageOfSpecifier(specifier), name));
  }

  it('is that of the requiring file for a relative name', () => {
    assert.equal(packageOfRequest('./client', '/app/node_modules/pg/lib/index.js'), 'pg');
    assert.equal(packageOfRequest('./client', '/app/lib/index.js'), undefined);
    assert.equal(packageOfRequest('#internal', '/app/node_modules/pg/lib/index.js'), 'pg');
    assert.equal(packageOfRequest('./client', null), undefined);
    assert.equal(packageOfRequest('redis', '/app/node_modules/pg/lib/index.js'), 'redis');
  });

  it('is none for a file outside node_modules', () => {
    assert.equal(packageOfFile('node_modules/pg/index.js'), undefined);
    assert.equal(packageOfFile('/srv/pg/index.js'), undefined);
  });
});

describe('the name of a built-in module', () => {
  it('has no node: where it can do without', () => {
    assert.equal(builtinName('node:http'), 'http');
    assert.equal(builtinName('http'), 'http');
    assert.equal(builtinName('node:test'), 'node:test');
  });

  it('is none for a package', () => {
    assert.equal(builtinName('express'), undefined);
    assert.equal(builtinName('node:express'), undefined);
  });
});

describe('the end of a specifier', () => {
  const cases: [string, string][] = [
    ['./client', 'client'],
    ['../lib/client.js', 'client'],
    ['./wireprotocol/index.cjs', 'index'],
    ['./broadcast-operator', 'broadcast-operator'],
    ['./v8.js', 'v8'],
    ['./', ''],
    ['.', ''],
    ['..', ''],
    ['../..', ''],
    ['#internal', '#internal'],
  ];
  for (const [specifier, stem] of cases) {
    it(`of ${specifier} is ${JSON.stringify(stem)}`, () => assert.equal(stemOf(specifier), stem));
  }

  it('is one of those that its file may be required by', () => {
    assert.deepEqual(stemsOfFile('pg/lib/client.js'), ['client']);
    assert.deepEqual(stemsOfFile('mongodb/lib/core/wireprotocol/index.js'), ['index', 'wireprotocol']);
    assert.deepEqual(stemsOfFile('mysql2\\promise.js'), ['promise']);
  });
});

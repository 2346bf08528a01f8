import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findService } from '../../src/resource/service.js';
import { fileSystem } from './files.js';

const APP = { '/app/package.json': '{"name":"checkout","version":"1.2.3"}' };

function find(files: Record<string, string>, more: Partial<Parameters<typeof findService>[0]> = {}) {
  const { readFile } = fileSystem(files);
  return findService({ resourceAttributes: {}, entry: '/app/dist/server.js', cwd: '/elsewhere', readFile, ...more });
}

describe('findService', () => {
  it('takes name and version of the package.json nearest to the entry script', () => {
    assert.deepEqual(find(APP), { name: 'checkout', nameFrom: 'package.json', version: '1.2.3' });
  });

  it('passes over a package.json that only says how files are read, and one that is broken', () => {
    const files = { ...APP, '/app/dist/package.json': '{"type":"module"}' };
    assert.equal(find(files).name, 'checkout');
    assert.equal(find({ ...APP, '/app/dist/package.json': '{' }).name, 'checkout');
    assert.equal(find({ ...APP, '/app/dist/package.json': '[]' }).name, 'checkout');
    assert.equal(find({ ...APP, '/app/dist/package.json': '{"name":7}' }).name, 'checkout');
  });

  it('takes a tool in node_modules for the application around it', () => {
    const files = { ...APP, '/app/node_modules/next/package.json': '{"name":"next"}' };
    assert.equal(find(files, { entry: '/app/node_modules/next/dist/bin/next' }).name, 'checkout');
  });

  it('looks at the working directory when there is nothing at the entry script, or none', () => {
    assert.equal(
      find(APP, { entry: '/usr/lib/node_modules/pm2/lib/ProcessContainerFork.js', cwd: '/app' }).name,
      'checkout',
    );
    const { readFile } = fileSystem(APP);
    assert.equal(findService({ resourceAttributes: {}, cwd: '/app/sub', readFile }).name, 'checkout');
  });

  it('finds the package of a directory that is the entry itself', () => {
    assert.equal(find(APP, { entry: '/app' }).name, 'checkout');
  });

  it('is an unknown service when nobody says', () => {
    assert.deepEqual(find({}), { name: 'unknown_service:node', nameFrom: 'nothing' });
  });

  it('goes by OTEL_SERVICE_NAME, then service.name, then the platform, then package.json', () => {
    const resourceAttributes = { 'service.name': 'attribute' };
    assert.equal(find(APP, { serviceName: 'variable', resourceAttributes, platformName: 'function' }).name, 'variable');
    assert.equal(find(APP, { resourceAttributes, platformName: 'function' }).name, 'attribute');
    assert.deepEqual(find(APP, { platformName: 'function' }), {
      name: 'function',
      nameFrom: 'platform',
      version: '1.2.3',
    });
  });

  it('takes version and namespace from the attributes', () => {
    const resourceAttributes = { 'service.version': '9', 'service.namespace': 'shop' };
    assert.deepEqual(find(APP, { resourceAttributes }), {
      name: 'checkout',
      nameFrom: 'package.json',
      version: '9',
      namespace: 'shop',
    });
  });

  it('reads one file when it lies beside the entry script', () => {
    const files = fileSystem({ '/app/package.json': '{"name":"checkout"}' });
    findService({ resourceAttributes: {}, entry: '/app/server.js', cwd: '/app', readFile: files.readFile });
    assert.deepEqual(files.reads, ['/app/server.js/package.json', '/app/package.json']);
  });

  it('is known to a preload, in a real process, by script and by directory', () => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'service-')));
    try {
      mkdirSync(join(directory, 'lib'));
      writeFileSync(join(directory, 'package.json'), '{"name":"real","version":"3.0.0","main":"lib/main.js"}');
      writeFileSync(join(directory, 'lib', 'main.js'), '');
      const preload = join(directory, 'preload.js');
      const service = JSON.stringify(join(__dirname, '../../src/resource/service.ts'));
      const sources = `{ resourceAttributes: {}, entry: process.argv[1], cwd: '/', readFile: (path) => require('fs').readFileSync(path, 'utf8') }`;
      writeFileSync(preload, `console.log(JSON.stringify(require(${service}).findService(${sources})))`);
      for (const entry of ['lib/main.js', '.']) {
        const args = ['--require', require.resolve('tsx/cjs'), '--require', preload, entry];
        const output = execFileSync(process.execPath, args, { cwd: directory, encoding: 'utf8' });
        assert.deepEqual(JSON.parse(output), { name: 'real', nameFrom: 'package.json', version: '3.0.0' }, entry);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SDK_INFO } from '@opentelemetry/core';
import fc from 'fast-check';
import { defaultErrorLogGroup, defaultNamespace } from '../../src/resource/destination-names.js';
import { createInstanceId } from '../../src/resource/instance-id.js';
import type { Platform } from '../../src/resource/platform.js';
import { createResourceAttributes, SCHEMA_URL, withDetected } from '../../src/resource/resource.js';
import type { Service } from '../../src/resource/service.js';

const GENERIC: Platform = { name: 'generic', attributes: {} };
const LAMBDA: Platform = {
  name: 'lambda',
  attributes: {
    'cloud.platform': 'aws_lambda',
    'faas.name': 'x',
    'service.version': 'deployed',
    'aws.log.group.names': ['/aws/lambda/x'],
  },
};
const CHECKOUT: Service = { name: 'checkout', nameFrom: 'package.json', version: '1.0.0', namespace: 'shop' };

function installedVersion(name: string): string {
  const manifest = join(__dirname, '../../node_modules/@opentelemetry', name, 'package.json');
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

const INSTANCE = '8e0d2d50-3f2b-4bf4-9d5a-6a5f1c2f7f10';

function create(more: Partial<Parameters<typeof createResourceAttributes>[0]> = {}) {
  return createResourceAttributes({
    service: CHECKOUT,
    platform: GENERIC,
    resourceAttributes: {},
    distro: { name: '@org/monitoring', version: '0.1.0' },
    sdk: SDK_INFO,
    instanceId: INSTANCE,
    hostName: 'host-1',
    pid: 7,
    nodeVersion: '24.0.0',
    ...more,
  });
}

describe('createResourceAttributes', () => {
  it('says who, where, and by what', () => {
    assert.deepEqual(create({ errorLogGroup: '/shop/errors' }), {
      'service.name': 'checkout',
      'service.version': '1.0.0',
      'service.namespace': 'shop',
      'service.instance.id': INSTANCE,
      'deployment.environment.name': 'generic:default',
      'host.name': 'host-1',
      'process.pid': 7,
      'process.runtime.name': 'nodejs',
      'process.runtime.version': '24.0.0',
      'telemetry.sdk.name': 'opentelemetry',
      'telemetry.sdk.language': 'nodejs',
      'telemetry.sdk.version': installedVersion('sdk-trace'),
      'telemetry.distro.name': '@org/monitoring',
      'telemetry.distro.version': '0.1.0',
      'aws.log.group.names': ['/shop/errors'],
    });
  });

  it("lets the operator's attributes win over everything but the name decided before", () => {
    const attributes = create({
      resourceAttributes: { 'host.name': 'mine', 'service.version': '2', 'service.name': 'other', team: 'a' },
      platform: LAMBDA,
    });
    assert.equal(attributes['host.name'], 'mine');
    assert.equal(attributes['service.version'], '2');
    assert.equal(attributes.team, 'a');
    assert.equal(attributes['service.name'], 'checkout');
  });

  it('lets a given service.instance.id win over the random one', () => {
    assert.equal(create({ resourceAttributes: { 'service.instance.id': 'blue-1' } })['service.instance.id'], 'blue-1');
  });

  it('lets what the platform deployed win over package.json', () => {
    assert.equal(create({ platform: LAMBDA })['service.version'], 'deployed');
  });

  it('takes the environment from the operator by its present or its former name, else from the platform', () => {
    const environment = (resourceAttributes: Record<string, string>) =>
      create({ platform: LAMBDA, resourceAttributes })['deployment.environment.name'];
    assert.equal(environment({}), 'lambda:default');
    assert.equal(environment({ 'deployment.environment': 'old' }), 'old');
    assert.equal(environment({ 'deployment.environment': 'old', 'deployment.environment.name': 'new' }), 'new');
  });

  it('joins the log group of the errors with those of the platform or the operator', () => {
    assert.equal(create()['aws.log.group.names'], undefined);
    assert.deepEqual(create({ platform: LAMBDA, errorLogGroup: '/e' })['aws.log.group.names'], ['/e', '/aws/lambda/x']);
    const resourceAttributes = { 'aws.log.group.names': '/a&/e' };
    assert.deepEqual(create({ platform: LAMBDA, resourceAttributes, errorLogGroup: '/e' })['aws.log.group.names'], [
      '/e',
      '/a',
    ]);
  });
});

describe('the schema URL', () => {
  it('is that of the semantic conventions that are installed', () => {
    assert.equal(SCHEMA_URL, `https://opentelemetry.io/schemas/${installedVersion('semantic-conventions')}`);
  });
});

describe('createInstanceId', () => {
  const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const unreadable = () => {
    throw new Error('ENOENT');
  };

  it("is the kernel's random UUID", () => {
    const paths: string[] = [];
    const id = createInstanceId((path) => {
      paths.push(path);
      return `${INSTANCE}\n`;
    });
    assert.deepEqual([id, paths], [INSTANCE, ['/proc/sys/kernel/random/uuid']]);
  });

  for (const [what, readFile] of [
    ['there is no such file', unreadable],
    ['the file is empty', () => ''],
    ['the file holds something else', () => 'not an id'],
  ] as const) {
    it(`is a random UUID of Node's where ${what}`, () => {
      assert.match(createInstanceId(readFile), UUID_V4);
      assert.notEqual(createInstanceId(readFile), createInstanceId(readFile));
    });
  }
});

describe('withDetected', () => {
  it('adds what is new, keeps what is there, and joins log groups', () => {
    const attributes = { 'host.id': 'given', 'aws.log.group.names': ['/e'] };
    assert.deepEqual(withDetected(attributes, { 'host.id': 'x', zone: 'a', 'aws.log.group.names': ['/ecs', '/e'] }), {
      'host.id': 'given',
      zone: 'a',
      'aws.log.group.names': ['/e', '/ecs'],
    });
    assert.deepEqual(withDetected({}, {}), {});
  });
});

describe('names in AWS that follow from the service', () => {
  it('go by the namespace, else by the name', () => {
    assert.equal(defaultNamespace({ name: 'checkout', namespace: 'shop' }), 'shop');
    assert.equal(defaultErrorLogGroup({ name: 'checkout' }), '/checkout/errors');
    assert.equal(defaultErrorLogGroup({ name: '@shop/api' }), '/shop/api/errors');
    assert.equal(defaultNamespace({ name: 'unknown_service:node' }), 'unknown_service-node');
  });

  it('are names that AWS takes, whatever the service is called', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'grapheme', maxLength: 600 }), fc.constantFrom('AWS/x', 'aws/x', '@', '')),
        (name) => {
          assert.match(defaultNamespace({ name }), /^(?!AWS\/)[\w.\-/#]{1,255}$/);
          assert.match(defaultErrorLogGroup({ name }), /^\/[\w\-/.#]{1,504}\/errors$/);
        },
      ),
    );
  });
});

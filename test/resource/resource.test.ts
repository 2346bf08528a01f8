import assert from 'node:assert/strict';
import fc from 'fast-check';
import { defaultErrorLogGroup, defaultNamespace } from '../../src/resource/destination-names.js';
import type { Platform } from '../../src/resource/platform.js';
import { createResourceAttributes, withDetected } from '../../src/resource/resource.js';
import type { Service } from '../../src/resource/service.js';

const GENERIC: Platform = { name: 'generic', environmentName: 'generic:default', attributes: {} };
const LAMBDA: Platform = {
  name: 'lambda',
  environmentName: 'lambda:default',
  attributes: { 'faas.name': 'x', 'service.version': 'deployed', 'aws.log.group.names': ['/aws/lambda/x'] },
};
const CHECKOUT: Service = { name: 'checkout', nameFrom: 'package.json', version: '1.0.0', namespace: 'shop' };

function create(more: Partial<Parameters<typeof createResourceAttributes>[0]> = {}) {
  return createResourceAttributes({
    service: CHECKOUT,
    platform: GENERIC,
    resourceAttributes: {},
    distro: { name: '@org/monitoring', version: '0.1.0' },
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
      'deployment.environment.name': 'generic:default',
      'host.name': 'host-1',
      'process.pid': 7,
      'process.runtime.name': 'nodejs',
      'process.runtime.version': '24.0.0',
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

import assert from 'node:assert/strict';
import { readConfiguration } from '../../../src/config/read.js';
import { resourceOf, resourceOfRun, serviceKey } from '../../../src/delivery/left-behind/left-behind.js';
import { nameDestinations } from '../../../src/resource/destination-names.js';

const RESOURCE = {
  'service.name': 'shop',
  'service.namespace': 'eu',
  'deployment.environment.name': 'prod',
  'service.version': '1.0.0',
  'host.name': 'one',
  'aws.ecs.task.id': 't1',
  'process.pid': 7,
};

const keyOf = (env: Record<string, string> = {}, resource: Record<string, unknown> = {}) =>
  serviceKey(nameDestinations(readConfiguration(env).configuration, { name: 'shop' }), {
    ...RESOURCE,
    ...resource,
  } as typeof RESOURCE);

describe('the key of who takes up what a run left behind', () => {
  it('is that of other versions, hosts and processes of the service', () => {
    for (const [name, value] of Object.entries({
      'service.version': '2',
      'host.name': 'two',
      'process.pid': 8,
      team: 'a',
    }))
      assert.equal(keyOf({}, { [name]: value }), keyOf(), name);
    assert.match(keyOf(), /^[0-9a-f]{16}$/);
  });

  it('is another for another service, environment and place that errors go to', () => {
    const keys = [
      keyOf(),
      ...['service.name', 'service.namespace', 'deployment.environment.name'].map((name) =>
        keyOf({}, { [name]: 'other' }),
      ),
      keyOf({}, { 'service.namespace': undefined }),
      keyOf({ MONITORING_ERROR_LOG_GROUP: '/other' }),
      keyOf({ AWS_REGION: 'eu-west-1' }),
      keyOf({ AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: 'http://127.0.0.1:1' }),
      keyOf({ OTEL_LOGS_EXPORTER: 'otlp' }),
      keyOf({ OTEL_LOGS_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }),
    ];
    assert.equal(new Set(keys).size, keys.length);
  });
});

describe('the resource of what a run left behind', () => {
  const run = (host: string) => ({ service: 'k', host, resource: resourceOfRun(RESOURCE) });

  it('keeps what tells the run and its place', () => {
    assert.deepEqual(resourceOfRun(RESOURCE), {
      'service.version': '1.0.0',
      'host.name': 'one',
      'aws.ecs.task.id': 't1',
      'process.pid': 7,
    });
  });

  it("is the finder's but for the run's own, and has no place of the finder's on another host", () => {
    const finder = {
      ...RESOURCE,
      'service.version': '2.0.0',
      'process.pid': 9,
      'host.id': 'i-2',
      'k8s.pod.name': 'p',
      team: 'a',
    };
    const own = { ...RESOURCE, team: 'a' };
    assert.deepEqual(resourceOf(run('one'), finder, 'two'), own);
    assert.deepEqual(resourceOf(run('one'), finder, 'one'), { ...own, 'host.id': 'i-2' });
  });
});

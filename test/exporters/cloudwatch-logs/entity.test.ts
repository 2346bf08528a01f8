import assert from 'node:assert/strict';
import { entityOf, MAX_VALUE } from '../../../exporters/cloudwatch-logs/entity.js';
import { entityOf as metricEntityOf } from '../../../exporters/cloudwatch-metrics/entity.js';

const RESOURCE = {
  'service.name': 'checkout',
  'deployment.environment.name': 'prod',
  'cloud.platform': 'aws_ecs',
  'aws.ecs.cluster.arn': 'arn:aws:ecs:eu-west-1:1:cluster/main',
};

describe('entity of log events', () => {
  it("is that of the service's metrics", () => {
    const entity = entityOf(RESOURCE);
    assert.deepEqual(entity?.keyAttributes, { Type: 'Service', Name: 'checkout', Environment: 'prod' });
    assert.deepEqual(entity?.keyAttributes, metricEntityOf(RESOURCE)?.KeyAttributes);
    assert.deepEqual(entity?.attributes, metricEntityOf(RESOURCE)?.Attributes);
  });

  it('is none without a service name', () => assert.equal(entityOf({ 'host.name': 'h' }), undefined));

  it('has values of at most 512 characters', () => {
    const nameOf = (length: number) => entityOf({ 'service.name': 's'.repeat(length) })?.keyAttributes.Name?.length;
    assert.equal(nameOf(MAX_VALUE), 512);
    assert.equal(nameOf(MAX_VALUE + 1), 512);
  });
});

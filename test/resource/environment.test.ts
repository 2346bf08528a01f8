import assert from 'node:assert/strict';
import { inEnvironmentOf, withEnvironment } from '../../src/resource/resource.js';

const ENVIRONMENT = 'deployment.environment.name';
const ECS = { name: 'ecs', attributes: { 'cloud.platform': 'aws_ecs' } } as const;
const BEFORE = { ...ECS.attributes, [ENVIRONMENT]: 'ecs:default' };
const LEARNED = { ...BEFORE, 'aws.ecs.cluster.arn': 'arn:aws:ecs:us-west-2:123456789012:cluster/main' };

describe('the environment of a running process', () => {
  it('follows from what the platform tells before anything is sent', () => {
    assert.equal(withEnvironment(LEARNED, {}, ECS)[ENVIRONMENT], 'ecs:main');
  });

  for (const name of [ENVIRONMENT, 'deployment.environment']) {
    it(`is what the operator says by ${name}, were it the name of a default`, () => {
      assert.equal(withEnvironment(LEARNED, { [name]: 'ecs:default' }, ECS)[ENVIRONMENT], 'ecs:default');
    });
  }

  it('is what the platform names itself', () => {
    const beanstalk = { name: 'beanstalk', environmentName: 'shop-prod', attributes: {} } as const;
    assert.equal(withEnvironment({ [ENVIRONMENT]: 'shop-prod' }, {}, beanstalk)[ENVIRONMENT], 'shop-prod');
  });

  it('stays as it was settled, whatever is learned later', () => {
    const later = withEnvironment(LEARNED, {}, ECS);
    assert.deepEqual(inEnvironmentOf(later, BEFORE), LEARNED);
  });
});

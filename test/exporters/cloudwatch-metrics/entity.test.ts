import assert from 'node:assert/strict';
import {
  entityOf,
  environmentOf,
  MAX_ENTITY_ATTRIBUTES,
  serviceOf,
} from '../../../exporters/cloudwatch-metrics/entity.js';

describe('entityOf', () => {
  it('names the service and its environment', () => {
    assert.deepEqual(
      entityOf({ 'service.name': 'checkout', 'deployment.environment.name': 'prod', 'host.name': 'h1' }),
      {
        KeyAttributes: { Type: 'Service', Name: 'checkout', Environment: 'prod' },
        Attributes: { 'AWS.ServiceNameSource': 'Instrumentation', PlatformType: 'Generic', Host: 'h1' },
      },
    );
  });

  it('says where it runs', () => {
    const ecs = entityOf({
      'service.name': 'checkout',
      'cloud.platform': 'aws_ecs',
      'aws.ecs.cluster.arn': 'arn:aws:ecs:us-west-2:123456789012:cluster/main',
      'aws.ecs.task.arn': 'arn:aws:ecs:us-west-2:123456789012:task/main/1',
      'host.id': 'container-id',
    });
    assert.equal(ecs?.KeyAttributes.Environment, 'ecs:main');
    assert.equal(ecs?.Attributes.PlatformType, 'AWS::ECS');
    assert.equal(ecs?.Attributes['ECS.Cluster'], 'main');
    assert.equal(ecs?.Attributes['EC2.InstanceId'], undefined);
    const ec2 = entityOf({ 'service.name': 'checkout', 'cloud.platform': 'aws_ec2', 'host.id': 'i-1' });
    assert.equal(ec2?.Attributes['EC2.InstanceId'], 'i-1');
    assert.equal(entityOf({ 'service.name': 'checkout', 'k8s.pod.name': 'p' })?.Attributes.PlatformType, 'K8s');
  });

  for (const [where, resource, platform, cluster] of [
    ['EKS', { 'cloud.platform': 'aws_eks' }, 'AWS::EKS', 'EKS.Cluster'],
    ['a cluster of its own on EC2', { 'cloud.platform': 'aws_ec2' }, 'K8s', 'K8s.Cluster'],
    ['another cloud', { 'cloud.platform': 'azure.aks' }, 'K8s', 'K8s.Cluster'],
    ['no cloud', {}, 'K8s', 'K8s.Cluster'],
  ] as const) {
    it(`names the cluster of a pod in ${where} ${cluster}, alone`, () => {
      const pod = { 'service.name': 's', 'k8s.pod.name': 'p', 'k8s.cluster.name': 'main', ...resource };
      const attributes = entityOf(pod)?.Attributes ?? {};
      assert.equal(attributes.PlatformType, platform);
      assert.deepEqual(
        Object.entries(attributes).filter(([name]) => name.endsWith('.Cluster')),
        [[cluster, 'main']],
      );
    });
  }

  it('has at most ten attributes, and values within their limit', () => {
    const full = Object.fromEntries(
      [
        'faas.name',
        'k8s.cluster.name',
        'k8s.namespace.name',
        'k8s.deployment.name',
        'k8s.node.name',
        'k8s.pod.name',
        'host.id',
        'host.name',
        'aws.ecs.task.arn',
        'aws.ecs.cluster.arn',
        'aws.ecs.service.name',
      ].map((name) => [name, 'v'.repeat(3000)]),
    );
    const entity = entityOf({ ...full, 'service.name': 's'.repeat(3000), 'cloud.platform': 'aws_ec2' });
    assert.equal(Object.keys(entity?.Attributes ?? {}).length, MAX_ENTITY_ATTRIBUTES);
    assert.equal(entity?.KeyAttributes.Name?.length, 2048);
    assert.ok(Object.values(entity?.Attributes ?? {}).every((value) => value.length <= 2048));
  });

  it('keeps values of 2048 characters, and cuts one more off', () => {
    const named = (length: number) =>
      entityOf({
        'service.name': 's'.repeat(length),
        'deployment.environment.name': 'e'.repeat(length),
        'host.name': 'h'.repeat(length),
      });
    const lengths = (length: number) => {
      const entity = named(length);
      return [entity?.KeyAttributes.Name, entity?.KeyAttributes.Environment, entity?.Attributes.Host].map(
        (value) => value?.length,
      );
    };
    assert.deepEqual(lengths(2048), [2048, 2048, 2048]);
    assert.deepEqual(lengths(2049), [2048, 2048, 2048]);
  });

  it('takes ten attributes, and not the eleventh', () => {
    const resource = {
      'service.name': 's',
      'aws.ecs.cluster.arn': 'a',
      'aws.ecs.service.name': 'b',
      'aws.ecs.task.arn': 'c',
      'faas.name': 'd',
      'k8s.cluster.name': 'e',
      'k8s.namespace.name': 'f',
      'k8s.deployment.name': 'g',
      'k8s.node.name': 'h',
    };
    const ten = Object.keys(entityOf(resource)?.Attributes ?? {});
    assert.equal(ten.length, 10);
    assert.equal(ten.at(-1), 'K8s.Node');
    assert.deepEqual(Object.keys(entityOf({ ...resource, 'host.name': 'i' })?.Attributes ?? {}), ten);
  });

  it('has keys within their limits, and two to four that identify it', () => {
    const entity = entityOf({ 'service.name': 's' });
    const keys = Object.keys(entity?.KeyAttributes ?? {});
    assert.ok(keys.length >= 2 && keys.length <= 4 && keys.every((key) => key.length <= 32));
    assert.ok(Object.keys(entity?.Attributes ?? {}).every((key) => key.length <= 256));
  });

  it('is the same for every process of a service on one host', () => {
    const entity = (instance: string) =>
      entityOf({ 'service.name': 's', 'host.name': 'h', 'service.instance.id': instance });
    assert.deepEqual(entity('a'), entity('b'));
  });

  it('is nothing without a service name', () => {
    assert.equal(entityOf({ 'service.name': ' ' }), undefined);
    assert.equal(serviceOf({}), 'UnknownService');
  });
});

describe('environmentOf', () => {
  it("takes the name that is set, the older attribute, or the platform's default", () => {
    assert.equal(environmentOf({ 'deployment.environment.name': 'a', 'deployment.environment': 'b' }), 'a');
    assert.equal(environmentOf({ 'deployment.environment': 'b' }), 'b');
    assert.equal(environmentOf({ 'cloud.platform': 'aws_lambda' }), 'lambda:default');
    assert.equal(environmentOf({ 'cloud.platform': 'gcp' }), 'generic:default');
    assert.equal(environmentOf({}), 'generic:default');
  });

  const ARN = 'arn:aws:ecs:us-west-2:123456789012:cluster/main';
  const POD = { 'k8s.cluster.name': 'main', 'k8s.namespace.name': 'shop' };
  for (const [resource, expected] of [
    [{ 'cloud.platform': 'aws_ecs', 'aws.ecs.cluster.arn': ARN }, 'ecs:main'],
    [{ 'cloud.platform': 'aws_ecs' }, 'ecs:default'],
    [{ 'cloud.platform': 'aws_eks', ...POD }, 'eks:main/shop'],
    [{ 'cloud.platform': 'aws_eks', 'k8s.namespace.name': 'shop' }, 'eks:default'],
    [{ 'cloud.platform': 'aws_eks', 'k8s.cluster.name': 'main' }, 'eks:default'],
    [{ 'cloud.platform': 'aws_ec2', ...POD }, 'k8s:main/shop'],
    [POD, 'k8s:main/shop'],
    [{ 'k8s.pod.name': 'p' }, 'k8s:default'],
    [{ 'cloud.platform': 'aws_ec2', 'ec2.tag.aws:autoscaling:groupName': 'fleet' }, 'ec2:fleet'],
    [{ 'cloud.platform': 'aws_ec2' }, 'ec2:default'],
    [{ 'cloud.platform': 'aws_elastic_beanstalk' }, 'ec2:default'],
    [{ 'deployment.environment.name': 'prod', ...POD }, 'prod'],
  ] as const) {
    it(`is ${expected} of ${JSON.stringify(resource)}`, () => {
      assert.equal(environmentOf(resource), expected);
    });
  }
});

/** The entity that ties the metrics to the service in CloudWatch's and Application Signals' pages. */

/** As PutMetricData takes it: 2 to 4 key attributes (key ≤ 32, value ≤ 2048), at most 10 attributes (key ≤ 256, value ≤ 2048). */
export interface Entity {
  readonly KeyAttributes: Record<string, string>;
  readonly Attributes: Record<string, string>;
}

type ResourceAttributes = Readonly<Record<string, unknown>>;

export const MAX_ENTITY_ATTRIBUTES = 10;
export const MAX_ENTITY_VALUE_LENGTH = 2048;

const PLATFORM_TYPES: Readonly<Record<string, string>> = {
  aws_ec2: 'AWS::EC2',
  aws_ecs: 'AWS::ECS',
  aws_eks: 'AWS::EKS',
  aws_lambda: 'AWS::Lambda',
};

/** Entity attribute by resource attribute, what identifies the platform first: only ten are taken. */
const ATTRIBUTES: readonly (readonly [string, string])[] = [
  ['ECS.Cluster', 'aws.ecs.cluster.arn'],
  ['ECS.Service', 'aws.ecs.service.name'],
  ['ECS.Task', 'aws.ecs.task.arn'],
  ['Lambda.Function', 'faas.name'],
  ['EC2.AutoScalingGroup', 'ec2.tag.aws:autoscaling:groupName'],
  ['EKS.Cluster', 'k8s.cluster.name'],
  ['K8s.Namespace', 'k8s.namespace.name'],
  ['K8s.Workload', 'k8s.deployment.name'],
  ['K8s.Node', 'k8s.node.name'],
  ['K8s.Pod', 'k8s.pod.name'],
  ['EC2.InstanceId', 'host.id'],
  ['Host', 'host.name'],
];

/** The service's name; `UnknownService`, as Application Signals says, when there is none. */
export function serviceOf(resource: ResourceAttributes): string {
  return text(resource['service.name']) ?? 'UnknownService';
}

/** The deployment environment; where none is set the platform's default, as Application Signals names it (`ecs:default`). */
export function environmentOf(resource: ResourceAttributes): string {
  const named = text(resource['deployment.environment.name']) ?? text(resource['deployment.environment']);
  return named ?? `${text(resource['cloud.platform'])?.match(/^aws_(ec2|ecs|eks|lambda)$/)?.[1] ?? 'generic'}:default`;
}

/** The entity of a resource; undefined without a service name. */
export function entityOf(resource: ResourceAttributes): Entity | undefined {
  const name = text(resource['service.name']);
  if (name === undefined) return undefined;
  const platform = PLATFORM_TYPES[text(resource['cloud.platform']) ?? ''];
  const kubernetes = resource['k8s.pod.name'] === undefined ? 'Generic' : 'K8s';
  const attributes: [string, string][] = [
    ['AWS.ServiceNameSource', 'Instrumentation'],
    ['PlatformType', platform ?? kubernetes],
    ...ATTRIBUTES.flatMap(([to, from]): [string, string][] => {
      // host.id is an instance's id only on an instance.
      if (to === 'EC2.InstanceId' && platform !== 'AWS::EC2') return [];
      const value = text(resource[from]);
      return value === undefined ? [] : [[to, to === 'ECS.Cluster' ? (value.split('/').at(-1) ?? value) : value]];
    }),
  ];
  return {
    KeyAttributes: { Type: 'Service', Name: bounded(name), Environment: bounded(environmentOf(resource)) },
    Attributes: Object.fromEntries(
      attributes.slice(0, MAX_ENTITY_ATTRIBUTES).map(([key, value]): [string, string] => [key, bounded(value)]),
    ),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function bounded(value: string): string {
  return value.slice(0, MAX_ENTITY_VALUE_LENGTH);
}

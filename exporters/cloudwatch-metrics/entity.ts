/** The entity that ties the metrics to the service in CloudWatch's and Application Signals' pages. */

/** As PutMetricData takes it: 2 to 4 key attributes (key ≤ 32, value ≤ 2048), at most 10 attributes (key ≤ 256, value ≤ 2048). */
export interface Entity {
  readonly KeyAttributes: Record<string, string>;
  readonly Attributes: Record<string, string>;
}

const AUTO_SCALING_GROUP = 'ec2.tag.aws:autoscaling:groupName';
const KUBERNETES: readonly string[] = ['k8s.cluster.name', 'k8s.namespace.name', 'k8s.pod.name'];

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
  ['EC2.AutoScalingGroup', AUTO_SCALING_GROUP],
  ['EKS.Cluster', 'k8s.cluster.name'],
  ['K8s.Cluster', 'k8s.cluster.name'],
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

/** The deployment environment; where none is set, the platform's default. */
export function environmentOf(resource: ResourceAttributes): string {
  const named = text(resource['deployment.environment.name']) ?? text(resource['deployment.environment']);
  return named ?? defaultEnvironment(resource);
}

/**
 * The environment where nobody names one, as Amazon's CloudWatch agent names it: `ecs:<cluster>`, `eks:<cluster>/<namespace>`,
 * `k8s:<cluster>/<namespace>`, `ec2:<Auto Scaling group>`; `default` stands for what is not known.
 */
export function defaultEnvironment(resource: ResourceAttributes): string {
  const platform = text(resource['cloud.platform']);
  if (platform === 'aws_lambda') return 'lambda:default';
  if (platform === 'aws_ecs') return `ecs:${shortName(text(resource['aws.ecs.cluster.arn'])) ?? 'default'}`;
  if (platform === 'aws_eks' || isInKubernetes(resource)) {
    const [cluster, namespace] = [text(resource['k8s.cluster.name']), text(resource['k8s.namespace.name'])];
    const place = cluster !== undefined && namespace !== undefined ? `${cluster}/${namespace}` : 'default';
    return `${platform === 'aws_eks' ? 'eks' : 'k8s'}:${place}`;
  }
  const isInstance = platform === 'aws_ec2' || platform === 'aws_elastic_beanstalk';
  return isInstance ? `ec2:${text(resource[AUTO_SCALING_GROUP]) ?? 'default'}` : 'generic:default';
}

/** Kubernetes may run on EC2, in another cloud, or in none. */
function isInKubernetes(resource: ResourceAttributes): boolean {
  return KUBERNETES.some((name) => text(resource[name]) !== undefined);
}

function shortName(arn: string | undefined): string | undefined {
  return arn?.split('/').at(-1);
}

/** The entity of a resource; undefined without a service name. */
export function entityOf(resource: ResourceAttributes): Entity | undefined {
  const name = text(resource['service.name']);
  if (name === undefined) return undefined;
  const named = PLATFORM_TYPES[text(resource['cloud.platform']) ?? ''];
  const isOwnKubernetes = isInKubernetes(resource) && (named === undefined || named === 'AWS::EC2');
  const platform = isOwnKubernetes ? 'K8s' : (named ?? 'Generic');
  const attributes: [string, string][] = [
    ['AWS.ServiceNameSource', 'Instrumentation'],
    ['PlatformType', platform],
    ...ATTRIBUTES.flatMap(([to, from]): [string, string][] => {
      // host.id is an instance's id only on an instance.
      if (to === 'EC2.InstanceId' && platform !== 'AWS::EC2') return [];
      if (to === (platform === 'AWS::EKS' ? 'K8s.Cluster' : 'EKS.Cluster')) return [];
      const value = text(resource[from]);
      return value === undefined ? [] : [[to, to === 'ECS.Cluster' ? (shortName(value) ?? value) : value]];
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

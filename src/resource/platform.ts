import type { Attributes } from '@opentelemetry/api';

/** Where the process runs, as far as environment variables and a file or two tell: at once and without network. */

export type PlatformName = 'lambda' | 'ecs' | 'eks' | 'kubernetes' | 'beanstalk' | 'ec2' | 'generic';

export interface Platform {
  name: PlatformName;
  /** `deployment.environment.name` unless the operator gives one, where the platform itself has a name for it. */
  environmentName?: string;
  /** What the platform calls the service; Lambda functions have a name. */
  serviceName?: string;
  attributes: Attributes;
}

type Environment = Record<string, string | undefined>;
/** The text of a file; throws when it can't be read. */
type ReadFile = (path: string) => string;

export function recognisePlatform(env: Environment, readFile: ReadFile): Platform {
  return lambda(env) ?? ecs(env) ?? kubernetes(env, readFile) ?? ec2(env, readFile) ?? generic(env);
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
function lambda(env: Environment): Platform | undefined {
  const name = env.AWS_LAMBDA_FUNCTION_NAME;
  if (!name) return undefined;
  const memory = Number(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE) * 1024 * 1024;
  return {
    name: 'lambda',
    serviceName: name,
    attributes: present({
      ...onAws('aws_lambda', env),
      'faas.name': name,
      'faas.version': env.AWS_LAMBDA_FUNCTION_VERSION,
      'faas.instance': env.AWS_LAMBDA_LOG_STREAM_NAME,
      'faas.max_memory': memory > 0 ? memory : undefined,
      'aws.log.group.names': env.AWS_LAMBDA_LOG_GROUP_NAME ? [env.AWS_LAMBDA_LOG_GROUP_NAME] : undefined,
      'aws.log.stream.names': env.AWS_LAMBDA_LOG_STREAM_NAME ? [env.AWS_LAMBDA_LOG_STREAM_NAME] : undefined,
    }),
  };
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html */
function ecs(env: Environment): Platform | undefined {
  const execution = env.AWS_EXECUTION_ENV ?? '';
  if (!env.ECS_CONTAINER_METADATA_URI_V4 && !execution.startsWith('AWS_ECS_')) return undefined;
  const [, launchType] = /^AWS_ECS_(FARGATE|EC2)$/.exec(execution) ?? [];
  return {
    name: 'ecs',
    attributes: present({ ...onAws('aws_ecs', env), 'aws.ecs.launchtype': launchType?.toLowerCase() }),
  };
}

const NAMESPACE_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';
const TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token';
/** The agent of EKS Pod Identity, by IPv4 and IPv6. */
const POD_IDENTITY = /\/\/(?:169\.254\.170\.23|\[fd00:ec2::23\])/;

function kubernetes(env: Environment, readFile: ReadFile): Platform | undefined {
  if (!env.KUBERNETES_SERVICE_HOST) return undefined;
  const isEks =
    POD_IDENTITY.test(env.AWS_CONTAINER_CREDENTIALS_FULL_URI ?? '') ||
    (env.AWS_WEB_IDENTITY_TOKEN_FILE ?? '').includes('/eks.amazonaws.com/') ||
    isIssuedByEks(contentOf(TOKEN_FILE, readFile));
  return {
    name: isEks ? 'eks' : 'kubernetes',
    attributes: present({
      // A cluster of its own may run on EC2.
      ...(isEks ? onAws('aws_eks', env) : isEc2(readFile) && onAws('aws_ec2', env)),
      'k8s.cluster.name': env.K8S_CLUSTER_NAME,
      'k8s.namespace.name': env.K8S_NAMESPACE ?? env.POD_NAMESPACE ?? contentOf(NAMESPACE_FILE, readFile),
      'k8s.pod.name': env.K8S_POD_NAME ?? env.POD_NAME ?? env.HOSTNAME,
      'k8s.node.name': env.K8S_NODE_NAME ?? env.NODE_NAME,
    }),
  };
}

/** The issuer of a cluster's tokens is `https://oidc.eks.<region>.amazonaws.com/id/…` on EKS alone. */
function isIssuedByEks(token: string | undefined): boolean {
  const [, claims = ''] = token?.split('.') ?? [];
  try {
    const { iss }: { iss?: unknown } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'));
    return typeof iss === 'string' && /^https:\/\/oidc\.eks[.-]/.test(iss);
  } catch {
    return false;
  }
}

const BEANSTALK_FILE = '/var/elasticbeanstalk/xray/environment.conf';

function ec2(env: Environment, readFile: ReadFile): Platform | undefined {
  if (!isEc2(readFile)) return undefined;
  const instance = { 'host.id': instanceId(readFile) };
  const beanstalk = readJson(BEANSTALK_FILE, readFile);
  if (!beanstalk) {
    const attributes = present({ ...onAws('aws_ec2', env), ...instance });
    return { name: 'ec2', attributes };
  }
  const text = (key: string) => (typeof beanstalk[key] === 'string' ? beanstalk[key] : undefined);
  const environmentName = text('environment_name');
  return {
    name: 'beanstalk',
    ...(environmentName && { environmentName }),
    attributes: present({
      ...onAws('aws_elastic_beanstalk', env),
      ...instance,
      'service.version': text('version_label'),
      'aws.elasticbeanstalk.deployment.id': numberOrText(beanstalk.deployment_id),
    }),
  };
}

function numberOrText(value: unknown): string | undefined {
  return typeof value === 'number' || typeof value === 'string' ? String(value) : undefined;
}

function generic(env: Environment): Platform {
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  const attributes = region && env.AWS_EXECUTION_ENV ? { 'cloud.provider': 'aws', 'cloud.region': region } : {};
  return { name: 'generic', attributes };
}

/** What the firmware says: `Amazon EC2` on Nitro and bare metal, a uuid that begins with ec2 on Xen. Readable by everybody. */
const VENDOR_FILE = '/sys/devices/virtual/dmi/id/sys_vendor';
const INSTANCE_FILE = '/sys/devices/virtual/dmi/id/board_asset_tag';
const XEN_FILE = '/sys/hypervisor/uuid';

function isEc2(readFile: ReadFile): boolean {
  if (contentOf(VENDOR_FILE, readFile) === 'Amazon EC2') return true;
  return contentOf(XEN_FILE, readFile)?.toLowerCase().startsWith('ec2') ?? false;
}

function instanceId(readFile: ReadFile): string | undefined {
  const tag = contentOf(INSTANCE_FILE, readFile);
  return tag?.startsWith('i-') ? tag : undefined;
}

function onAws(platform: string, env: Environment): Record<string, string | undefined> {
  return {
    'cloud.provider': 'aws',
    'cloud.platform': platform,
    'cloud.region': env.AWS_REGION ?? env.AWS_DEFAULT_REGION,
  };
}

function contentOf(path: string, readFile: ReadFile): string | undefined {
  try {
    return readFile(path).trim() || undefined;
  } catch {
    return undefined;
  }
}

function readJson(path: string, readFile: ReadFile): Record<string, unknown> | undefined {
  try {
    const content: unknown = JSON.parse(readFile(path));
    return typeof content === 'object' && content !== null ? { ...content } : undefined;
  } catch {
    return undefined;
  }
}

/** The attributes that have a value. */
export function present(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined && value !== ''));
}

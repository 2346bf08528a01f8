import type { Attributes } from '@opentelemetry/api';
import { ecsFacts, json, type TaskLimit, text } from './ecs-metadata.js';
import type { FetchText } from './metadata-request.js';
import { type Platform, present } from './platform.js';

/** What only a metadata service knows. Asked where there plausibly is one, in the background, within one limit for everything. */

/** Milliseconds for all requests together. */
export const DETECTION_LIMIT = 1000;

export interface Detection {
  attributes: Attributes;
  region?: string;
  /** Limits of the ECS task and container. */
  limits: TaskLimit[];
  source: 'ECS task metadata' | 'EC2 instance metadata' | 'Kubernetes API' | 'none';
  /** Why a service that was asked gave nothing. */
  failure?: string;
  /** Whether the service refused, and will again. */
  isFinal?: boolean;
}

export interface DetectionOptions {
  platform: Platform;
  env: Record<string, string | undefined>;
  fetch: FetchText;
  /** The text of a file; throws when it can't be read. */
  readFile(path: string): string;
  /** Milliseconds; DETECTION_LIMIT. */
  limit?: number;
  /** A signal that aborts after so many milliseconds. */
  abortAfter?: (milliseconds: number) => AbortSignal;
}

/** Never rejects; settles within the limit, with what was learned until then. */
export async function detectPlatform(options: DetectionOptions): Promise<Detection> {
  const { platform, limit = DETECTION_LIMIT, abortAfter = AbortSignal.timeout } = options;
  const signal = abortAfter(limit);
  const fetch: FetchText = (url, request) => untilAborted(() => options.fetch(url, request), signal);
  try {
    return (await probe({ ...options, fetch }, signal)) ?? NOTHING;
  } catch (error) {
    // ECS' agent may not know of a container yet that has just started.
    return { ...NOTHING, failure: reason(error, signal), isFinal: error instanceof Refusal && platform.name !== 'ecs' };
  }
}

/** The service answers, and has nothing for this process. */
class Refusal extends Error {}

/** @throws Error for every status but 200 */
function requireSuccess(status: number, what: string): void {
  if (status === 200) return;
  const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429;
  throw isFinal ? new Refusal(`status ${status} ${what}`) : new Error(`status ${status} ${what}`);
}

const NOTHING: Detection = { attributes: {}, limits: [], source: 'none' };

function probe(options: DetectionOptions, signal: AbortSignal): Promise<Detection> | undefined {
  const { platform, env, fetch } = options;
  const ecsUri = env.ECS_CONTAINER_METADATA_URI_V4;
  if (platform.name === 'ecs' && ecsUri) return probeEcs(ecsUri, fetch, signal);
  const isKubernetesOnAws = platform.name === 'kubernetes' && platform.attributes['cloud.provider'] === 'aws';
  if (platform.name === 'eks' || isKubernetesOnAws) return probeKubernetes(options, signal);
  const onInstance = platform.name === 'ec2' || platform.name === 'beanstalk';
  const instanceUri = onInstance ? instanceMetadataUri(env) : undefined;
  return instanceUri ? probeInstance(instanceUri, fetch, signal, [AUTO_SCALING_GROUP]) : undefined;
}

/** The injected `fetch` may not heed the signal; this does. */
function untilAborted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work().then(resolve, reject);
  });
}

function reason(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'no answer in time';
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

async function probeEcs(uri: string, fetch: FetchText, signal: AbortSignal): Promise<Detection> {
  const [container, task] = await Promise.all([
    getJson(uri, fetch, { signal }),
    getJson(`${uri}/task`, fetch, { signal }),
  ]);
  return { ...ecsFacts(container, task), source: 'ECS task metadata' };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html */
const INSTANCE_METADATA = 'http://169.254.169.254';

function instanceMetadataUri(env: Record<string, string | undefined>): string | undefined {
  if (env.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true') return undefined;
  return (env.AWS_EC2_METADATA_SERVICE_ENDPOINT || INSTANCE_METADATA).replace(/\/+$/, '');
}

/** A tag that Auto Scaling sets; the metadata service has it where the instance allows tags in metadata. */
const AUTO_SCALING_GROUP = 'aws:autoscaling:groupName';

async function probeInstance(
  uri: string,
  fetch: FetchText,
  signal: AbortSignal,
  tags: readonly string[] = [],
): Promise<Detection> {
  const token = await fetch(`${uri}/latest/api/token`, {
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60' },
    signal,
  });
  requireSuccess(token.status, 'for a token');
  const headers = { 'x-aws-ec2-metadata-token': token.body };
  const document = await getJson(`${uri}/latest/dynamic/instance-identity/document`, fetch, { headers, signal });
  const tagged = await Promise.all(
    tags.map(async (tag): Promise<[string, string | undefined]> => {
      const { status, body } = await fetch(`${uri}/latest/meta-data/tags/instance/${tag}`, { headers, signal });
      return [`ec2.tag.${tag}`, status === 200 ? body.trim() : undefined];
    }),
  );
  const region = text(document.region);
  return {
    attributes: present({
      'cloud.region': region,
      'cloud.availability_zone': text(document.availabilityZone),
      'cloud.account.id': text(document.accountId),
      'host.id': text(document.instanceId),
      'host.type': text(document.instanceType),
      'host.image.id': text(document.imageId),
      ...Object.fromEntries(tagged),
    }),
    ...(region && { region }),
    limits: [],
    source: 'EC2 instance metadata',
  };
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const CLUSTER_INFO = '/api/v1/namespaces/amazon-cloudwatch/configmaps/cluster-info';

/**
 * The cluster's name, which CloudWatch's own set-up keeps in a config map, and, when the environment has no region, the instance.
 * Either may be closed to a pod; one that answers is enough.
 */
async function probeKubernetes(options: DetectionOptions, signal: AbortSignal): Promise<Detection> {
  const { env, fetch } = options;
  const instanceUri = env.AWS_REGION || env.AWS_DEFAULT_REGION ? undefined : instanceMetadataUri(env);
  const [cluster, instance] = await Promise.allSettled([
    probeCluster(options, signal),
    instanceUri ? probeInstance(instanceUri, fetch, signal) : undefined,
  ]);
  const name = cluster.status === 'fulfilled' ? cluster.value : undefined;
  const found = instance.status === 'fulfilled' ? instance.value : undefined;
  if (!name && !found) throw cluster.status === 'rejected' ? cluster.reason : new Error('no name of a cluster');
  return {
    attributes: { ...found?.attributes, ...(name && { 'k8s.cluster.name': name }) },
    ...(found?.region && { region: found.region }),
    limits: [],
    source: name ? 'Kubernetes API' : 'EC2 instance metadata',
  };
}

async function probeCluster(options: DetectionOptions, signal: AbortSignal): Promise<string | undefined> {
  const { env, fetch, readFile } = options;
  const host = env.KUBERNETES_SERVICE_HOST ?? '';
  const address = `${host.includes(':') ? `[${host}]` : host}:${env.KUBERNETES_SERVICE_PORT ?? '443'}`;
  const headers = { authorization: `Bearer ${readFile(`${SERVICE_ACCOUNT}/token`).trim()}` };
  const ca = readFile(`${SERVICE_ACCOUNT}/ca.crt`);
  const map = await getJson(`https://${address}${CLUSTER_INFO}`, fetch, { headers, ca, signal });
  return text(json(map.data)?.['cluster.name']);
}

async function getJson(
  url: string,
  fetch: FetchText,
  request: Parameters<FetchText>[1],
): Promise<Record<string, unknown>> {
  const { status, body } = await fetch(url, request);
  requireSuccess(status, `from ${url}`);
  const parsed = json(JSON.parse(body));
  if (!parsed) throw new Error(`no JSON object from ${url}`);
  return parsed;
}

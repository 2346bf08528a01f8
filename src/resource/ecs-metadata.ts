import type { Attributes } from '@opentelemetry/api';
import { present } from './platform.js';

/** A limit of the ECS task or container, which cgroups don't show on Fargate. */
export interface TaskLimit {
  memoryBytes?: number;
  /** vCPUs; never of a container, whose CPU units are only shares. */
  cpus?: number;
  source: 'ecs-task' | 'ecs-container';
}

export interface EcsFacts {
  attributes: Attributes;
  region?: string;
  limits: TaskLimit[];
}

type Json = Record<string, unknown>;

const MEBIBYTE = 1024 * 1024;

/**
 * What the two documents of the task metadata endpoint, version 4, say.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-response.html
 */
export function ecsFacts(container: Json, task: Json): EcsFacts {
  const taskArn = text(task.TaskARN);
  const [, , , region, account] = taskArn?.split(':') ?? [];
  return {
    attributes: present({
      'cloud.region': region,
      'cloud.account.id': account,
      'cloud.availability_zone': text(task.AvailabilityZone),
      'aws.ecs.cluster.arn': clusterArn(text(task.Cluster), taskArn),
      'aws.ecs.task.arn': taskArn,
      'aws.ecs.task.id': taskArn?.split('/').pop(),
      'aws.ecs.task.family': text(task.Family),
      'aws.ecs.task.revision': text(task.Revision),
      'aws.ecs.launchtype': text(task.LaunchType)?.toLowerCase(),
      'aws.ecs.container.arn': text(container.ContainerARN),
      'container.id': text(container.DockerId),
      'container.name': text(container.DockerName),
      'container.image.name': text(container.Image),
      ...logAttributes(container),
    }),
    ...(region && { region }),
    limits: [limit('ecs-task', task.Limits), limit('ecs-container', container.Limits)].filter(
      (item) => item !== undefined,
    ),
  };
}

/** `Cluster` is an ARN or a short name. */
function clusterArn(cluster: string | undefined, taskArn: string | undefined): string | undefined {
  if (!cluster || cluster.startsWith('arn:')) return cluster;
  const base = taskArn?.slice(0, taskArn.lastIndexOf(':task/'));
  return base ? `${base}:cluster/${cluster}` : undefined;
}

function logAttributes(container: Json): Attributes {
  const options = json(container.LogOptions);
  const group = text(options?.['awslogs-group']);
  const stream = text(options?.['awslogs-stream']);
  return {
    'aws.log.group.names': container.LogDriver === 'awslogs' && group ? [group] : undefined,
    'aws.log.stream.names': container.LogDriver === 'awslogs' && stream ? [stream] : undefined,
  };
}

function limit(source: TaskLimit['source'], limits: unknown): TaskLimit | undefined {
  const { Memory: memory, CPU: cpu } = json(limits) ?? {};
  const memoryBytes = positive(memory);
  const cpus = source === 'ecs-task' ? positive(cpu) : undefined;
  if (memoryBytes === undefined && cpus === undefined) return undefined;
  return { ...(memoryBytes && { memoryBytes: memoryBytes * MEBIBYTE }), ...(cpus && { cpus }), source };
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function json(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

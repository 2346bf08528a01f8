import type { LimitClaim } from './limits.js';

/**
 * Limits from the ECS task metadata endpoint, version 4 (AWS, "Amazon ECS task metadata endpoint version 4"). They never
 * change during a task's life, so one fetch is enough; it is made elsewhere, and only its answer is read here.
 *
 * On Fargate they are indispensable: a task's memory is enforced above its containers, whose `memory.max` reads `max`
 * on a micro-VM that is larger than the task. With sidecars, one container's working set understates how near the task is
 * to its limit.
 */

const MIB = 2 ** 20;

/** From `${ECS_CONTAINER_METADATA_URI_V4}/task`: CPU in vCPUs, memory in MiB. Undefined when it states no limit. */
export function parseEcsTaskMetadata(json: unknown): LimitClaim | undefined {
  const limits = limitsOf(json);
  const cpus = positive(limits?.CPU);
  const memory = positive(limits?.Memory);
  if (cpus === undefined && memory === undefined) return undefined;
  return { source: 'ecs-task', cpus, memoryBytes: memory === undefined ? undefined : memory * MIB };
}

/**
 * From `${ECS_CONTAINER_METADATA_URI_V4}`: memory in MiB. Its CPU figure is a share, a weight among the containers of a
 * task and no cap, and is left out.
 */
export function parseEcsContainerMetadata(json: unknown): LimitClaim | undefined {
  const memory = positive(limitsOf(json)?.Memory);
  return memory === undefined ? undefined : { source: 'ecs-container', memoryBytes: memory * MIB };
}

/** Whether the environment says that there is a metadata endpoint whose limits are to be waited for. */
export function hasTaskMetadata(environment: Readonly<Record<string, string | undefined>>): boolean {
  return Boolean(environment.ECS_CONTAINER_METADATA_URI_V4);
}

function limitsOf(json: unknown): { CPU?: unknown; Memory?: unknown } | undefined {
  if (typeof json !== 'object' || json === null || !('Limits' in json)) return undefined;
  const { Limits: limits } = json;
  return typeof limits === 'object' && limits !== null ? limits : undefined;
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;
}

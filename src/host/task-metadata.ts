/**
 * Whether the environment says that there is an ECS metadata endpoint, version 4, whose limits are to be waited for. On
 * Fargate they are indispensable: a task's memory is enforced above its containers, whose `memory.max` reads `max` on a
 * micro-VM that is larger than the task.
 */
export function hasTaskMetadata(environment: Readonly<Record<string, string | undefined>>): boolean {
  return Boolean(environment.ECS_CONTAINER_METADATA_URI_V4);
}

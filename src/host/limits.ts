/** Which limit is in force, and who says so. */

export type LimitSource =
  | 'cgroup'
  | 'cpuset'
  | 'affinity'
  | 'ecs-container'
  | 'ecs-task'
  | 'lambda'
  | 'option'
  | 'host';

/** What one source says may be used. */
export interface LimitClaim {
  readonly source: LimitSource;
  readonly memoryBytes?: number | undefined;
  /** Fractional. */
  readonly cpus?: number | undefined;
}

export interface Limits {
  readonly memory: { readonly bytes: number; readonly source: LimitSource };
  readonly cpu: { readonly cpus: number; readonly source: LimitSource };
}

/** What the machine, or the micro-VM, has. */
export interface Machine {
  readonly memoryBytes: number;
  readonly cpus: number;
}

/**
 * The least of the claims, never rounded; the machine's own figure when nobody claims less. A control group's memory
 * limit at or above the machine's memory is how "none" looks in version 1 (9223372036854771712), and is dropped.
 */
export function settleLimits(claims: readonly LimitClaim[], machine: Machine): Limits {
  let memory: Limits['memory'] | undefined;
  let cpu: Limits['cpu'] = { cpus: machine.cpus, source: 'host' };
  for (const { source, memoryBytes, cpus } of claims) {
    const real = isAmount(memoryBytes) && !(source === 'cgroup' && memoryBytes >= machine.memoryBytes);
    if (real && memoryBytes < (memory?.bytes ?? Number.POSITIVE_INFINITY)) memory = { bytes: memoryBytes, source };
    if (isAmount(cpus) && cpus < cpu.cpus) cpu = { cpus, source };
  }
  return { memory: memory ?? { bytes: machine.memoryBytes, source: 'host' }, cpu };
}

function isAmount(value: number | undefined): value is number {
  return value !== undefined && value > 0 && value < 2 ** 53;
}

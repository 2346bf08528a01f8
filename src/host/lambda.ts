import type { LimitClaim } from './limits.js';

/** A Lambda function gets one vCPU per 1,769 MB (AWS, "Configure Lambda function memory"). */
const MB_PER_CPU = 1769;
const MIB = 2 ** 20;

/** The limits of the Lambda function that this process is, from its environment; undefined elsewhere. */
export function lambdaClaim(environment: Readonly<Record<string, string | undefined>>): LimitClaim | undefined {
  const megabytes = Number(environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
  if (!Number.isFinite(megabytes) || megabytes <= 0) return undefined;
  return { source: 'lambda', memoryBytes: megabytes * MIB, cpus: megabytes / MB_PER_CPU };
}

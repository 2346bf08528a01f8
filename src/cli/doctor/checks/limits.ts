import type { Limits } from '../../../host/limits.js';
import { describeLimits } from '../../container-limits.js';
import { type Check, info, type Verdict, warning } from '../check.js';

export const limits: Check = {
  id: 'MON-HOST-001',
  title: 'The limits that CPU and memory are measured against',
  about:
    "CPU and memory are percentages of the container's limits: of its control group (v1, v2), of the ECS task, of the Lambda function, else of the machine. Used memory is the working set, as the kubelet and `docker stats` have it.",
  troubles: [
    {
      cause: 'The container has no limit of its own: percentages are of the whole machine, and look too low.',
      remedy:
        '`docker run --memory 512m --cpus 1`, resources.limits in Kubernetes, memory and cpu in the task definition.',
    },
  ],
  needs: [],
  reaches: 'offline',
  judges: 'shell',
  run({ limits: limitsHere, readFile, platform }) {
    const container =
      platform.name === 'kubernetes' || platform.name === 'eks' || platform.name === 'ecs' || inContainer(readFile);
    return judgeLimits(limitsHere(), container);
  },
};

export function judgeLimits(found: Limits, container: boolean): Verdict {
  const evidence = [describeLimits(found)];
  const without = [
    ...(found.memory.source === 'host' ? ['memory'] : []),
    ...(found.cpu.source === 'host' ? ['CPU'] : []),
  ];
  if (container && without.includes('memory')) {
    return warning(`the container has no limit for ${without.join(' and ')}`, {
      cause: 'percentages are of the whole machine, and look too low',
      evidence,
      remedy: 'docker run --memory 512m --cpus 1; resources.limits in Kubernetes; memory in the ECS task definition',
    });
  }
  return info(evidence[0] ?? '');
}

function inContainer(readFile: (path: string) => string): boolean {
  for (const path of ['/.dockerenv', '/run/.containerenv']) {
    try {
      readFile(path);
      return true;
    } catch {
      // Not that engine.
    }
  }
  return false;
}

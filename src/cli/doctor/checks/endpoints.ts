import type { Environment } from '../../../config/environment.js';
import type { AwsService } from '../../aws/services.js';
import { type Check, failed, pass, type Verdict, warning } from '../check.js';
import { SERVICE_TITLES, unlessUsed } from '../context.js';
import type { Signal } from '../destination-status.js';
import { describeSteps, explainFailure } from '../network-trouble.js';
import { isPrivate, type Reach } from '../reach.js';

/** Milliseconds to the first byte beyond which something is in the way. */
const SLOW = 1000;

/** What is sent to the service. */
const SIGNAL_OF: Readonly<Partial<Record<AwsService, Signal>>> = {
  monitoring: 'metrics',
  logs: 'logs',
  xray: 'traces',
};

function endpointCheck(id: string, service: AwsService, what: string): Check {
  const title = SERVICE_TITLES[service];
  return {
    id,
    title: `${title} can be reached`,
    about: `Name, TCP, TLS and first byte of ${title}, each with its time, through the proxy where one is set; a private address is that of a VPC endpoint.`,
    troubles: [
      {
        cause: `Other services can be reached, ${title} can't: no VPC endpoint for it, or a security group that does not let it through.`,
        remedy: `An interface endpoint com.amazonaws.<region>.${service} with private DNS and a security group that takes TCP 443 from the application.`,
      },
      {
        cause:
          'The answer takes more than a second: name server, distance, or a proxy in between. The application does not wait for it; a process that ends does.',
        remedy: 'Take the region that is near; look at the step that takes the time.',
      },
    ],
    needs: ['MON-NET-001'],
    reaches: 'network',
    provenBy: SIGNAL_OF[service] ?? 'any',
    timeout: 13_000,
    unless: unlessUsed(service),
    async run(context) {
      const { region = '<region>' } = await context.region();
      return judgeReach(await context.reach(service), {
        title,
        what,
        env: context.env,
        vpcService: `com.amazonaws.${region}.${service}`,
      });
    },
  };
}

export function judgeReach(
  reach: Reach,
  { title, what, env, vpcService }: { title: string; what: string; env: Environment; vpcService: string },
): Verdict {
  const evidence = describeSteps(reach);
  if (reach.failure !== undefined) {
    return failed(`${title} can't be reached: no ${what} arrive`, {
      ...explainFailure(reach, { env, vpcService }),
      evidence,
    });
  }
  const total = Math.round(reach.steps.reduce((sum, { duration }) => sum + duration, 0));
  const slowest = [...reach.steps].sort((a, b) => b.duration - a.duration)[0];
  const by = wayOf(reach);
  if (total > SLOW) {
    return warning(`${title} answers after ${total} ms`, {
      cause: `${slowest?.step} takes ${slowest?.duration} ms of it`,
      evidence,
      remedy:
        'the application does not wait for it; a process that ends waits up to MONITORING_SHUTDOWN_TIMEOUT: raise that, or mend the slow step',
    });
  }
  return pass(`answers after ${total} ms${by}`, { evidence });
}

function wayOf({ addresses, proxy }: Reach): string {
  if (proxy !== undefined) return `, through the proxy ${proxy}`;
  if (addresses.every((address) => /^(127\.|::1$)/.test(address))) return ', on this machine';
  return addresses.some(isPrivate) ? ', by a VPC endpoint' : '';
}

export const endpoints: readonly Check[] = [
  endpointCheck('MON-NET-002', 'monitoring', 'metrics'),
  endpointCheck('MON-NET-003', 'logs', 'errors'),
  endpointCheck('MON-NET-004', 'xray', 'traces'),
];

import type { AwsAnswer } from '../../aws/call.js';
import { type Check, info, pass, type Verdict, warning } from '../check.js';
import { unlessUsed } from '../context.js';
import { isDenied } from './permission.js';

/** ListMetrics shows a metric at the latest after this long. Seconds. */
const VISIBLE_AFTER = 15 * 60;

export const metricsThere: Check = {
  id: 'MON-METR-002',
  title: 'CloudWatch has metrics of this service',
  about:
    'ListMetrics in the namespace, for the service. Names are case-sensitive: dashboards find nothing under another namespace or with other dimensions.',
  troubles: [
    {
      cause: 'The application has not run yet, or for less than two minutes: ListMetrics may need 15.',
      remedy: 'Wait, or `monitoring test metric --wait`.',
    },
    {
      cause: 'Metrics are in another namespace or region than the one that is looked at.',
      remedy: 'MONITORING_NAMESPACE and AWS_REGION of the running application, which the start line shows.',
    },
  ],
  needs: ['MON-PERM-001'],
  reaches: 'aws',
  calls: ['cloudwatch:ListMetrics'],
  unless: unlessUsed('monitoring'),
  async run(context, signal) {
    const { namespace = '' } = context.configuration.metrics;
    const input = { Namespace: namespace, Dimensions: [{ Name: 'Service', Value: context.service.name }] };
    const answer = await context.call({ service: 'monitoring', action: 'ListMetrics', input }, signal);
    return judgeMetrics(answer, { namespace, service: context.service.name, uptime: context.running?.snapshot.uptime });
  },
};

export function judgeMetrics(
  { error, body }: AwsAnswer,
  { namespace, service, uptime }: { namespace: string; service: string; uptime?: number | undefined },
): Verdict {
  if (error !== undefined) {
    const why = isDenied(error.name, error.message)
      ? 'cloudwatch:ListMetrics is denied, which the application does not need'
      : `${error.name}: ${error.message}`;
    return info(`not known: ${why}`);
  }
  const metrics = (body as { Metrics?: { MetricName: string }[] }).Metrics ?? [];
  const names = [...new Set(metrics.map(({ MetricName }) => MetricName))];
  if (names.length > 0) {
    return pass(`${metrics.length} series of ${names.length} metrics in ${namespace}`, {
      evidence: [names.slice(0, 20).join(', ')],
    });
  }
  if (uptime === undefined || uptime < VISIBLE_AFTER) {
    return info(`none of ${service} in ${namespace} yet`, {
      evidence: ['ListMetrics shows new metrics after up to 15 minutes'],
    });
  }
  return warning(`CloudWatch lists no metric of ${service} in ${namespace}`, {
    cause: `the application has run for ${Math.round(uptime / 60)} min; its metrics are elsewhere, or were not accepted`,
    evidence: [`ListMetrics, Namespace ${namespace}, Service ${service}: none`],
    remedy:
      'compare the start line of the application (namespace, region); monitoring why metric http.server.request.duration',
  });
}

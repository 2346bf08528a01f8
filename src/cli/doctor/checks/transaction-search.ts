import type { AwsAnswer } from '../../aws/call.js';
import { type Check, failed, info, pass, type Verdict } from '../check.js';
import { unlessUsed } from '../context.js';

export const transactionSearch: Check = {
  id: 'MON-XRAY-002',
  title: 'Transaction Search is switched on',
  about:
    'xray:GetTraceSegmentDestination: where X-Ray keeps what it is sent. Its OTLP endpoint needs CloudWatch Logs as the destination.',
  troubles: [
    {
      cause: 'The destination is still X-Ray: spans sent by OTLP are refused.',
      remedy:
        '`aws xray update-trace-segment-destination --destination CloudWatchLogs`, once for each account and region.',
    },
  ],
  needs: ['MON-PERM-004'],
  reaches: 'aws',
  calls: ['xray:GetTraceSegmentDestination'],
  unless: unlessUsed('xray'),
  async run(context, signal) {
    const { region } = await context.region();
    return judgeDestination(
      await context.call({ service: 'xray', action: '/GetTraceSegmentDestination' }, signal),
      region,
    );
  },
};

export function judgeDestination({ error, body }: AwsAnswer, region: string | undefined): Verdict {
  const { Destination, Status } = (error === undefined && typeof body === 'object' && body !== null ? body : {}) as {
    Destination?: string;
    Status?: string;
  };
  if (Destination === undefined) {
    return info(
      `not known (${error ? `${error.name}: ${error.message}` : 'no answer'}); the application does not need this permission`,
    );
  }
  if (Destination === 'XRay') {
    return failed('X-Ray keeps traces itself: it takes none by OTLP', {
      cause: 'Transaction Search is not switched on in this account and region',
      evidence: [`destination ${Destination}, status ${Status}`],
      remedy: `aws xray update-trace-segment-destination --destination CloudWatchLogs --region ${region}`,
    });
  }
  return Status === 'PENDING' ? info('it is being switched on') : pass(`spans go to ${Destination}`);
}

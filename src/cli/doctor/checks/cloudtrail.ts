import type { AwsAnswer } from '../../aws/call.js';
import { type Check, info, type Verdict, warning } from '../check.js';
import { unlessAws } from '../context.js';

const SOURCES = ['monitoring.amazonaws.com', 'logs.amazonaws.com', 'xray.amazonaws.com'];
/** Milliseconds. */
const LOOK_BACK = 24 * 3_600_000;

export const cloudTrail: Check = {
  id: 'MON-PERM-005',
  title: 'CloudTrail saw no refused call',
  about:
    'With --cloudtrail: the event history of the last day for CloudWatch, CloudWatch Logs and X-Ray. It has management events (CreateLogGroup, CreateLogStream, PutDashboard); PutMetricData and PutLogEvents are data events, which only a trail that asks for them records.',
  troubles: [
    {
      cause: 'A call of the application was refused, under the identity that CloudTrail names.',
      remedy: 'Allow it, as the check of that permission prints it.',
    },
  ],
  needs: ['MON-CRED-003'],
  reaches: 'aws',
  calls: ['cloudtrail:LookupEvents'],
  timeout: 10_000,
  unless: (context) => (context.options.cloudTrail ? unlessAws(context) : 'only with --cloudtrail'),
  async run(context, signal) {
    // Two calls a second are allowed.
    const answers: AwsAnswer[] = [];
    for (const source of SOURCES) {
      const input = {
        LookupAttributes: [{ AttributeKey: 'EventSource', AttributeValue: source }],
        StartTime: Math.round((context.now() - LOOK_BACK) / 1000),
        MaxResults: 50,
      };
      answers.push(await context.call({ service: 'cloudtrail', action: 'LookupEvents', input }, signal));
    }
    return judgeTrail(answers);
  },
};

/** How deliveries are recorded. Source: docs.aws.amazon.com/awscloudtrail, "Logging data events". */
const TRAIL = `a trail records data events when it is told to, for a price: aws cloudtrail put-event-selectors --trail-name <trail> --advanced-event-selectors '${JSON.stringify(
  [
    {
      Name: 'deliveries',
      FieldSelectors: [
        { Field: 'eventCategory', Equals: ['Data'] },
        { Field: 'resources.type', Equals: ['AWS::CloudWatch::Metric'] },
      ],
    },
  ],
)}'`;

interface TrailEvent {
  EventName?: string;
  EventTime?: number;
  Username?: string;
  CloudTrailEvent?: string;
}

export function judgeTrail(answers: readonly AwsAnswer[]): Verdict {
  const error = answers.find((answer) => answer.error !== undefined)?.error;
  if (error !== undefined) return info(`not known: ${error.name}: ${error.message}`);
  const events = answers.flatMap(({ body }) => (body as { Events?: TrailEvent[] }).Events ?? []);
  const refused = events.flatMap((event) => {
    const { errorCode, errorMessage } = detailsOf(event);
    const denied = /AccessDenied|Unauthorized|Client\.Unauthorized/i.test(errorCode ?? '');
    return denied ? [`${event.EventName} by ${event.Username}: ${errorCode} ${errorMessage ?? ''}`.trim()] : [];
  });
  if (refused.length > 0) {
    return warning(`${refused.length} calls were refused in the last day`, {
      cause: 'the identity of the caller may not make them',
      evidence: refused.slice(0, 10),
      remedy: 'monitoring iam-policy prints what the application needs; is the caller the application?',
    });
  }
  return info(`${events.length} management events in the last day, none refused; deliveries are not among them`, {
    evidence: [
      'seen: CreateLogGroup, CreateLogStream, PutRetentionPolicy, PutDashboard, PutMetricAlarm',
      'not seen: PutMetricData, PutLogEvents and the spans of X-Ray, which are data events',
    ],
    remedy: TRAIL,
  });
}

function detailsOf({ CloudTrailEvent: text }: TrailEvent): { errorCode?: string; errorMessage?: string } {
  try {
    return JSON.parse(text ?? '{}');
  } catch {
    return {};
  }
}

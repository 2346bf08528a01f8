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
    'With --cloudtrail: the event history of the last day for CloudWatch, CloudWatch Logs and X-Ray. It has management events (CreateLogGroup, CreateLogStream, PutDashboard); PutMetricData is a data event, which only a trail that asks for it records. CloudTrail records no PutLogEvents and no spans that come by OTLP.',
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

const selectorOf = (name: string, ...fields: [field: string, ...values: string[]][]) => ({
  Name: name,
  FieldSelectors: fields.map(([Field, ...Equals]) => ({ Field, Equals })),
});

/**
 * How a trail records the deliveries that CloudTrail can record. The selectors replace those that the trail has, so that management events
 * are among them. PutLogEvents is no event of CloudTrail, and the call that takes spans by OTLP is on no list of it.
 *
 * Sources, `resources.type` and the calls of each:
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/logging_cw_api_calls.html#CloudWatch-data-plane-events
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-api-cloudtrail.html#cloudtrail-data-events
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/logging_cw_api_calls_cwl.html#cwl_info_in_ct
 */
const SELECTORS = [
  selectorOf('management', ['eventCategory', 'Management']),
  selectorOf(
    'metrics',
    ['eventCategory', 'Data'],
    ['resources.type', 'AWS::CloudWatch::Metric'],
    ['eventName', 'PutMetricData'],
  ),
  selectorOf(
    'sampling',
    ['eventCategory', 'Data'],
    ['resources.type', 'AWS::XRay::Trace'],
    ['eventName', 'GetSamplingTargets'],
  ),
];

const TRAIL = `a trail records data events when its selectors ask for them, for a price; these selectors replace the ones that the trail has: aws cloudtrail put-event-selectors --trail-name <trail> --advanced-event-selectors '${JSON.stringify(SELECTORS)}'`;

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
      'not seen: PutMetricData and GetSamplingTargets, which are data events: only a trail has them',
      'never recorded by CloudTrail: PutLogEvents, and spans by OTLP (MONITORING_TRACE_DELIVERIES=true shows each call)',
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

import type { AwsAnswer } from '../../aws/call.js';
import { type Check, failed, info, pass, type Verdict, warning } from '../check.js';
import { type CheckContext, unlessUsed } from '../context.js';
import { metricsProbe, spansProbe } from '../dry-calls.js';
import { refusalOf, statementFor } from '../policy.js';
import { arnIn } from './identity.js';

/** Calls that are refused for what they carry and write nothing, so that the answer tells whether they are allowed. */

interface Values {
  readonly action: string;
  readonly region?: string | undefined;
  readonly account?: string | undefined;
  readonly logGroup?: string | undefined;
  readonly namespace?: string | undefined;
  /** What does not arrive without it. */
  readonly lost: string;
  /** Names of errors that only somebody who may call can get. */
  readonly allowed: readonly string[];
}

export function judgePermission({ status, error, requestId }: AwsAnswer, values: Values): Verdict {
  const { action, lost } = values;
  if (error === undefined) return pass(`${action} is allowed`, { evidence: [`status ${status}`] });
  const evidence = [`${error.name}: ${error.message}${requestId ? ` (request ${requestId})` : ''}`];
  if (values.allowed.includes(error.name)) return pass(`${action} is allowed`, { evidence });
  if (isDenied(error.name, error.message)) {
    const { cause, who } = refusalOf(error.message);
    return failed(`${action} is denied: ${lost}`, {
      cause,
      evidence,
      remedy: `${who}: ${statementFor(actionIn(error.message) ?? action, values)}`,
    });
  }
  if (error.kind === 'throttled') {
    return info(`${action} is throttled at the moment; whether it is allowed is not known`, { evidence });
  }
  if (error.kind === 'retry') {
    return warning(`${action} can't be tried: the service fails`, {
      cause: 'the service answered with an error of its own',
      evidence,
      remedy: 'the exporters keep what they have and try again; https://health.aws.amazon.com says more',
    });
  }
  return warning(`${action} was answered with ${error.name}`, {
    cause: error.message,
    evidence,
    remedy: 'monitoring doctor --write-probe writes one item, and says what AWS makes of it',
  });
}

export function isDenied(name: string, message: string): boolean {
  return (
    /AccessDenied|NotAuthorized|UnauthorizedOperation/i.test(name) || /is not authorized to perform/i.test(message)
  );
}

/** The action that AWS's text names: `xray:PutSpans` where `xray:PutTraceSegments` was thought of. */
function actionIn(message: string): string | undefined {
  return /not authorized to perform: ([a-z0-9-]+:\w+)/.exec(message)?.[1];
}

async function valuesOf(context: CheckContext, signal: AbortSignal) {
  const { region } = await context.region();
  const { configuration } = context;
  const answer = await context.call({ service: 'sts', action: 'GetCallerIdentity' }, signal).catch(() => undefined);
  const account = answer?.error === undefined ? arnIn(answer?.body).split(':')[4] : undefined;
  return { region, account, logGroup: configuration.logs.group, namespace: configuration.metrics.namespace };
}

const NEEDS = ['MON-CRED-003'];

export const putMetricData: Check = {
  id: 'MON-PERM-001',
  title: 'Metrics may be put',
  about:
    'PutMetricData with a datum that is 30 days old, which CloudWatch refuses after it has looked at the permission: nothing is written.',
  troubles: [
    {
      cause: 'The identity lacks cloudwatch:PutMetricData, or has it for another namespace only.',
      remedy: 'Add the statement that the check prints; `monitoring iam-policy` prints the whole policy.',
    },
  ],
  needs: [...NEEDS, 'MON-NET-002'],
  reaches: 'aws',
  provenBy: 'metrics',
  calls: ['cloudwatch:PutMetricData'],
  unless: unlessUsed('monitoring'),
  async run(context, signal) {
    const values = await valuesOf(context, signal);
    const answer = await context.call(metricsProbe(values.namespace ?? 'monitoring', context.now()), signal);
    return judgePermission(answer, {
      ...values,
      action: 'cloudwatch:PutMetricData',
      lost: 'no metrics arrive',
      allowed: ['InvalidParameterValue', 'InvalidParameterValueException', 'InvalidParameterCombination'],
    });
  },
};

export const putLogEvents: Check = {
  id: 'MON-PERM-002',
  title: 'Errors may be put',
  about:
    'PutLogEvents to a stream that does not exist: who may call is told so, who may not is refused. Nothing is written.',
  troubles: [
    {
      cause:
        'The identity lacks logs:PutLogEvents for the log group; a policy for `log-group:<name>` without `:*` does not cover its streams.',
      remedy: 'Add the statement that the check prints.',
    },
  ],
  needs: [...NEEDS, 'MON-NET-003'],
  reaches: 'aws',
  provenBy: 'logs',
  calls: ['logs:PutLogEvents'],
  unless: unlessUsed('logs'),
  async run(context, signal) {
    const values = await valuesOf(context, signal);
    const input = {
      logGroupName: values.logGroup,
      logStreamName: NO_STREAM,
      logEvents: [{ timestamp: context.now(), message: 'monitoring doctor' }],
    };
    return judgePermission(await context.call({ service: 'logs', action: 'PutLogEvents', input }, signal), {
      ...values,
      action: 'logs:PutLogEvents',
      lost: 'no errors arrive',
      allowed: ['ResourceNotFoundException'],
    });
  },
};

export const createLogStream: Check = {
  id: 'MON-PERM-003',
  title: 'Log streams may be created',
  about:
    'CreateLogStream for a stream that is there already, which changes nothing. Each process of the application makes one of its own.',
  troubles: [
    {
      cause: 'The identity lacks logs:CreateLogStream for the log group: errors are held, then dropped, and counted.',
      remedy: 'Add the statement that the check prints.',
    },
  ],
  needs: ['MON-PERM-002', 'MON-LOGS-001'],
  reaches: 'aws',
  provenBy: 'logs',
  calls: ['logs:DescribeLogStreams', 'logs:CreateLogStream'],
  unless: unlessUsed('logs'),
  async run(context, signal) {
    const values = await valuesOf(context, signal);
    const listed = await context.call(
      { service: 'logs', action: 'DescribeLogStreams', input: { logGroupName: values.logGroup, limit: 1 } },
      signal,
    );
    const [stream] = (listed.body as { logStreams?: { logStreamName: string }[] } | undefined)?.logStreams ?? [];
    if (stream === undefined) {
      const why = listed.error ? `${listed.error.name}: ${listed.error.message}` : 'the group has no stream yet';
      return info('not proven without writing: no stream is known that is there already', { evidence: [why] });
    }
    const input = { logGroupName: values.logGroup, logStreamName: stream.logStreamName };
    return judgePermission(await context.call({ service: 'logs', action: 'CreateLogStream', input }, signal), {
      ...values,
      action: 'logs:CreateLogStream',
      lost: 'no process can make the stream that its errors go to',
      allowed: ['ResourceAlreadyExistsException'],
    });
  },
};

export const putSpans: Check = {
  id: 'MON-PERM-004',
  title: 'Traces may be put',
  about: 'A signed OTLP request without a span to X-Ray: who may not send is refused. Nothing is written.',
  troubles: [
    {
      cause: 'The identity lacks xray:PutSpans, xray:PutSpansForIndexing or xray:PutTraceSegments.',
      remedy: 'Attach AWSXrayWriteOnlyPolicy, or add the statement that the check prints.',
    },
    {
      cause: 'Transaction Search is not switched on in this account and region: the OTLP endpoint refuses.',
      remedy:
        '`aws xray update-trace-segment-destination --destination CloudWatchLogs`, after the resource policy that its documentation gives.',
    },
  ],
  needs: [...NEEDS, 'MON-NET-004'],
  reaches: 'aws',
  provenBy: 'traces',
  calls: ['xray:PutSpans'],
  unless: unlessUsed('xray'),
  async run(context, signal) {
    const values = await valuesOf(context, signal);
    const answer = await context.call(spansProbe(), signal);
    const destination = answer.error?.message ?? '';
    if (/Trace Segment Destination|Transaction Search/i.test(destination)) {
      return failed('X-Ray takes no OTLP in this account and region', {
        cause: 'Transaction Search is not switched on',
        evidence: [`${answer.error?.name}: ${destination}`],
        remedy: `aws xray update-trace-segment-destination --destination CloudWatchLogs --region ${values.region}`,
      });
    }
    return judgePermission(answer, { ...values, action: 'xray:PutSpans', lost: 'no traces arrive', allowed: [] });
  },
};

/** A name that no process gives its stream. */
export const NO_STREAM = 'monitoring-doctor/not-there';

export const permissions: readonly Check[] = [putMetricData, putLogEvents, createLogStream, putSpans];

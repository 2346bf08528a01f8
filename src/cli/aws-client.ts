import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { classify } from '../../exporters/aws/errors.js';
import { HttpTransport } from '../../exporters/aws/http-transport.js';
import { REQUEST_TIMEOUT } from '../../exporters/aws/request-limits.js';
import { isFromTheWay } from '../../exporters/aws/status-meaning.js';
import { CouldNotRun } from './exit.js';
import { requireRegion, type Target } from './target.js';

type CloudWatch = typeof import('@aws-sdk/client-cloudwatch');

/** A throttled or failing call is repeated by the SDK, with growing pauses. */
const MAX_ATTEMPTS = 5;

/** A client of CloudWatch for the target. The SDK is loaded here and not with the command line. */
export async function connectCloudWatch(target: Target): Promise<{ client: CloudWatchClient; sdk: CloudWatch }> {
  requireRegion(target);
  // OpenTelemetry's core comes with them, which no help has to wait for.
  const {
    openSdkClient,
  }: typeof import('../../exporters/aws/open-sdk-client.js') = require('../../exporters/aws/open-sdk-client.js');
  const { awsOptions }: typeof import('./aws/services.js') = require('./aws/services.js');
  const sdk = await import('@aws-sdk/client-cloudwatch');
  const options = awsOptions(target.configuration.aws, 'monitoring', target.region);
  const transport = new HttpTransport({ answerTimeout: REQUEST_TIMEOUT });
  const client = await openSdkClient(
    options,
    'monitoring',
    transport,
    (configuration) => new sdk.CloudWatchClient({ ...configuration, maxAttempts: MAX_ATTEMPTS }),
  );
  return { client, sdk };
}

/** What a failed call means for whoever called, in one line with what to do; for errors that are not about the content of the call. */
export function awsTrouble(error: unknown, target: Target): CouldNotRun {
  const { kind, name, message, status } = classify(error);
  const what = `${name}: ${message.split('\n', 1)[0]}`;
  const where = target.configuration.aws.endpoints.cloudwatch ?? `CloudWatch in ${target.region}`;
  if (kind === 'throttled') return new CouldNotRun(`${what}; ${where} asks for fewer calls: try again in a minute`);
  // The message of these has the remedy.
  if (status !== undefined && isFromTheWay(status)) return new CouldNotRun(what);
  if (kind === 'denied') return new CouldNotRun(`${what}; ${remedyForDenied(name)}`);
  if (kind === 'retry' || kind === 'unanswered')
    return new CouldNotRun(`${what}; ${where} did not answer as it should`);
  return new CouldNotRun(what);
}

function remedyForDenied(name: string): string {
  if (/AccessDenied|NotAuthorized|Unauthorized/.test(name)) {
    return '`monitoring iam-policy --for deploy` prints the policy that is needed';
  }
  if (/Expired/.test(name)) return 'renew the credentials';
  if (/Credentials|Provider/.test(name))
    return 'set AWS_PROFILE, give --profile, or give the environment keys; `monitoring doctor` finds what is missing';
  return '`monitoring doctor` says more about credentials';
}

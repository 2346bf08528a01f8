import type { Arrival, Route } from './arrival.js';
import { commonError } from './aws-error.js';
import { type Credentials, isSignedWith, MAX_CLOCK_SKEW, payloadMatches, signingDate, signingTime } from './sigv4.js';
import type { Service } from './store/journal.js';

/** The names that signatures are scoped to. */
const SIGNING_NAMES: Readonly<Partial<Record<Service, string>>> = {
  cloudwatch: 'monitoring',
  logs: 'logs',
  sts: 'sts',
  xray: 'xray',
};

const SAMPLING: ReadonlySet<string> = new Set(['GetSamplingRules', 'GetSamplingTargets']);

/**
 * Checks what can be checked of a signature: that there is one, its scope, its age, the hash of the body, and, where
 * the account's credentials are known, the signature itself. Plain OTLP and the sampling calls of X-Ray, which an
 * agent answers unsigned, need none.
 *
 * @param clock epoch milliseconds
 * @throws AwsError
 */
export function authenticate(
  route: Route,
  arrival: Arrival,
  clock: number,
  credentials: Credentials | undefined,
): void {
  const { service } = route;
  const { signature } = arrival;
  if (signature === undefined) {
    if (route.protocol === 'otlp' || SAMPLING.has(route.action)) return;
    throw commonError(service, 'missing-token', 'Missing Authentication Token');
  }
  const name = SIGNING_NAMES[service];
  if (name !== undefined && signature.service !== name) {
    throw commonError(service, 'bad-signature', `Credential should be scoped to correct service: '${name}'.`);
  }
  checkAge(service, arrival, clock);
  if (!payloadMatches(arrival)) throw mismatch(service);
  if (credentials !== undefined) checkCredentials(service, arrival, credentials);
}

function checkAge(service: Service, arrival: Arrival, clock: number): void {
  const signed = signingTime(arrival.headers);
  if (signed === undefined) throw commonError(service, 'bad-signature', 'A valid X-Amz-Date header is required.');
  const [date, now] = [signingDate(signed), signingDate(clock)];
  if (signed < clock - MAX_CLOCK_SKEW) {
    const least = signingDate(clock - MAX_CLOCK_SKEW);
    throw commonError(
      service,
      'bad-signature',
      `Signature expired: ${date} is now earlier than ${least} (${now} - 15 min.)`,
    );
  }
  if (signed > clock + MAX_CLOCK_SKEW) {
    const most = signingDate(clock + MAX_CLOCK_SKEW);
    throw commonError(
      service,
      'bad-signature',
      `Signature not yet current: ${date} is still later than ${most} (${now} + 15 min.)`,
    );
  }
}

function checkCredentials(service: Service, arrival: Arrival, credentials: Credentials): void {
  const { signature } = arrival;
  const token = arrival.headers['x-amz-security-token'];
  if (signature?.accessKeyId !== credentials.accessKeyId || token !== credentials.sessionToken) {
    throw commonError(service, 'unknown-client', 'The security token included in the request is invalid.');
  }
  if (!isSignedWith(credentials, signature, arrival)) throw mismatch(service);
}

const mismatch = (service: Service): Error =>
  commonError(
    service,
    'bad-signature',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  );

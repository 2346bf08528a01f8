import assert from 'node:assert/strict';
import { CloudWatchClient, ListMetricsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type FaultKind, Faults } from '../../src/studio/faults.js';
import { clientConfiguration, getJson, runningStudio } from './running.js';

const TARGET = { service: 'cloudwatch', path: '/', action: 'PutMetricData' } as const;

describe('Fault rules', () => {
  it('strike by service, path and action', () => {
    const faults = new Faults();
    faults.add({ kind: 'throttle', service: 'logs' });
    faults.add({ kind: 'denied', path: '/v1/traces' });
    faults.add({ kind: 'reject', action: 'PutMetricData' });
    assert.equal(faults.strike(TARGET)?.kind, 'reject');
    assert.equal(faults.strike({ ...TARGET, service: 'logs' })?.kind, 'throttle');
    assert.equal(faults.strike({ service: 'otlp', path: '/v1/traces', action: 'v1/traces' })?.kind, 'denied');
    assert.equal(faults.strike({ ...TARGET, action: 'ListMetrics' }), undefined);
  });

  it('are spent after their times, then the next strikes', () => {
    const faults = new Faults();
    faults.add({ kind: 'throttle', times: 2 });
    faults.add({ kind: 'error5xx', times: 1 });
    const kinds = [1, 2, 3, 4].map(() => faults.strike(TARGET)?.kind);
    assert.deepEqual(kinds, ['throttle', 'throttle', 'error5xx', undefined]);
    assert.deepEqual(
      faults.list().map(({ hits }) => hits),
      [2, 1],
    );
  });

  it('strike with their probability', () => {
    const draws = [0.2, 0.3, 0.1];
    const faults = new Faults(() => draws.shift() ?? 1);
    faults.add({ kind: 'throttle', probability: 0.3 });
    assert.deepEqual(
      [1, 2, 3].map(() => faults.strike(TARGET) !== undefined),
      [true, false, true],
    );
  });

  it('go when they are removed', () => {
    const faults = new Faults();
    const id = faults.add({ kind: 'throttle' });
    assert.equal(faults.remove(id), true);
    assert.equal(faults.remove(id), false);
    assert.equal(faults.strike(TARGET), undefined);
  });
});

describe('Faults on demand', () => {
  const studio = runningStudio();
  const cloudwatch = (extra: object = {}) => new CloudWatchClient({ ...clientConfiguration(studio()), ...extra });
  const put = (client: CloudWatchClient) =>
    client.send(new PutMetricDataCommand({ Namespace: 'N', MetricData: [{ MetricName: 'm', Value: 1 }] }));

  const NAMES: readonly (readonly [kind: FaultKind, cloudwatch: string, logs: string, sts: string])[] = [
    ['throttle', 'Throttling', 'ThrottlingException', 'Throttling'],
    ['denied', 'AccessDenied', 'AccessDeniedException', 'AccessDenied'],
    ['expired-token', 'ExpiredToken', 'ExpiredTokenException', 'ExpiredToken'],
    ['invalid-credentials', 'InvalidClientTokenId', 'UnrecognizedClientException', 'InvalidClientTokenId'],
    ['reject', 'InvalidParameterValueException', 'InvalidParameterException', 'InvalidParameterValue'],
    ['error5xx', 'InternalServiceFault', 'InternalFailure', 'InternalServiceError'],
    ['unavailable', 'ServiceUnavailable', 'ServiceUnavailableException', 'ServiceUnavailable'],
  ];
  for (const [kind, ...names] of NAMES) {
    it(`${kind} is told by the name that each service gives it`, async () => {
      studio().faults.add({ kind });
      const configuration = clientConfiguration(studio());
      await assert.rejects(put(cloudwatch()), { name: names[0] });
      await assert.rejects(new CloudWatchLogsClient(configuration).send(new DescribeLogGroupsCommand({})), {
        name: names[1],
      });
      await assert.rejects(new STSClient(configuration).send(new GetCallerIdentityCommand({})), { name: names[2] });
      assert.equal(studio().store.metrics.size, 0);
      assert.equal(studio().store.calls.list()[0]?.fault, kind);
      assert.equal(studio().store.refused.list()[0]?.fault, kind);
    });
  }

  it('denied names the identity and the action', async () => {
    studio().faults.add({ kind: 'denied', service: 'cloudwatch' });
    await assert.rejects(
      put(cloudwatch()),
      /^AccessDenied: User: arn:aws:iam::000000000000:user\/local is not authorized to perform: cloudwatch:PutMetricData because/,
    );
  });

  it('the SDK gets over a throttle that passes', async () => {
    studio().faults.add({ kind: 'throttle', times: 1 });
    await put(cloudwatch({ maxAttempts: 2 }));
    assert.deepEqual(
      studio()
        .store.calls.list()
        .map(({ status }) => status),
      [400, 200],
    );
    assert.equal(studio().store.ledger.held.datums, 1);
  });

  it('the SDK gets over a connection that is reset', async () => {
    studio().faults.add({ kind: 'reset', times: 1 });
    await put(cloudwatch({ maxAttempts: 2 }));
    assert.deepEqual(
      studio()
        .store.calls.list()
        .map(({ status, error }) => [status, error]),
      [
        [0, 'reset'],
        [200, undefined],
      ],
    );
  });

  it('reset breaks the connection without an answer', async () => {
    studio().faults.add({ kind: 'reset' });
    await assert.rejects(put(cloudwatch()), { code: 'ECONNRESET' });
  });

  it('hang never answers, and closing ends it', async () => {
    studio().faults.add({ kind: 'hang' });
    const asked = put(cloudwatch());
    const outcome = assert.rejects(asked);
    while (studio().store.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await studio().close();
    await outcome;
  });

  it('delay answers later, and truly', async () => {
    studio().faults.add({ kind: 'delay', delayMs: 60 });
    const begun = performance.now();
    await put(cloudwatch());
    assert.ok(performance.now() - begun >= 55);
    assert.equal(studio().store.ledger.held.datums, 1);
  });

  it('clock-skew refuses a signature of now, and the SDK corrects its clock by the Date header', async () => {
    studio().faults.add({ kind: 'clock-skew', offsetMs: 3600_000 });
    await assert.rejects(put(cloudwatch()), /^SignatureDoesNotMatch: Signature expired: .* is now earlier than/);
    const client = cloudwatch({ maxAttempts: 2 });
    await put(client);
    const { length } = studio().store.calls;
    await client.send(new ListMetricsCommand({}));
    assert.equal(studio().store.calls.length, length + 1, 'the corrected clock is kept');
  });

  it('clock-skew takes a signature 15 minutes old and refuses an older one', async () => {
    const id = studio().faults.add({ kind: 'clock-skew', offsetMs: 14.9 * 60_000 });
    await put(cloudwatch());
    studio().faults.remove(id);
    studio().faults.add({ kind: 'clock-skew', offsetMs: 15.1 * 60_000 });
    await assert.rejects(put(cloudwatch()));
  });

  it('throttles OTLP with 429 and the time to wait', async () => {
    studio().faults.add({ kind: 'throttle', path: '/v1/traces', retryAfter: 7 });
    const answer = await fetch(`${studio().url}/v1/traces`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get('retry-after'), '7');
    assert.deepEqual(await answer.json(), { code: 8, message: 'Rate exceeded' });
  });

  it('error5xx answers the status that is asked for', async () => {
    studio().faults.add({ kind: 'error5xx', status: 504 });
    await assert.rejects(put(cloudwatch()), (error) => {
      assert.equal((error as { $metadata: { httpStatusCode: number } }).$metadata.httpStatusCode, 504);
      return true;
    });
  });

  it('are set, listed and cleared over HTTP, and do not touch the API itself', async () => {
    const post = (fault: unknown, type = 'application/json') =>
      fetch(`${studio().url}/api/faults`, {
        method: 'POST',
        body: JSON.stringify(fault),
        headers: { 'content-type': type },
      });
    const { id } = (await (await post({ kind: 'throttle', times: 3, service: 'cloudwatch' })).json()) as { id: string };
    assert.deepEqual(await getJson(studio(), '/api/faults'), {
      faults: [{ kind: 'throttle', times: 3, service: 'cloudwatch', id, hits: 0 }],
    });
    await assert.rejects(put(cloudwatch()), { name: 'Throttling' });
    for (const bad of [
      {},
      { kind: 'nope' },
      { kind: 'delay', delayMs: -1 },
      { kind: 'hang', probability: 2 },
      { kind: 'hang', service: 's3' },
    ]) {
      assert.equal((await post(bad)).status, 400, JSON.stringify(bad));
    }
    assert.equal((await post({ kind: 'hang' }, 'text/plain')).status, 415);
    assert.equal((await fetch(`${studio().url}/api/faults/${id}`, { method: 'DELETE' })).status, 200);
    assert.equal((await fetch(`${studio().url}/api/faults/${id}`, { method: 'DELETE' })).status, 404);
    studio().faults.add({ kind: 'hang' });
    await fetch(`${studio().url}/api/faults`, { method: 'DELETE' });
    assert.deepEqual(studio().faults.list(), []);
  });
});

import assert from 'node:assert/strict';
import { readConfiguration } from '../../../src/config/read.js';
import { createSamplingPost } from '../../../src/delivery/worker/sampling-post.js';
import { resourceArnOf, SamplingClient } from '../../../src/tracing/sampling-client.js';
import { FakeClock } from '../../exporters/aws/fake-clock.js';
import { startServer } from '../../exporters/aws/loopback-server.js';
import { assertSigned } from '../../exporters/aws/recompute-signature.js';
import { runningStudio } from '../../studio/running.js';

const NO_REGION = '';
const HOUR = 3_600_000;
const STATISTICS = [{ ruleName: 'mine', requestCount: 3, sampledCount: 1, borrowCount: 1 }];
const ENVIRONMENT = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_EC2_METADATA_DISABLED: 'true' };

describe('SamplingClient', () => {
  const studio = runningStudio();
  const before: Record<string, string | undefined> = {};
  beforeEach(() => {
    for (const [name, value] of Object.entries(ENVIRONMENT)) {
      before[name] = process.env[name];
      process.env[name] = value;
    }
  });
  afterEach(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  const clientOf = (env: Record<string, string>, clock?: FakeClock, resource = {}, region = 'us-west-2') => {
    const { configuration } = readConfiguration({ OTEL_TRACES_SAMPLER: 'xray', ...env });
    const endpoint = configuration.aws.endpoints.xray;
    const options = { ...(region && { region }), ...(endpoint && { endpoint }) };
    return new SamplingClient(
      createSamplingPost(configuration, { optionsFor: () => options }, clock),
      resourceArnOf(resource),
      () => (clock ?? Date).now(),
    );
  };
  const direct = (clock?: FakeClock) => clientOf({ AWS_ENDPOINT_URL_XRAY: studio().url }, clock);
  const setRules = (settings: object) =>
    studio().store.sampling.set(
      settings as Parameters<ReturnType<typeof studio>['store']['sampling']['set']>[0],
      Date.now(),
    );
  const rulesOf = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      RuleName: `r${index}`,
      Priority: index + 1,
      FixedRate: 0.5,
      ReservoirSize: 1,
      ServiceName: '*',
      ServiceType: '*',
      Host: '*',
      HTTPMethod: '*',
      URLPath: `/${'x'.repeat(100)}`,
      ResourceARN: '*',
      Version: 1,
    }));

  it('asks X-Ray, signed over the exact bytes', async () => {
    const server = await startServer((_received, response) => void response.end('{}'));
    const client = clientOf({ AWS_ENDPOINT_URL_XRAY: server.url });
    await client.rules();
    await client.targets(STATISTICS);
    const scope = { accessKeyId: 'a', secretAccessKey: 'b', service: 'xray', region: 'us-west-2' };
    for (const received of server.received) assertSigned(received, scope);
    assert.deepEqual(
      server.received.map(({ method, path }) => `${method} ${path}`),
      ['POST /GetSamplingRules', 'POST /SamplingTargets'],
    );
    await server.close();
  });

  it('gets the rules of the account, and when they were read', async () => {
    const { rules, readAt } = await direct().rules();
    assert.deepEqual(
      rules.map(({ name }) => name),
      ['Default'],
    );
    assert.ok(Math.abs(readAt - Date.now()) < 5000);
  });

  it('asks the proxy of OTEL_TRACES_SAMPLER_ARG unsigned, and needs neither region nor credentials', async () => {
    delete process.env.AWS_ACCESS_KEY_ID;
    delete process.env.AWS_SECRET_ACCESS_KEY;
    const server = await startServer((_received, response) => void response.end('{}'));
    const client = clientOf({ OTEL_TRACES_SAMPLER_ARG: `endpoint=${server.url}` }, undefined, {}, NO_REGION);
    await client.rules();
    await client.targets(STATISTICS);
    assert.deepEqual(
      server.received.map(({ path, headers }) => [path, headers.authorization]),
      [
        ['/GetSamplingRules', undefined],
        ['/SamplingTargets', undefined],
      ],
    );
    await server.close();
  });

  it('reads rules page by page, more than 64 KiB of them too', async () => {
    setRules({ rules: rulesOf(500), pageSize: 200, unprocessed: {} });
    assert.equal((await direct().rules()).rules.length, 501);
    assert.equal(studio().store.calls.length, 3);
  });

  it('ends after 50 pages where a service never ends', async () => {
    const server = await startServer((_received, response) => void response.end('{"NextToken":"again"}'));
    await clientOf({ OTEL_TRACES_SAMPLER_ARG: `endpoint=${server.url}` }).rules();
    assert.equal(server.received.length, 50);
    await server.close();
  });

  it('reports counts under one id of 24 hexadecimal digits, and gets targets', async () => {
    setRules({ rules: [{ ...rulesOf(1)[0], RuleName: 'mine', ReservoirSize: 4 }], unprocessed: {} });
    const client = direct();
    await client.targets(STATISTICS);
    const { targets } = await client.targets(STATISTICS);
    assert.equal(targets[0]?.quota, 4);
    assert.ok((targets[0]?.quotaFor ?? 0) > 8000 && (targets[0]?.quotaFor ?? 0) <= 10_000);
    assert.deepEqual(studio().store.sampling.reports(), [
      { ruleName: 'mine', requestCount: 6, sampledCount: 2, borrowCount: 2, clients: 1 },
    ]);
  });

  it('judges the time left by the clock of the service, however wrong its own is', async () => {
    setRules({ rules: [{ ...rulesOf(1)[0], RuleName: 'mine' }], unprocessed: {} });
    for (const off of [-HOUR, HOUR]) {
      const client = clientOf({ OTEL_TRACES_SAMPLER_ARG: `endpoint=${studio().url}` }, new FakeClock(Date.now() + off));
      const { targets } = await client.targets(STATISTICS);
      assert.ok((targets[0]?.quotaFor ?? 0) > 8000 && (targets[0]?.quotaFor ?? 0) <= 11_000, `${targets[0]?.quotaFor}`);
      assert.ok(Math.abs((await client.rules()).readAt - Date.now()) < 5000);
    }
  });

  it('corrects the time of its signatures', async () => {
    assert.equal((await direct(new FakeClock(Date.now() - HOUR)).rules()).rules.length, 1);
  });

  for (const [kind, reason] of [
    ['throttle', /Rate exceeded/],
    ['denied', /not authorized to perform: xray:GetSamplingRules/],
    ['error5xx', /unknown error/],
    ['reset', /ECONNRESET|socket hang up/],
  ] as const) {
    it(`rejects with the reason: ${kind}`, async () => {
      studio().faults.add({ kind });
      await assert.rejects(direct().rules(), reason);
      await assert.rejects(clientOf({ OTEL_TRACES_SAMPLER_ARG: `endpoint=${studio().url}` }).rules());
    });
  }

  it('rejects where no region is known', async () => {
    await assert.rejects(clientOf({}, undefined, {}, NO_REGION).rules(), /Region is missing/);
  });

  it('rejects an answer that is not JSON', async () => {
    const server = await startServer((_received, response) => void response.end('<html>'));
    await assert.rejects(clientOf({ OTEL_TRACES_SAMPLER_ARG: `endpoint=${server.url}` }).rules(), /JSON/);
    await server.close();
  });

  it('tells the ARN of the container', async () => {
    const client = clientOf({ AWS_ENDPOINT_URL_XRAY: studio().url }, undefined, { 'aws.ecs.container.arn': 'arn:x' });
    assert.equal((await client.rules()).resourceArn, 'arn:x');
  });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { type AwsCredentials, VERSION } from '../../../exporters/aws/client-options.js';
import { CredentialsCache } from '../../../exporters/aws/credentials.js';
import { HttpTransport } from '../../../exporters/aws/http-transport.js';
import { clientConfiguration, openSdkClient } from '../../../exporters/aws/open-sdk-client.js';
import { FakeClock } from './fake-clock.js';
import { startServer } from './loopback-server.js';

const KEYS: AwsCredentials = { accessKeyId: 'old', secretAccessKey: 'b' };

describe('clients of the AWS SDK', () => {
  const cache = (source: () => Promise<AwsCredentials>) => new CredentialsCache(source, new FakeClock());
  const configure = (options = {}) =>
    clientConfiguration(
      { readsEnvironment: false, ...options },
      'monitoring',
      new HttpTransport(),
      cache(async () => KEYS),
    );

  it('are given what the options say', async () => {
    const configuration = await configure({
      region: 'us-west-2',
      profile: 'p',
      useFips: true,
      useDualStack: true,
      ignoreConfiguredEndpoints: true,
    });
    assert.equal(configuration.region, 'us-west-2');
    assert.equal(configuration.profile, 'p');
    assert.equal(configuration.useFipsEndpoint, true);
    assert.equal(configuration.useDualstackEndpoint, true);
    assert.equal(configuration.ignoreConfiguredEndpointUrls, true);
    assert.equal(await configuration.credentials(), KEYS);
  });

  it('leave retries to the queue', async () => {
    const { maxAttempts } = await configure({ region: 'us-west-2', endpoint: 'http://127.0.0.1:1' });
    assert.equal(maxAttempts, 1);
  });

  it('name the version that the package has', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    assert.equal(VERSION, version);
  });

  it('send again with other keys when the service has refused those without an expiration', async () => {
    const keys = ['old', 'new'];
    const credentials = cache(async () => ({ accessKeyId: keys.shift() ?? 'new', secretAccessKey: 'b' }));
    const used: string[] = [];
    const server = await startServer(({ headers }, response) => {
      const key = /Credential=(\w+)/.exec(String(headers.authorization))?.[1] ?? '';
      used.push(key);
      if (key === 'new') response.writeHead(200).end('');
      else response.writeHead(400, { 'x-amzn-query-error': 'ExpiredToken;Sender' }).end(expired(headers));
    });
    try {
      const options = { region: 'us-west-2', endpoint: server.url, sharedCredentials: credentials };
      const client = await openSdkClient(
        options,
        'monitoring',
        new HttpTransport(),
        (configuration) => new CloudWatchClient(configuration),
      );
      await client.send(new PutMetricDataCommand({ Namespace: 'n', MetricData: [{ MetricName: 'm', Value: 1 }] }));
      assert.deepEqual(used, ['old', 'new']);
      client.destroy();
    } finally {
      await server.close();
    }
  });
});

function expired(headers: Record<string, unknown>): string {
  return String(headers['content-type']).includes('json')
    ? '{"__type":"ExpiredToken","message":"expired"}'
    : '<ErrorResponse><Error><Code>ExpiredToken</Code><Message>expired</Message></Error></ErrorResponse>';
}

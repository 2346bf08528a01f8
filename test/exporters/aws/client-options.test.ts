import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { clientConfiguration, VERSION } from '../../../exporters/aws/client-options.js';

describe('clientConfiguration', () => {
  it('leaves to the AWS SDK what is not given', () => {
    const configuration = clientConfiguration({});
    for (const key of ['region', 'profile', 'credentials', 'endpoint', 'useFipsEndpoint', 'useDualstackEndpoint']) {
      assert.equal(Object.hasOwn(configuration, key), false, key);
    }
  });

  it('passes on what is given', () => {
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const given = {
      region: 'us-west-2',
      profile: 'p',
      credentials,
      endpoint: 'http://127.0.0.1:1',
      useFips: true,
      useDualStack: false,
    };
    const configuration = clientConfiguration(given);
    assert.equal(configuration.region, 'us-west-2');
    assert.equal(configuration.profile, 'p');
    assert.equal(configuration.credentials, credentials);
    assert.equal(configuration.endpoint, 'http://127.0.0.1:1');
    assert.equal(configuration.useFipsEndpoint, true);
    assert.equal(configuration.useDualstackEndpoint, false);
  });

  it('makes timeouts end requests and leaves retries to the queue', () => {
    const { requestHandler, maxAttempts } = clientConfiguration({});
    assert.deepEqual(requestHandler, {
      connectionTimeout: 2000,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true,
      socketTimeout: 10_000,
      httpAgent: { keepAlive: true, maxSockets: 4 },
      httpsAgent: { keepAlive: true, maxSockets: 4 },
    });
    assert.equal(maxAttempts, 1);
  });

  it('names the version that the package has', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    assert.equal(VERSION, version);
  });
});

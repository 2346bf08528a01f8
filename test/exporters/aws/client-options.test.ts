import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { clientConfiguration, VERSION } from '../../../exporters/aws/client-options.js';
import { HttpTransport } from '../../../exporters/aws/http-transport.js';

const transport = new HttpTransport();

describe('clientConfiguration', () => {
  it('leaves to the AWS SDK what is not given', () => {
    const configuration = clientConfiguration({}, transport);
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
    const configuration = clientConfiguration(given, transport);
    assert.equal(configuration.region, 'us-west-2');
    assert.equal(configuration.profile, 'p');
    assert.equal(configuration.credentials, credentials);
    assert.equal(configuration.endpoint, 'http://127.0.0.1:1');
    assert.equal(configuration.useFipsEndpoint, true);
    assert.equal(configuration.useDualstackEndpoint, false);
  });

  it('leaves retries to the queue', () => {
    assert.equal(clientConfiguration({}, transport).maxAttempts, 1);
  });

  it('names the version that the package has', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    assert.equal(VERSION, version);
  });
});

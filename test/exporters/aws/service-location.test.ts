import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AwsOptions } from '../../../exporters/aws/client-options.js';
import { isDirect } from '../../../exporters/aws/direct-hosts.js';
import { type AwsService, locate, withoutUserInfo } from '../../../exporters/aws/service-location.js';

describe('the location of a service', () => {
  const before_ = process.env;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'monitoring-location-'));
    const [AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE] = [join(folder, 'config'), join(folder, 'credentials')];
    process.env = { PATH: before_.PATH, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE };
  });
  afterEach(() => {
    process.env = before_;
    rmSync(folder, { recursive: true, force: true });
  });

  const config = (...lines: string[]) => writeFileSync(join(folder, 'config'), `${lines.join('\n')}\n`);
  const find = async (options: AwsOptions = {}, service: AwsService = 'xray') => {
    const lines: string[] = [];
    return { location: await locate(options, service, (line) => lines.push(line)), lines };
  };
  const PLAIN = { useFips: false, useDualStack: false };

  it('comes from the option, then the variable, then the profile', async () => {
    config('[default]', 'region = eu-west-1', 'endpoint_url = http://127.0.0.1:1');
    assert.deepEqual((await find()).location, { region: 'eu-west-1', endpoint: 'http://127.0.0.1:1', ...PLAIN });
    Object.assign(process.env, { AWS_REGION: 'eu-west-2', AWS_ENDPOINT_URL: 'http://127.0.0.1:2' });
    assert.deepEqual((await find()).location, { region: 'eu-west-2', endpoint: 'http://127.0.0.1:2', ...PLAIN });
    Object.assign(process.env, { AWS_ENDPOINT_URL_XRAY: 'http://127.0.0.1:3' });
    assert.equal((await find()).location.endpoint, 'http://127.0.0.1:3');
    assert.equal((await find({}, 'logs')).location.endpoint, 'http://127.0.0.1:2');
    const given = { region: 'eu-west-3', endpoint: 'http://127.0.0.1:4' };
    assert.deepEqual((await find(given)).location, { ...given, ...PLAIN });
  });

  it('ignores the variables where the options hold them already', async () => {
    Object.assign(process.env, { AWS_REGION: 'us-west-2a', AWS_ENDPOINT_URL: 'http://127.0.0.1:2' });
    assert.deepEqual((await find({ readsEnvironment: false })).location, PLAIN);
  });

  it('ignores configured endpoints where the profile says so', async () => {
    config(
      '[default]',
      'endpoint_url = http://127.0.0.1:1',
      'ignore_configured_endpoint_urls = true',
      'region = eu-west-1',
    );
    assert.deepEqual((await find()).location, { region: 'eu-west-1', ...PLAIN });
  });

  it('prefers the endpoint of the service in a services section', async () => {
    config(
      '[profile shop]',
      'services = mine',
      'endpoint_url = http://127.0.0.1:1',
      '[services mine]',
      'cloudwatch_logs =',
      '  endpoint_url = http://127.0.0.1:2',
    );
    assert.equal((await find({ profile: 'shop' }, 'logs')).location.endpoint, 'http://127.0.0.1:2');
    assert.equal((await find({ profile: 'shop' }, 'xray')).location.endpoint, 'http://127.0.0.1:1');
  });

  it('is read anew on each call', async () => {
    config('[default]', 'use_fips_endpoint = true', 'region = us-east-1');
    assert.equal((await find()).location.useFips, true);
    config('[default]', 'use_fips_endpoint = false', 'region = us-east-1');
    assert.equal((await find()).location.useFips, false);
  });

  it('leaves out what is not usable, with one line each and no password in it', async () => {
    config('[default]', 'region = us-west-2a', 'endpoint_url = ftp://me:endpoint-password@host');
    const { location, lines } = await find();
    assert.deepEqual(location, PLAIN);
    assert.equal(lines.length, 2);
    assert.ok(lines.some((line) => line.includes('us-west-2a')));
    assert.doesNotMatch(lines.join(), /endpoint-password/);
  });

  it('says that an endpoint excludes FIPS, without the password in its URL', async () => {
    config('[default]', 'use_fips_endpoint = true', 'endpoint_url = https://me:endpoint-password@host.test');
    const { location, lines } = await find({ region: 'us-east-1' });
    assert.equal(location.endpoint, 'https://host.test/');
    assert.deepEqual(lines, ['use_fips_endpoint is not used beside the endpoint https://host.test/']);
    assert.equal(withoutUserInfo('no URL'), 'no URL');
  });
});

describe('hosts that no proxy leads to', () => {
  for (const host of ['localhost', '127.0.0.1', '127.255.255.255', '[::1]', '169.254.169.254', '[fd00:ec2::254]']) {
    it(`${host} is one`, () => assert.equal(isDirect(host), true));
  }
  for (const host of ['128.0.0.1', '169.255.0.0', '[fd00:ec3::1]', '10.0.0.1', 'localhost.test', 'xray.aws']) {
    it(`${host} is none`, () => assert.equal(isDirect(host), false));
  }
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTarget } from '../../src/cli/target.js';
import { runningStudio } from '../studio/running.js';
import { monitoring, SERVICE } from './run-command.js';

describe('where a command finds AWS', () => {
  const studio = runningStudio();
  const environment = process.env;
  let folder: string;
  let env: Record<string, string>;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'monitoring-target-'));
    const { OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES } = SERVICE;
    env = {
      OTEL_SERVICE_NAME,
      OTEL_RESOURCE_ATTRIBUTES,
      AWS_PROFILE: 'shop',
      AWS_CONFIG_FILE: join(folder, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    };
    process.env = { ...env };
  });
  afterEach(() => {
    process.env = environment;
    rmSync(folder, { recursive: true });
  });
  const config = (...lines: string[]) => writeFileSync(join(folder, 'config'), `${lines.join('\n')}\n`);

  it('is what the profile says, as for the application: region, endpoints of its services, FIPS', async () => {
    config(
      '[profile shop]',
      'region = eu-west-1',
      'use_fips_endpoint = true',
      'endpoint_url = http://127.0.0.1:1',
      'services = local',
      '[services local]',
      'cloudwatch =',
      '  endpoint_url = http://127.0.0.1:2',
    );
    const { region, regionFrom, configuration, remarks } = await findTarget({}, env);
    assert.deepEqual([region, regionFrom, configuration.aws.useFips], ['eu-west-1', 'profile', true]);
    assert.deepEqual(configuration.aws.endpoints, {
      cloudwatch: 'http://127.0.0.1:2',
      cloudwatchLogs: 'http://127.0.0.1:1',
      xray: 'http://127.0.0.1:1',
      sts: 'http://127.0.0.1:1',
    });
    assert.ok(remarks.every((line) => line.startsWith('use_fips_endpoint is not used beside the endpoint')));
  });

  it('is not what the profile says where a setting says otherwise', async () => {
    config('[profile shop]', 'region = eu-west-1', 'endpoint_url = http://127.0.0.1:1');
    const given = { ...env, AWS_REGION: 'us-east-1', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' };
    const { region, regionFrom, configuration } = await findTarget({}, given);
    assert.deepEqual([region, regionFrom, configuration.aws.endpoints], ['us-east-1', 'settings', {}]);
  });

  it('is no zone that the profile names for a region, which one line says', async () => {
    config('[profile shop]', 'region = us-west-2a');
    const { regionFrom, remarks } = await findTarget({}, env);
    assert.equal(regionFrom, '');
    assert.match(remarks.join('\n'), /^region "us-west-2a" in the AWS configuration is no region/);
  });

  it('is where dashboards and alarms are deployed', async () => {
    config(
      '[profile shop]',
      'region = eu-west-1',
      'services = local',
      '[services local]',
      'cloudwatch =',
      `  endpoint_url = ${studio().url}`,
    );
    writeFileSync(join(folder, 'credentials'), '[shop]\naws_access_key_id = test\naws_secret_access_key = test\n');
    for (const command of ['dashboards', 'alarms']) {
      const { status, stderr } = await monitoring([command, 'deploy'], { env });
      assert.equal(status, 0, stderr);
    }
    assert.equal(studio().store.dashboards.list().length, 3);
  });
});

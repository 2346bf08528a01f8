import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoopbackProxy } from '../exporters/aws/loopback-proxy.js';
import { type Answer, type MetadataServer, startMetadataServer } from '../resource/metadata-server.js';
import { IndependentAws, type Signal } from './support/independent-aws.js';
import { Application, ourLines, ROOT, type RunOptions } from './support/process.js';

const ALL: Signal[] = ['logs', 'metrics', 'traces'];
const KEYS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'secret' };
/** Milliseconds that the issue allows until renewed keys are taken. */
const RENEWED_WITHIN = 10_000;

describe('the way to AWS', () => {
  let aws: IndependentAws;
  let folder: string;
  const closing: { close(): Promise<void> }[] = [];
  const started: Application[] = [];
  beforeEach(async () => {
    aws = await IndependentAws.start();
    folder = mkdtempSync(join(tmpdir(), 'monitoring-aws-'));
  });
  afterEach(async () => {
    for (const app of started.splice(0)) await app.dispose();
    for (const server of closing.splice(0)) await server.close();
    await aws.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function start(env: Record<string, string>, options: RunOptions = {}): Application {
    const app = new Application('failing.cjs', {
      ...options,
      env: {
        OTEL_SERVICE_NAME: 'shop',
        OTEL_TRACES_SAMPLER: 'always_on',
        OTEL_METRIC_EXPORT_INTERVAL: '1000',
        OTEL_BSP_SCHEDULE_DELAY: '500',
        MONITORING_RUN_FOLDER: 'none',
        AWS_CONFIG_FILE: file('config'),
        AWS_SHARED_CREDENTIALS_FILE: file('credentials'),
        ...env,
      },
    });
    started.push(app);
    return app;
  }

  const file = (name: string) => join(folder, name);
  const write = (name: string, ...lines: string[]) => writeFileSync(file(name), `${lines.join('\n')}\n`);
  const keys = (name: string) => [`aws_access_key_id = ${name}`, 'aws_secret_access_key = secret'];

  async function metadata(answers: Record<string, Answer>): Promise<MetadataServer> {
    const server = await startMetadataServer(answers);
    closing.push(server);
    return server;
  }

  /** Serves failing requests until the condition holds. */
  async function requestUntil(app: Application, isDone: () => boolean, limit = RENEWED_WITHIN): Promise<number> {
    const url = await app.url();
    const began = Date.now();
    while (!isDone()) {
      if (Date.now() - began > limit) {
        assert.fail(
          `not within ${limit} ms: ${JSON.stringify(aws.calls.map(({ body: _, ...call }) => call).slice(-9))}\n${app.stderr}`,
        );
      }
      await (await fetch(url)).text();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return Date.now() - began;
  }

  async function endOf(app: Application): Promise<string[]> {
    app.kill('SIGTERM');
    return ourLines((await app.ended()).stderr);
  }

  async function takesRenewed(app: Application, renew: () => void): Promise<void> {
    await requestUntil(app, () => aws.signals('old').length === 3, 20_000);
    aws.keys = new Set(['new']);
    await requestUntil(app, () => aws.refused().length === 3, 20_000);
    renew();
    await requestUntil(app, () => aws.signals('new').length === 3);
    assert.deepEqual(aws.signals('new'), ALL);
  }

  it('takes keys that were rewritten in ~/.aws/credentials after the old ones had expired, for all signals within 10 s', async () => {
    aws.keys = new Set(['old']);
    write('credentials', '[default]', ...keys('old'));
    const app = start({ AWS_REGION: 'us-west-2', AWS_ENDPOINT_URL: aws.url });
    await takesRenewed(app, () => write('credentials', '[default]', ...keys('new')));
  }).timeout(60_000);

  it('takes new keys of the container whose old ones are refused before their Expiration, for all signals within 10 s', async () => {
    aws.keys = new Set(['old']);
    let key = 'old';
    const Expiration = new Date(Date.now() + 3_600_000).toISOString();
    const { url } = await metadata({
      'GET /keys': (_request, response) =>
        response.end(JSON.stringify({ AccessKeyId: key, SecretAccessKey: 's', Token: 't', Expiration })),
    });
    const app = start({
      AWS_REGION: 'us-west-2',
      AWS_ENDPOINT_URL: aws.url,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/keys`,
    });
    await takesRenewed(app, () => {
      key = 'new';
    });
    assert.ok(ourLines(app.stderr).some((line) => line.includes('credentials: being looked up (container role)')));
    assert.ok(ourLines(app.stderr).some((line) => line.includes('found: AWS credentials')));
  }).timeout(60_000);

  it('takes new keys of a process that a profile names, for all signals within 10 s', async () => {
    aws.keys = new Set(['old']);
    const give = (key: string) =>
      write('give', '#!/bin/sh', `echo '{"Version":1,"AccessKeyId":"${key}","SecretAccessKey":"s"}'`);
    give('old');
    chmodSync(file('give'), 0o755);
    write('config', '[profile shop]', `credential_process = ${file('give')}`);
    const app = start({ AWS_REGION: 'us-west-2', AWS_ENDPOINT_URL: aws.url, AWS_PROFILE: 'shop' });
    await takesRenewed(app, () => give('new'));
  }).timeout(60_000);

  it('sends by credentials that appear after the start, and says so', async () => {
    const app = start({ AWS_REGION: 'us-west-2', AWS_ENDPOINT_URL: aws.url });
    await requestUntil(app, () => app.stderr.includes('credentials: none found'), 20_000);
    write('credentials', '[default]', ...keys('test'));
    await requestUntil(app, () => aws.signals('test').length === 3);
    assert.match(app.stderr, /credentials: being looked up \(no keys, profile or role\)/);
    assert.match(app.stderr, /found: AWS credentials/);
  }).timeout(60_000);

  it('goes to the endpoint of the profile with all signals', async () => {
    write('config', '[default]', `endpoint_url = ${aws.url}`, 'region = eu-west-1');
    const app = start(KEYS);
    await requestUntil(app, () => aws.signals('test').length === 3, 20_000);
    assert.deepEqual([...new Set(aws.calls.map(({ region }) => region))], ['eu-west-1']);
    assert.match(app.stderr, /region being looked up/);
    assert.match(app.stderr, /found: region eu-west-1 \(profile "default"\)/);
  }).timeout(60_000);

  it('goes to the endpoints of a services section with all signals', async () => {
    write(
      'config',
      '[profile shop]',
      'services = local',
      'region = eu-west-1',
      '[services local]',
      ...['cloudwatch', 'cloudwatch_logs', 'xray'].flatMap((name) => [`${name} =`, `  endpoint_url = ${aws.url}`]),
    );
    const app = start({ ...KEYS, AWS_PROFILE: 'shop' });
    write('credentials', '[shop]', ...keys('test'));
    await requestUntil(app, () => aws.signals('test').length === 3, 20_000);
  }).timeout(60_000);

  it('tunnels all signals through HTTPS_PROXY, to FIPS and dual-stack hosts where the profile says so', async () => {
    const proxy = await LoopbackProxy.start(aws.url);
    closing.push(proxy);
    write('config', '[default]', 'use_fips_endpoint = true', 'use_dualstack_endpoint = true');
    const app = start({
      ...KEYS,
      AWS_REGION: 'us-west-2',
      HTTPS_PROXY: `http://me:proxy-password@127.0.0.1:${proxy.port}`,
    });
    await requestUntil(app, () => new Set(proxy.asked).size >= 3, 20_000);
    assert.deepEqual([...new Set(proxy.asked)].sort(), [
      'CONNECT logs-fips.us-west-2.api.aws:443',
      'CONNECT monitoring-fips.us-west-2.api.aws:443',
      'CONNECT xray-fips.us-west-2.api.aws:443',
    ]);
    assert.deepEqual([...proxy.authorizations], [`Basic ${Buffer.from('me:proxy-password').toString('base64')}`]);
    await endOf(app);
    assert.doesNotMatch(app.stderr + app.stdout, /proxy-password/);
  }).timeout(60_000);

  it('sends all signals by HTTP_PROXY to a plain endpoint that is not on this host', async () => {
    const proxy = await LoopbackProxy.start(aws.url);
    closing.push(proxy);
    const app = start({
      ...KEYS,
      AWS_REGION: 'us-west-2',
      AWS_ENDPOINT_URL: 'http://user:endpoint-password@aws.test:8080',
      http_proxy: `http://127.0.0.1:${proxy.port}`,
    });
    await requestUntil(app, () => aws.signals('test').length === 3, 20_000);
    assert.deepEqual([...new Set(proxy.asked)], ['aws.test:8080']);
    await endOf(app);
    assert.doesNotMatch(app.stderr + app.stdout, /endpoint-password/);
  }).timeout(60_000);

  for (const [why, env] of [
    ['the endpoint is on this host', {}],
    ['NO_PROXY names it', { NO_PROXY: '*' }],
    ['NODE_USE_ENV_PROXY is 0', { NODE_USE_ENV_PROXY: '0' }],
    ['NODE_USE_ENV_PROXY is 1 and the endpoint is on this host', { NODE_USE_ENV_PROXY: '1' }],
  ] as const) {
    it(`uses no proxy when ${why}`, async () => {
      const proxy = await LoopbackProxy.start(aws.url);
      closing.push(proxy);
      const app = start({
        ...KEYS,
        AWS_REGION: 'us-west-2',
        AWS_ENDPOINT_URL: aws.url,
        HTTP_PROXY: `http://127.0.0.1:${proxy.port}`,
        ...env,
      });
      await requestUntil(app, () => aws.signals('test').length === 3, 20_000);
      assert.deepEqual(proxy.asked, []);
    }).timeout(60_000);
  }

  const TASK = {
    TaskARN: 'arn:aws:ecs:eu-central-1:123456789012:task/shop/0123',
    Cluster: 'shop',
    Limits: { CPU: 0.5, Memory: 512 },
  };

  it('signs for the region that ECS tells where AWS_REGION names a zone', async () => {
    const { url } = await metadata({ 'GET /v4': { DockerId: 'x' }, 'GET /v4/task': TASK });
    const app = start({
      ...KEYS,
      AWS_REGION: 'us-west-2a',
      AWS_ENDPOINT_URL: aws.url,
      ECS_CONTAINER_METADATA_URI_V4: `${url}/v4`,
    });
    await requestUntil(app, () => aws.signals('test').length === 3, 20_000);
    assert.deepEqual([...new Set(aws.calls.map(({ region }) => region))], ['eu-central-1']);
    assert.match(app.stderr, /found: region eu-central-1 \(ECS task metadata\)/);
  }).timeout(60_000);

  it('asks metadata that did not answer at the start again, and uses what it tells then', async () => {
    let asked = 0;
    const { url } = await metadata({
      'GET /v4': { DockerId: 'x' },
      'GET /v4/task': (_request, response) => {
        asked += 1;
        if (asked > 1) response.end(JSON.stringify(TASK));
        else setTimeout(() => response.end(JSON.stringify(TASK)), 1500);
      },
    });
    const app = start({
      ...KEYS,
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL: aws.url,
      ECS_CONTAINER_METADATA_URI_V4: `${url}/v4`,
    });
    const isNamed = (signal: Signal) =>
      aws.calls.some((call) => call.signal === signal && call.accepted && call.body.includes('task/shop/0123'));
    await requestUntil(app, () => app.stderr.includes('found: metadata of the platform'), 20_000);
    await requestUntil(app, () => isNamed('logs'), 20_000);
    assert.equal(asked, 2);
  }).timeout(60_000);

  it('says at the end what AWS said', async () => {
    aws.keys = new Set();
    const app = start({ ...KEYS, AWS_REGION: 'us-west-2', AWS_ENDPOINT_URL: aws.url });
    await requestUntil(app, () => aws.refused().length === 3, 20_000);
    const last = (await endOf(app)).at(-1) ?? '';
    assert.match(last, /lost since the start: .*ExpiredToken(Exception)?: The security token included/);
    assert.doesNotMatch(last, /in time/);
  }).timeout(60_000);

  it('is found by an exporter of traces on its own, from the variables alone', async () => {
    const app = new Application('trace-exporter-alone.cjs', {
      flags: [],
      env: { ...KEYS, AWS_REGION: 'us-west-2', AWS_ENDPOINT_URL_XRAY: aws.url },
    });
    started.push(app);
    const { stdout, stderr } = await app.ended();
    assert.equal(stdout, '0\n', stderr);
    assert.deepEqual(
      aws.calls.map(({ signal, region, accepted }) => ({ signal, region, accepted })),
      [{ signal: 'traces', region: 'us-west-2', accepted: true }],
    );
  }).timeout(60_000);

  it('sends everything where there is no home directory and the user has no entry', async function () {
    // Only root may start a process of another user, who must be able to run this Node.
    const uid = 12_345;
    if (process.getuid?.() !== 0 || spawnSync(process.execPath, ['--version'], { uid }).error) this.skip();
    const app = start(
      {
        ...KEYS,
        AWS_REGION: 'us-west-2',
        AWS_ENDPOINT_URL: aws.url,
        AWS_CONFIG_FILE: '',
        AWS_SHARED_CREDENTIALS_FILE: '',
      },
      { uid, withoutHome: true },
    );
    await requestUntil(app, () => aws.signals('test').length === 3, 20_000);
    assert.deepEqual(
      ourLines(app.stderr).filter((line) => /homedir|uv_os/.test(line)),
      [],
    );
  }).timeout(60_000);

  for (const [command, ...args] of [
    ['dev', '--port', '0', '--', process.execPath, '--eval', '0'],
    ['dashboards', 'list'],
  ] as const) {
    it(`lets monitoring ${command} work where there is no home directory and the user has no entry`, async function () {
      const uid = 12_345;
      if (process.getuid?.() !== 0 || spawnSync(process.execPath, ['--version'], { uid }).error) this.skip();
      const env = { AWS_REGION: 'us-west-2', OTEL_SERVICE_NAME: 'shop', AWS_EC2_METADATA_DISABLED: 'true' };
      const options = { args: [command, ...args], flags: [], env, uid, withoutHome: true };
      const { stdout, stderr } = await new Application(join(ROOT, 'dist/cli.cjs'), options).ended();
      assert.doesNotMatch(stdout + stderr, /homedir|uv_os|defect/);
    }).timeout(60_000);
  }
});

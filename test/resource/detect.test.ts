import assert from 'node:assert/strict';
import { detectPlatform } from '../../src/resource/detect.js';
import { type FetchText, fetchText } from '../../src/resource/metadata-request.js';
import { recognisePlatform } from '../../src/resource/platform.js';
import { fileSystem } from './files.js';
import { type Answer, type MetadataServer, startMetadataServer } from './metadata-server.js';

const NITRO = { '/sys/devices/virtual/dmi/id/sys_vendor': 'Amazon EC2' };
const TASK_ARN = 'arn:aws:ecs:us-west-2:111122223333:task/shop/158d1c8083dd49d6b527399fd6414f5c';
const TASK = {
  Cluster: 'shop',
  TaskARN: TASK_ARN,
  Family: 'checkout',
  Revision: '26',
  AvailabilityZone: 'us-west-2d',
  LaunchType: 'FARGATE',
  Limits: { CPU: 0.25, Memory: 512 },
};
const CONTAINER = {
  DockerId: 'ea32192c8553fbff06c9340478a2ff089b2bb5646fb718b4ee206641c9086d66',
  DockerName: 'app',
  Image: 'shop/app:latest',
  ContainerARN: 'arn:aws:ecs:us-west-2:111122223333:container/05966557',
  LogDriver: 'awslogs',
  LogOptions: { 'awslogs-group': '/ecs/checkout', 'awslogs-stream': 'app/158d' },
  Limits: { CPU: 2, Memory: 256 },
};
const DOCUMENT = {
  region: 'eu-central-1',
  availabilityZone: 'eu-central-1b',
  accountId: '111122223333',
  instanceId: 'i-0123456789abcdef0',
  instanceType: 'm7g.large',
  imageId: 'ami-1',
};
const TAG = 'GET /latest/meta-data/tags/instance/aws:autoscaling:groupName';
const IMDS: Record<string, Answer> = {
  'PUT /latest/api/token': (request, response) => {
    response.end(request.headers['x-aws-ec2-metadata-token-ttl-seconds'] ? 'token-1' : '');
  },
  'GET /latest/dynamic/instance-identity/document': (request, response) => {
    const allowed = request.headers['x-aws-ec2-metadata-token'] === 'token-1';
    response.writeHead(allowed ? 200 : 401).end(JSON.stringify(DOCUMENT));
  },
};

describe('detectPlatform', () => {
  const servers: MetadataServer[] = [];
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

  async function serve(answers: Record<string, Answer>): Promise<MetadataServer> {
    const server = await startMetadataServer(answers);
    servers.push(server);
    return server;
  }

  function detect(
    env: Record<string, string>,
    files: Record<string, string> = {},
    { fetch = fetchText, limit = 1000 }: { fetch?: FetchText; limit?: number } = {},
  ) {
    const { readFile } = fileSystem(files);
    return detectPlatform({ platform: recognisePlatform(env, readFile), env, fetch, readFile, limit });
  }

  const ecs = (url: string) => ({ ECS_CONTAINER_METADATA_URI_V4: `${url}/v4/abc` });
  const ec2 = (url: string) => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: url });

  it('learns task, container, region, logs and limits of an ECS task', async () => {
    const { url } = await serve({ 'GET /v4/abc': CONTAINER, 'GET /v4/abc/task': TASK });
    assert.deepEqual(await detect(ecs(url)), {
      source: 'ECS task metadata',
      region: 'us-west-2',
      limits: [
        { memoryBytes: 536_870_912, cpus: 0.25, source: 'ecs-task' },
        { memoryBytes: 268_435_456, source: 'ecs-container' },
      ],
      attributes: {
        'cloud.region': 'us-west-2',
        'cloud.account.id': '111122223333',
        'cloud.availability_zone': 'us-west-2d',
        'aws.ecs.cluster.arn': 'arn:aws:ecs:us-west-2:111122223333:cluster/shop',
        'aws.ecs.task.arn': TASK_ARN,
        'aws.ecs.task.id': '158d1c8083dd49d6b527399fd6414f5c',
        'aws.ecs.task.family': 'checkout',
        'aws.ecs.task.revision': '26',
        'aws.ecs.launchtype': 'fargate',
        'aws.ecs.container.arn': CONTAINER.ContainerARN,
        'container.id': CONTAINER.DockerId,
        'container.name': 'app',
        'container.image.name': 'shop/app:latest',
        'aws.log.group.names': ['/ecs/checkout'],
        'aws.log.stream.names': ['app/158d'],
      },
    });
  });

  it('learns nothing wrong from an ECS answer that lacks everything', async () => {
    const { url } = await serve({
      'GET /v4/abc': {},
      'GET /v4/abc/task': { Limits: { CPU: 'x', Memory: -1 }, TaskARN: 7 },
    });
    assert.deepEqual(await detect(ecs(url)), { source: 'ECS task metadata', limits: [], attributes: {} });
  });

  it('learns region, zone and instance of EC2 by a token', async () => {
    const server = await serve(IMDS);
    assert.deepEqual(await detect(ec2(server.url), NITRO), {
      source: 'EC2 instance metadata',
      region: 'eu-central-1',
      limits: [],
      attributes: {
        'cloud.region': 'eu-central-1',
        'cloud.availability_zone': 'eu-central-1b',
        'cloud.account.id': '111122223333',
        'host.id': 'i-0123456789abcdef0',
        'host.type': 'm7g.large',
        'host.image.id': 'ami-1',
      },
    });
    assert.deepEqual(server.requests, ['PUT /latest/api/token', 'GET /latest/dynamic/instance-identity/document', TAG]);
  });

  it('learns the Auto Scaling group where the instance allows tags in its metadata', async () => {
    const { url } = await serve({ ...IMDS, [TAG]: (_, response) => response.end('shop-asg\n') });
    const { attributes } = await detect(ec2(url), NITRO);
    assert.equal(attributes['ec2.tag.aws:autoscaling:groupName'], 'shop-asg');
  });

  it('asks nobody where there plausibly is nobody', async () => {
    const never: FetchText = () => assert.fail('asked');
    const server = await serve(IMDS);
    for (const [env, files] of [
      [{}, {}],
      [{ AWS_LAMBDA_FUNCTION_NAME: 'x' }, NITRO],
      [{ AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE' }, {}],
      [{ KUBERNETES_SERVICE_HOST: '10.0.0.1' }, {}],
      [{ ...ec2(server.url), AWS_EC2_METADATA_DISABLED: 'true' }, NITRO],
    ] as [Record<string, string>, Record<string, string>][]) {
      assert.deepEqual(await detect(env, files, { fetch: never }), { attributes: {}, limits: [], source: 'none' });
    }
  });

  const BAD: [string, Record<string, Answer>, RegExp][] = [
    ['404', {}, /^status 404/],
    ['an error of its own', { 'GET /v4/abc': 500, 'GET /v4/abc/task': TASK }, /^status 500/],
    ['garbage', { 'GET /v4/abc': 'garbage', 'GET /v4/abc/task': TASK }, /JSON/],
    ['something else than an object', { 'GET /v4/abc': '[1]', 'GET /v4/abc/task': TASK }, /no JSON object/],
    [
      'half an answer',
      {
        'GET /v4/abc': (_, response) =>
          response.writeHead(200, { 'content-length': 9 }).write('{}') && response.destroy(),
        'GET /v4/abc/task': TASK,
      },
      /ECONNRESET|aborted/,
    ],
    [
      'far too much',
      { 'GET /v4/abc': `"${'x'.repeat(300 * 1024)}"`, 'GET /v4/abc/task': TASK },
      /more than 262144 bytes/,
    ],
  ];
  for (const [what, answers, failure] of BAD) {
    it(`gives nothing, and says why, when the service answers ${what}`, async () => {
      const { url } = await serve(answers);
      const detection = await detect(ecs(url));
      assert.equal(detection.source, 'none');
      assert.deepEqual(detection.attributes, {});
      assert.match(detection.failure ?? '', failure);
    });
  }

  it('gives nothing when the service refuses', async () => {
    const server = await startMetadataServer({});
    await server.close();
    assert.match((await detect(ecs(server.url))).failure ?? '', /ECONNREFUSED/);
    assert.match((await detect(ec2(server.url), NITRO)).failure ?? '', /ECONNREFUSED/);
  });

  for (const [what, env, files] of [
    ['ECS', ecs, {}],
    ['EC2', ec2, NITRO],
  ] as const) {
    it(`ends at the limit when the service of ${what} hangs`, async () => {
      const { url } = await serve({ 'GET /v4/abc': 'hang', 'GET /v4/abc/task': TASK, 'PUT /latest/api/token': 'hang' });
      const start = performance.now();
      const detection = await detect(env(url), files, { limit: 50 });
      assert.equal(detection.failure, 'no answer in time');
      assert.ok(performance.now() - start < 900);
    });
  }

  for (const [what, ends, expected] of [
    ['takes an answer that comes within the limit of one second', ['answer', 'limit'], 'us-west-2'],
    ['takes none that comes after it', ['limit', 'answer'], undefined],
  ] as const) {
    it(what, async () => {
      const limit = new AbortController();
      const limits: number[] = [];
      const answers: (() => void)[] = [];
      const fetch: FetchText = (url) =>
        new Promise((resolve) => {
          const body = JSON.stringify(url.endsWith('/task') ? TASK : CONTAINER);
          answers.push(() => resolve({ status: 200, body }));
        });
      const env = ecs('http://127.0.0.1:1');
      const abortAfter = (milliseconds: number) => {
        limits.push(milliseconds);
        return limit.signal;
      };
      const { readFile } = fileSystem({});
      const detection = detectPlatform({
        platform: recognisePlatform(env, readFile),
        env,
        fetch,
        readFile,
        abortAfter,
      });
      for (const end of ends) {
        if (end === 'limit') limit.abort(new Error('too late'));
        else for (const answer of answers) answer();
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.equal((await detection).region, expected);
      assert.deepEqual(limits, [1000]);
    });
  }

  it('has one limit for all requests together, even with a fetch that heeds no signal', async () => {
    const requests: string[] = [];
    const slow: FetchText = async (url) => {
      requests.push(url);
      if (url.endsWith('/token')) return { status: 200, body: 'token' };
      return new Promise(() => {});
    };
    const detection = await detect(ec2('http://127.0.0.1:1'), NITRO, { fetch: slow, limit: 30 });
    assert.equal(detection.failure, 'no answer in time');
    assert.equal(requests.length, 2);
  });

  describe('on EKS', () => {
    const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
    const FILES = { [`${ACCOUNT}/token`]: 'jwt\n', [`${ACCOUNT}/ca.crt`]: 'PEM', ...NITRO };
    const ENV = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '6443' };
    const INFO = JSON.stringify({ data: { 'cluster.name': 'shop', 'logs.region': 'us-west-2' } });

    it('learns the name of the cluster from the API, as the pod itself', async () => {
      const fetch: FetchText = async (url, { headers, ca }) => {
        assert.equal(url, 'https://10.0.0.1:6443/api/v1/namespaces/amazon-cloudwatch/configmaps/cluster-info');
        assert.deepEqual([headers, ca], [{ authorization: 'Bearer jwt' }, 'PEM']);
        return { status: 200, body: INFO };
      };
      assert.deepEqual(await detect({ ...ENV, AWS_REGION: 'us-west-2' }, FILES, { fetch }), {
        attributes: { 'k8s.cluster.name': 'shop' },
        limits: [],
        source: 'Kubernetes API',
      });
    });

    it('keeps what one service said when the other hangs', async () => {
      const imds = await serve(IMDS);
      const halfHanging: FetchText = (url, request) =>
        url.startsWith('https:') ? new Promise(() => {}) : fetchText(url, request);
      const noApi = await detect({ ...ENV, ...ec2(imds.url) }, FILES, { fetch: halfHanging, limit: 300 });
      assert.equal(noApi.region, 'eu-central-1');
      assert.equal(noApi.source, 'EC2 instance metadata');

      const noInstance: FetchText = async (url) =>
        url.startsWith('https:') ? { status: 200, body: INFO } : new Promise(() => {});
      const detection = await detect(ENV, FILES, { fetch: noInstance, limit: 50 });
      assert.deepEqual(detection, { attributes: { 'k8s.cluster.name': 'shop' }, limits: [], source: 'Kubernetes API' });
    });

    it('gives nothing when the pod may not ask', async () => {
      const forbidden: FetchText = async () => ({ status: 403, body: '{}' });
      const detection = await detect({ ...ENV, AWS_REGION: 'us-west-2' }, FILES, { fetch: forbidden });
      assert.match(detection.failure ?? '', /status 403/);
      assert.match(
        (await detect({ ...ENV, AWS_REGION: 'us-west-2' }, NITRO, { fetch: forbidden })).failure ?? '',
        /ENOENT/,
      );
    });
  });
});

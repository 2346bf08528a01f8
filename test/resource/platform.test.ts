import assert from 'node:assert/strict';
import { recognisePlatform } from '../../src/resource/platform.js';
import { fileSystem } from './files.js';

const VENDOR = '/sys/devices/virtual/dmi/id/sys_vendor';
const INSTANCE = '/sys/devices/virtual/dmi/id/board_asset_tag';
const NITRO = { [VENDOR]: 'Amazon EC2\n', [INSTANCE]: 'i-0123456789abcdef0\n' };
const POD = { KUBERNETES_SERVICE_HOST: '10.0.0.1', HOSTNAME: 'api-7d4f' };

const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const tokenOf = (iss: string) => `e30.${Buffer.from(JSON.stringify({ iss })).toString('base64url')}.signature\n`;

function recognise(env: Record<string, string>, files: Record<string, string> = {}) {
  return recognisePlatform(env, fileSystem(files).readFile);
}

describe('recognisePlatform', () => {
  it('knows a Lambda function by its name', () => {
    const platform = recognise({
      AWS_LAMBDA_FUNCTION_NAME: 'resize',
      AWS_LAMBDA_FUNCTION_VERSION: '7',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/resize',
      AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/22/[7]abc',
      AWS_REGION: 'us-west-2',
    });
    assert.deepEqual(platform, {
      name: 'lambda',
      serviceName: 'resize',
      attributes: {
        'cloud.provider': 'aws',
        'cloud.platform': 'aws_lambda',
        'cloud.region': 'us-west-2',
        'faas.name': 'resize',
        'faas.version': '7',
        'faas.instance': '2026/11/22/[7]abc',
        'faas.max_memory': 536_870_912,
        'aws.log.group.names': ['/aws/lambda/resize'],
        'aws.log.stream.names': ['2026/11/22/[7]abc'],
      },
    });
  });

  it('knows an ECS task by its metadata endpoint or its execution environment', () => {
    const fargate = recognise({ AWS_EXECUTION_ENV: 'AWS_ECS_FARGATE', ECS_CONTAINER_METADATA_URI_V4: 'http://x' });
    assert.equal(fargate.name, 'ecs');
    assert.equal(fargate.attributes['aws.ecs.launchtype'], 'fargate');
    assert.equal(recognise({ AWS_EXECUTION_ENV: 'AWS_ECS_EC2' }, NITRO).name, 'ecs');
    assert.equal(recognise({ ECS_CONTAINER_METADATA_URI_V4: 'http://x' }).name, 'ecs');
  });

  const EKS: [string, Record<string, string>, Record<string, string>][] = [
    ['Pod Identity', { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials' }, {}],
    ['Pod Identity over IPv6', { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://[fd00:ec2::23]/v1/credentials' }, {}],
    [
      'a role of a service account',
      { AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token' },
      {},
    ],
    ['the issuer of its tokens', {}, { [TOKEN]: tokenOf('https://oidc.eks.us-west-2.amazonaws.com/id/A1B2') }],
    [
      'the issuer of its tokens in China',
      {},
      { [TOKEN]: tokenOf('https://oidc.eks.cn-north-1.amazonaws.com.cn/id/A') },
    ],
  ];
  for (const [what, env, files] of EKS) {
    it(`knows EKS by ${what}`, () => {
      const platform = recognise({ ...POD, ...env }, files);
      assert.equal(platform.name, 'eks');
      assert.equal(platform.attributes['cloud.platform'], 'aws_eks');
    });
  }

  for (const token of [tokenOf('https://kubernetes.default.svc'), 'no token', '', 'e30.e30.', 'a.bnVsbA.']) {
    it(`does not take a cluster of its own on EC2 for EKS (token ${JSON.stringify(token)})`, () => {
      const platform = recognise(POD, { ...NITRO, [TOKEN]: token });
      assert.equal(platform.name, 'kubernetes');
      assert.equal(platform.attributes['cloud.platform'], 'aws_ec2');
      assert.equal(platform.attributes['k8s.pod.name'], 'api-7d4f');
    });
  }

  it('knows Kubernetes elsewhere, with pod, node and namespace', () => {
    const file = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';
    const platform = recognise({ ...POD, NODE_NAME: 'node-1' }, { [file]: 'shop\n' });
    assert.equal(platform.name, 'kubernetes');
    assert.deepEqual(platform.attributes, {
      'k8s.namespace.name': 'shop',
      'k8s.pod.name': 'api-7d4f',
      'k8s.node.name': 'node-1',
    });
  });

  it('knows an EC2 instance by its firmware', () => {
    const platform = recognise({}, NITRO);
    assert.equal(platform.name, 'ec2');
    assert.equal(platform.attributes['host.id'], 'i-0123456789abcdef0');
    assert.equal(recognise({}, { '/sys/hypervisor/uuid': 'EC2E1916-9099-7CAF\n' }).name, 'ec2');
    assert.equal(recognise({}, { '/sys/hypervisor/uuid': '4aec2e19\n', [VENDOR]: 'Xen' }).name, 'generic');
  });

  it('knows Elastic Beanstalk by its file, only on an instance', () => {
    const file = '/var/elasticbeanstalk/xray/environment.conf';
    const conf = { [file]: '{"deployment_id":4,"version_label":"v17","environment_name":"shop-prod"}' };
    const platform = recognise({}, { ...NITRO, ...conf });
    assert.equal(platform.name, 'beanstalk');
    assert.equal(platform.environmentName, 'shop-prod');
    assert.equal(platform.attributes['service.version'], 'v17');
    assert.equal(platform.attributes['aws.elasticbeanstalk.deployment.id'], '4');
    assert.equal(recognise({}, conf).name, 'generic');
    assert.equal(recognise({}, { ...NITRO, [file]: 'garbage' }).name, 'ec2');
  });

  it('is generic elsewhere, reading two files at most', () => {
    const files = fileSystem({});
    const platform = recognisePlatform({ AWS_REGION: 'us-west-2' }, files.readFile);
    assert.deepEqual(platform, { name: 'generic', attributes: {} });
    assert.equal(files.reads.length, 2);
  });

  it('reads no file where the environment says it all', () => {
    const files = fileSystem({});
    recognisePlatform({ AWS_LAMBDA_FUNCTION_NAME: 'x' }, files.readFile);
    recognisePlatform({ ECS_CONTAINER_METADATA_URI_V4: 'http://x' }, files.readFile);
    assert.deepEqual(files.reads, []);
  });
});

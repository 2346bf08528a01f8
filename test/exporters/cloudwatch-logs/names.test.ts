import assert from 'node:assert/strict';
import { validGroupName } from '../../../exporters/cloudwatch-logs/group-name.js';
import { acceptedRetention } from '../../../exporters/cloudwatch-logs/retention.js';
import { streamName, validStreamName } from '../../../exporters/cloudwatch-logs/stream-name.js';
import { toXRayTraceId } from '../../../exporters/cloudwatch-logs/xray-id.js';

const PROCESS = { pid: 42, startTime: 0x6741_0000 * 1000 + 999, hostName: 'box' };

describe('stream name', () => {
  const CASES: [string, Record<string, unknown>, string][] = [
    [
      'the task of ECS',
      { 'aws.ecs.task.arn': 'arn:aws:ecs:eu-west-1:1:task/prod/abc123', 'host.name': 'h' },
      'checkout/abc123/42-67410000',
    ],
    [
      'the pod of Kubernetes',
      { 'k8s.pod.name': 'checkout-7d9f-x', 'host.name': 'h' },
      'checkout/checkout-7d9f-x/42-67410000',
    ],
    ['the instance of EC2', { 'host.id': 'i-0abc', 'host.name': 'h' }, 'checkout/i-0abc/42-67410000'],
    ['the host', { 'host.name': 'ip-10-0-0-1' }, 'checkout/ip-10-0-0-1/42-67410000'],
    ['the machine when the resource names no place', {}, 'checkout/box/42-67410000'],
  ];
  for (const [what, resource, expected] of CASES) {
    it(`names ${what}`, () => assert.equal(streamName({ 'service.name': 'checkout', ...resource }, PROCESS), expected));
  }

  it('holds no character that CloudWatch refuses, nor a slash of a name', () => {
    assert.equal(streamName({ 'service.name': 'a:b*c/d\n', 'host.name': 'x:y' }, PROCESS), 'a-b-c-d/x-y/42-67410000');
    assert.equal(validStreamName(' my:stream/a*b '), 'my-stream/a-b');
  });

  it('is at most 512 characters and keeps what tells processes apart', () => {
    const name = streamName({ 'service.name': 's'.repeat(600) }, PROCESS);
    assert.equal(name.length, 512);
    assert.ok(name.endsWith('/42-67410000'));
    assert.equal(validStreamName('s'.repeat(513)).length, 512);
  });

  it('differs between processes of the same host', () => {
    const names = [PROCESS, { ...PROCESS, pid: 43 }, { ...PROCESS, startTime: PROCESS.startTime + 1000 }].map(
      (process) => streamName({ 'service.name': 's' }, process),
    );
    assert.equal(new Set(names).size, 3);
  });

  it('does without a service name', () => assert.equal(streamName({}, PROCESS), 'unknown_service/box/42-67410000'));
});

describe('group name', () => {
  it('keeps a valid one', () => assert.equal(validGroupName('/my-app_1/errors.a#b'), '/my-app_1/errors.a#b'));
  it('replaces what CloudWatch refuses', () => {
    assert.equal(validGroupName('/my app:é/errors '), '/my-app--/errors');
    assert.equal(validGroupName('aws/lambda'), 'aws-lambda');
  });
  it('takes 512 characters and cuts the 513th', () => {
    assert.equal(validGroupName('g'.repeat(512)).length, 512);
    assert.equal(validGroupName('g'.repeat(513)).length, 512);
  });
  it('throws for an empty one', () => assert.throws(() => validGroupName('  '), TypeError));
});

describe('retention', () => {
  for (const [days, accepted] of [
    [1, 1],
    [2, 3],
    [30, 30],
    [31, 60],
    [400, 400],
    [3653, 3653],
    [9999, 3653],
    [0, 1],
  ] as const) {
    it(`${days} days become ${accepted}`, () => assert.equal(acceptedRetention(days), accepted));
  }
});

describe('X-Ray trace id', () => {
  it('divides the W3C id after its time', () => {
    assert.equal(toXRayTraceId('620ca1d607f7494e51e410242c9d67f3'), '1-620ca1d6-07f7494e51e410242c9d67f3');
  });
});

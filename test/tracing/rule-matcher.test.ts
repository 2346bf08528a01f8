import assert from 'node:assert/strict';
import type { Attributes } from '@opentelemetry/api';
import { RequestFacts } from '../../src/tracing/request-facts.js';
import { concerns, RuleMatcher, sampledService } from '../../src/tracing/rule-matcher.js';
import type { SamplingRule } from '../../src/wire/sampling-rules.js';
import { rule } from './sampling-rules.js';

const REQUEST: Attributes = {
  'http.request.method': 'POST',
  'url.scheme': 'https',
  'url.path': '/Pay/Card',
  'url.query': 'x=1',
  'server.address': 'Shop.example',
  'server.port': 443,
  'user_agent.original': 'curl/8',
  'app.premium': true,
  'app.tags': ['a', 'b'],
};

const FORMER: Attributes = {
  'http.method': 'POST',
  'http.target': '/pay/card?x=1',
  'http.host': 'shop.example:443',
  'http.scheme': 'https',
  'http.user_agent': 'curl/8',
};

const matches = (given: Partial<SamplingRule>, attributes: Attributes = REQUEST) =>
  new RuleMatcher(rule(given), false).matches(new RequestFacts(attributes));

describe('RuleMatcher', () => {
  const CASES: [given: Partial<SamplingRule>, expected: boolean][] = [
    [{}, true],
    [{ method: 'POST' }, true],
    [{ method: 'post' }, true],
    [{ method: 'GET' }, false],
    [{ method: 'P*' }, true],
    [{ urlPath: '/pay/*' }, true],
    [{ urlPath: '/PAY/????' }, true],
    [{ urlPath: '/pay' }, false],
    [{ urlPath: '/pay/card?x=1' }, false],
    [{ host: 'shop.example' }, true],
    [{ host: '*.example' }, true],
    [{ host: 'shop.example:443' }, false],
    [{ attributes: { 'url.scheme': 'https' } }, true],
    [{ attributes: { 'url.scheme': 'http' } }, false],
    [{ attributes: { 'server.port': '44?' } }, true],
    [{ attributes: { 'app.premium': 'TRUE' } }, true],
    [{ attributes: { 'app.tags': '*' } }, false],
    [{ attributes: { missing: '*' } }, false],
    [{ attributes: { 'url.scheme': 'https', missing: 'x' } }, false],
    [{ attributes: { 'http.method': 'post', 'http.user_agent': 'curl*' } }, true],
    [{ attributes: { constructor: '*' } }, false],
    [{ method: 'POST', urlPath: '/pay/*', host: 'shop.example' }, true],
    [{ method: 'POST', urlPath: '/pay/*', host: 'other' }, false],
  ];
  for (const [given, expected] of CASES) {
    it(`${JSON.stringify(given)} ${expected ? 'matches' : 'does not match'}`, () => {
      assert.equal(matches(given), expected);
    });
  }

  for (const given of [{ method: 'post' }, { urlPath: '/pay/card' }, { host: 'shop.example' }]) {
    it(`${JSON.stringify(given)} matches the former names of attributes as well`, () => {
      assert.equal(matches(given, FORMER), true);
    });
  }

  it('reads the path out of a whole URL where there is no path', () => {
    assert.equal(matches({ urlPath: '/a' }, { 'url.full': 'https://shop.example/a?b=c' }), true);
    assert.equal(matches({ urlPath: '/' }, { 'http.url': 'https://shop.example' }), true);
    assert.equal(matches({ urlPath: '*a*' }, { 'url.full': 'nonsense' }), false);
  });

  it('matches what has no request only where it asks nothing of one', () => {
    assert.equal(matches({}, {}), true);
    assert.equal(matches({ method: 'GET' }, {}), false);
    assert.equal(matches({ urlPath: '/*' }, {}), false);
  });

  it('matches the ARN of a function, which comes with its call', () => {
    const arn = 'arn:aws:lambda:us-west-2:111122223333:function:pay';
    assert.equal(matches({ resourceArn: '*:function:pay' }, { 'cloud.resource_id': arn }), true);
    assert.equal(matches({ resourceArn: '*:function:other' }, { 'cloud.resource_id': arn }), false);
    assert.equal(matches({ resourceArn: '*:function:pay' }, {}), false);
  });

  it('matches everything by the default rule, whatever it says', () => {
    assert.equal(matches({ name: 'Default', method: 'GET', urlPath: '/x', attributes: { a: 'b' } }), true);
  });

  it('knows whether it looks at the request', () => {
    const reads = (given: Partial<SamplingRule>) => new RuleMatcher(rule(given), true).readsRequest;
    assert.deepEqual(
      [{}, { serviceName: 'x', serviceType: 'y', resourceArn: 'z' }, { name: 'Default', host: 'x' }].map(reads),
      [false, false, false],
    );
    assert.deepEqual([{ method: 'GET' }, { host: 'x' }, { urlPath: '/x' }, { attributes: { a: 'b' } }].map(reads), [
      true,
      true,
      true,
      true,
    ]);
  });
});

describe('concerns', () => {
  const service = { name: 'Shop-API', type: 'AWS::ECS::Container', resourceArn: 'arn:aws:ecs:x:1:container/abc' };
  const CASES: [given: Partial<SamplingRule>, expected: boolean][] = [
    [{}, true],
    [{ serviceName: 'shop-api' }, true],
    [{ serviceName: 'shop-*' }, true],
    [{ serviceName: 'shop' }, false],
    [{ serviceType: 'AWS::ECS::Container' }, true],
    [{ serviceType: 'AWS::Lambda::Function' }, false],
    [{ resourceArn: 'arn:aws:ecs:*' }, true],
    [{ resourceArn: 'arn:aws:lambda:*' }, false],
    [{ name: 'Default', serviceName: 'other' }, true],
  ];
  for (const [given, expected] of CASES) {
    it(`says ${expected} of ${JSON.stringify(given)}`, () => assert.equal(concerns(rule(given), service), expected));
  }

  it('has no type for what X-Ray does not know, which only * matches', () => {
    assert.equal(concerns(rule({ serviceType: 'AWS::*' }), { name: 'x' }), false);
    assert.equal(concerns(rule(), { name: 'x' }), true);
  });

  it('leaves an ARN that is not known to each request', () => {
    assert.equal(concerns(rule({ resourceArn: 'arn:aws:lambda:*' }), { name: 'x' }), true);
  });
});

describe('sampledService', () => {
  for (const [platform, type] of [
    ['aws_ec2', 'AWS::EC2::Instance'],
    ['aws_ecs', 'AWS::ECS::Container'],
    ['aws_eks', 'AWS::EKS::Container'],
    ['aws_elastic_beanstalk', 'AWS::ElasticBeanstalk::Environment'],
    ['aws_lambda', 'AWS::Lambda::Function'],
    ['azure_vm', undefined],
    ['__proto__', undefined],
    [undefined, undefined],
  ] as const) {
    it(`on ${platform} is of type ${type}`, () => {
      const attributes: Attributes = { 'service.name': 'x', ...(platform && { 'cloud.platform': platform }) };
      assert.equal(sampledService(attributes).type, type);
    });
  }
});

import assert from 'node:assert/strict';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { PARTITIONS, partitionOf, regionOf, serviceEndpoint, serviceUrl } from '../../../exporters/aws/endpoints.js';

const REGIONS = [
  ['us-east-1', 'aws'],
  ['eu-central-2', 'aws'],
  ['ap-southeast-7', 'aws'],
  ['mx-central-1', 'aws'],
  ['il-central-1', 'aws'],
  ['cn-north-1', 'aws-cn'],
  ['cn-northwest-1', 'aws-cn'],
  ['eusc-de-east-1', 'aws-eusc'],
  ['us-iso-east-1', 'aws-iso'],
  ['us-isob-west-1', 'aws-iso-b'],
  ['eu-isoe-west-1', 'aws-iso-e'],
  ['us-isof-south-1', 'aws-iso-f'],
  ['us-gov-east-1', 'aws-us-gov'],
  ['us-gov-west-1', 'aws-us-gov'],
] as const;

describe('endpoints', () => {
  for (const [region, name] of REGIONS) {
    it(`${region} is in ${name}`, () => assert.equal(partitionOf(region).name, name));
  }

  it('takes a region of no known partition for one of aws', () => assert.equal(partitionOf('mars-1').name, 'aws'));

  it('has a region of every partition in this test', () => {
    assert.deepEqual(new Set(REGIONS.map(([, name]) => name)), new Set(PARTITIONS.map(({ name }) => name)));
  });

  const XRAY = [
    ['us-west-2', false, false, 'https://xray.us-west-2.amazonaws.com'],
    ['us-west-2', true, false, 'https://xray-fips.us-west-2.amazonaws.com'],
    ['us-west-2', false, true, 'https://xray.us-west-2.api.aws'],
    ['us-west-2', true, true, 'https://xray-fips.us-west-2.api.aws'],
    ['cn-north-1', false, false, 'https://xray.cn-north-1.amazonaws.com.cn'],
    ['cn-north-1', false, true, 'https://xray.cn-north-1.api.amazonwebservices.com.cn'],
    ['us-gov-west-1', true, false, 'https://xray-fips.us-gov-west-1.amazonaws.com'],
    ['eusc-de-east-1', false, false, 'https://xray.eusc-de-east-1.amazonaws.eu'],
    ['us-iso-east-1', false, false, 'https://xray.us-iso-east-1.c2s.ic.gov'],
    ['us-isob-east-1', false, false, 'https://xray.us-isob-east-1.sc2s.sgov.gov'],
    ['eu-isoe-west-1', false, false, 'https://xray.eu-isoe-west-1.cloud.adc-e.uk'],
    ['us-isof-south-1', false, false, 'https://xray.us-isof-south-1.csp.hci.ic.gov'],
  ] as const;
  for (const [region, useFips, useDualStack, expected] of XRAY) {
    it(`X-Ray in ${region}${useFips ? ', FIPS' : ''}${useDualStack ? ', dual-stack' : ''}: ${expected}`, () => {
      assert.equal(serviceEndpoint({ service: 'xray', region, useFips, useDualStack }), expected);
    });
  }

  it("agrees with the AWS SDK's rules for CloudWatch in every region, FIPS and dual-stack", () => {
    const { endpointProvider } = new CloudWatchClient({ region: 'us-east-1' }).config;
    for (const [region] of REGIONS) {
      for (const useFips of [false, true]) {
        for (const useDualStack of [false, true]) {
          const { url } = endpointProvider({ Region: region, UseFIPS: useFips, UseDualStack: useDualStack });
          const ours = serviceEndpoint({ service: 'monitoring', region, useFips, useDualStack });
          assert.equal(new URL(ours).href, url.href, `${region} ${useFips} ${useDualStack}`);
        }
      }
    }
  });

  const URLS = [
    ['http://127.0.0.1:4318', 'http://127.0.0.1:4318/v1/traces'],
    ['http://127.0.0.1:4318/', 'http://127.0.0.1:4318/v1/traces'],
    ['http://127.0.0.1:4318/v1/traces', 'http://127.0.0.1:4318/v1/traces'],
    ['http://127.0.0.1:4318/aws/', 'http://127.0.0.1:4318/aws/v1/traces'],
    [
      'https://vpce-0a1b-2c3d.xray.us-east-1.vpce.amazonaws.com',
      'https://vpce-0a1b-2c3d.xray.us-east-1.vpce.amazonaws.com/v1/traces',
    ],
  ] as const;
  for (const [endpoint, expected] of URLS) {
    it(`${endpoint} posts traces to ${expected}`, () =>
      assert.equal(serviceUrl(endpoint, '/v1/traces').href, expected));
  }

  it('asks the service for sampling rules at the root of an endpoint that was given for traces', () => {
    const href = (endpoint: string) => serviceUrl(endpoint, '/GetSamplingRules').href;
    assert.equal(href('http://127.0.0.1:4318/v1/traces'), 'http://127.0.0.1:4318/GetSamplingRules');
    assert.equal(href('http://127.0.0.1:2000/'), 'http://127.0.0.1:2000/GetSamplingRules');
    assert.equal(href('https://gateway.example/xray'), 'https://gateway.example/xray/GetSamplingRules');
  });

  it('refuses what is not an http or https URL', () => {
    for (const endpoint of ['localhost:4318', 'nonsense', '']) {
      const message = `endpoint is not an http or https URL: ${endpoint}`;
      assert.throws(() => serviceUrl(endpoint, '/v1/traces'), { name: 'TypeError', message });
    }
  });

  it('reads the region back from every host name that it makes', () => {
    for (const [region] of REGIONS) {
      for (const useFips of [false, true]) {
        for (const useDualStack of [false, true]) {
          const host = new URL(serviceEndpoint({ service: 'xray', region, useFips, useDualStack })).hostname;
          assert.equal(regionOf(host), region, host);
        }
      }
    }
  });

  it('reads the region of a VPC endpoint, and none from a host that is not AWS', () => {
    assert.equal(regionOf('vpce-0a1b2c-3d4e.xray.eu-west-1.vpce.amazonaws.com'), 'eu-west-1');
    assert.equal(regionOf('vpce-0a1b2c-3d4e-us-east-1a.monitoring.us-east-1.vpce.amazonaws.com'), 'us-east-1');
    assert.equal(regionOf('127.0.0.1'), undefined);
    assert.equal(regionOf('xray.eu-west-1.example.org'), undefined);
  });
});

import assert from 'node:assert/strict';
import { regionMeant } from '../../src/config/aws-regions.js';
import { readConfiguration } from '../../src/config/read.js';

describe('a region that AWS does not have', () => {
  for (const [given, meant] of [
    ['us-wst-2', 'us-west-2'],
    ['su-west-2', 'us-west-2'],
    ['eu-cental-1', 'eu-central-1'],
    ['ap-southest-2', 'ap-southeast-2'],
    ['us-west-2', undefined],
    ['us-gov-west-1', undefined],
    // It may be new.
    ['us-west-9', undefined],
    ['nz-north-1', undefined],
    // It resembles none.
    ['us-somewhere-1', undefined],
  ] as const) {
    it(`${given} is ${meant ? `taken for ${meant}` : 'taken as it is'}`, () => {
      assert.equal(regionMeant(given), meant);
      const { configuration, problems } = readConfiguration({ AWS_REGION: given });
      assert.equal(configuration.aws.region, given, 'what is given is used all the same');
      const expected = problems.map((problem) => [problem.key, problem.expected]);
      assert.deepEqual(expected, meant ? [['AWS_REGION', `a region that exists, perhaps ${meant}`]] : []);
    });
  }
});

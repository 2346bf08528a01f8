import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readRules, readTargets, writeStatistics } from '../../src/tracing/sampling-answers.js';

const NOW = 1_800_000_000_000;
const RULE = {
  RuleName: 'pay',
  RuleARN: 'arn:aws:xray:us-west-2:111122223333:sampling-rule/pay',
  Priority: 10,
  FixedRate: 0.5,
  ReservoirSize: 5,
  ServiceName: 'shop',
  ServiceType: 'AWS::ECS::Container',
  Host: '*.example',
  HTTPMethod: 'POST',
  URLPath: '/pay/*',
  ResourceARN: '*',
  Version: 1,
  Attributes: { tier: 'gold', count: 7 },
};
const page = (...rules: unknown[]) => ({ SamplingRuleRecords: rules.map((SamplingRule) => ({ SamplingRule })) });

describe('answers of X-Ray’s sampling API', () => {
  it('hold rules', () => {
    assert.deepEqual(readRules({ ...page(RULE), NextToken: 'more' }), {
      nextToken: 'more',
      rules: [
        {
          name: 'pay',
          priority: 10,
          fixedRate: 0.5,
          reservoirSize: 5,
          serviceName: 'shop',
          serviceType: 'AWS::ECS::Container',
          host: '*.example',
          method: 'POST',
          urlPath: '/pay/*',
          resourceArn: '*',
          attributes: { tier: 'gold' },
        },
      ],
    });
  });

  for (const [what, rule, count] of [
    ['of version 1', RULE, 1],
    ['of version 2', { ...RULE, Version: 2 }, 0],
    ['without a version', { ...RULE, Version: undefined }, 0],
    ['without a name', { ...RULE, RuleName: '' }, 0],
    ['without a priority', { ...RULE, Priority: '1' }, 0],
    ['with a rate of 1', { ...RULE, FixedRate: 1 }, 1],
    ['with a rate over 1', { ...RULE, FixedRate: 1.001 }, 0],
    ['with a rate below 0', { ...RULE, FixedRate: -0.001 }, 0],
    ['that is null', null, 0],
  ] as const) {
    it(`a rule ${what} is ${count ? 'taken' : 'left out'}`, () => {
      assert.equal(readRules(page(rule)).rules.length, count);
    });
  }

  it('hold targets, whose times become times left by the clock of the service', () => {
    const target = {
      RuleName: 'pay',
      FixedRate: 0.1,
      ReservoirQuota: 3,
      ReservoirQuotaTTL: NOW / 1000 + 12,
      Interval: 20,
    };
    assert.deepEqual(
      readTargets(
        { SamplingTargetDocuments: [target], LastRuleModification: 1_700_000_000.5, UnprocessedStatistics: [] },
        NOW,
      ),
      {
        targets: [{ ruleName: 'pay', fixedRate: 0.1, quota: 3, quotaFor: 12_000, interval: 20_000 }],
        unprocessed: [],
        lastModification: 1_700_000_000_500,
      },
    );
  });

  it('hold no quota where one of its halves is missing or senseless, and none that lasts longer than an hour', () => {
    const quotaOf = (given: object) =>
      readTargets({ SamplingTargetDocuments: [{ RuleName: 'x', ...given }] }, NOW).targets[0];
    const ttl = NOW / 1000 + 10;
    assert.deepEqual(quotaOf({ ReservoirQuota: 3 }), { ruleName: 'x' });
    assert.deepEqual(quotaOf({ ReservoirQuota: -1, ReservoirQuotaTTL: ttl }), { ruleName: 'x' });
    assert.deepEqual(quotaOf({ ReservoirQuota: 1, ReservoirQuotaTTL: 5, Interval: 0, FixedRate: 2 }), {
      ruleName: 'x',
      quota: 1,
      quotaFor: 0,
    });
    assert.equal(quotaOf({ ReservoirQuota: 1, ReservoirQuotaTTL: ttl * 2 })?.quotaFor, 3_600_000);
  });

  it('name the statistics that were not processed', () => {
    const { unprocessed } = readTargets(
      { UnprocessedStatistics: [{ RuleName: 'x', ErrorCode: '500', Message: 'm' }, {}] },
      0,
    );
    assert.deepEqual(unprocessed, [
      { ruleName: 'x', errorCode: '500', message: 'm' },
      { ruleName: '', errorCode: '', message: '' },
    ]);
  });

  it('may be anything without harm', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (outer, inner) => {
        for (const answer of [
          outer,
          { SamplingRuleRecords: inner, SamplingTargetDocuments: inner, UnprocessedStatistics: inner },
        ]) {
          readRules(answer);
          readTargets(answer, NOW);
        }
      }),
    );
  });

  it('are asked for with whole seconds and the counts of each rule', () => {
    assert.deepEqual(
      writeStatistics([{ ruleName: 'x', requestCount: 3, sampledCount: 2, borrowCount: 1 }], 'a'.repeat(24), NOW + 999),
      {
        SamplingStatisticsDocuments: [
          {
            ClientID: 'a'.repeat(24),
            RuleName: 'x',
            Timestamp: NOW / 1000,
            RequestCount: 3,
            SampledCount: 2,
            BorrowCount: 1,
          },
        ],
      },
    );
  });
});

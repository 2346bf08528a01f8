import assert from 'node:assert/strict';
import { runningStudio } from './running.js';

const NOW = Date.UTC(2026, 10, 22, 12);

describe('X-Ray sampling', () => {
  const studio = runningStudio(() => ({ now: () => NOW }));
  const post = async (path: string, body: unknown) => {
    const response = await fetch(`${studio().url}${path}`, { method: 'POST', body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const setRules = (rules: unknown) =>
    fetch(`${studio().url}/api/sampling-rules`, {
      method: 'PUT',
      body: JSON.stringify({ rules }),
      headers: { 'content-type': 'application/json' },
    });
  const put = (settings: unknown) =>
    fetch(`${studio().url}/api/sampling-rules`, {
      method: 'PUT',
      body: JSON.stringify(settings),
      headers: { 'content-type': 'application/json' },
    });
  const statistics = (name: string, client = '0123456789abcdef01234567') => ({
    RuleName: name,
    ClientID: client,
    Timestamp: NOW / 1000,
    RequestCount: 10,
    SampledCount: 1,
    BorrowCount: 0,
  });

  it('has the default rule of every account', async () => {
    const { body } = await post('/GetSamplingRules', {});
    const [record] = body.SamplingRuleRecords as { SamplingRule: Record<string, unknown> }[];
    assert.equal(record?.SamplingRule.RuleName, 'Default');
    assert.equal(record?.SamplingRule.FixedRate, 0.05);
    assert.equal(record?.SamplingRule.ReservoirSize, 1);
  });

  it('gives the rules that were set, by priority', async () => {
    const answer = await setRules([
      { RuleName: 'late', Priority: 200, FixedRate: 0.5 },
      {
        RuleName: 'early',
        Priority: 100,
        FixedRate: 1,
        ReservoirSize: 7,
        URLPath: '/pay/*',
        Attributes: { tier: 'gold' },
      },
    ]);
    assert.equal(answer.status, 200);
    const { body } = await post('/GetSamplingRules', {});
    const rules = (body.SamplingRuleRecords as { SamplingRule: Record<string, unknown> }[]).map(
      (record) => record.SamplingRule,
    );
    assert.deepEqual(
      rules.map((rule) => rule.RuleName),
      ['early', 'late', 'Default'],
    );
    assert.deepEqual(rules[0]?.Attributes, { tier: 'gold' });
  });

  it('gives targets, and names the rules that it does not know', async () => {
    await setRules([{ RuleName: 'mine', ReservoirSize: 5, FixedRate: 0.1 }]);
    const { body } = await post('/SamplingTargets', {
      SamplingStatisticsDocuments: [statistics('mine'), statistics('gone')],
    });
    assert.deepEqual(body.SamplingTargetDocuments, [
      { RuleName: 'mine', FixedRate: 0.1, ReservoirQuota: 5, ReservoirQuotaTTL: NOW / 1000 + 10, Interval: 10 },
    ]);
    assert.equal(body.LastRuleModification, NOW / 1000);
    const [unprocessed] = body.UnprocessedStatistics as { RuleName: string }[];
    assert.equal(unprocessed?.RuleName, 'gone');
  });

  it('takes 25 statistics documents and not 26', async () => {
    const ask = (count: number) =>
      post('/SamplingTargets', {
        SamplingStatisticsDocuments: Array.from({ length: count }, () => statistics('Default')),
      });
    assert.equal((await ask(25)).status, 200);
    const refused = await ask(26);
    assert.equal(refused.status, 400);
    assert.equal(refused.body.__type, 'InvalidRequestException');
  });

  it('gives rules page by page', async () => {
    await put({ rules: ['a', 'b', 'c', 'd'].map((name, index) => ({ RuleName: name, Priority: index })), pageSize: 2 });
    const names: string[][] = [];
    let token: unknown;
    do {
      const { body } = await post('/GetSamplingRules', token === undefined ? {} : { NextToken: token });
      const records = body.SamplingRuleRecords as { SamplingRule: { RuleName: string } }[];
      names.push(records.map(({ SamplingRule }) => SamplingRule.RuleName));
      token = body.NextToken;
    } while (token !== undefined);
    assert.deepEqual(names, [['a', 'b'], ['c', 'd'], ['Default']]);
    for (const wrong of ['5', '-1', 'x'])
      assert.equal((await post('/GetSamplingRules', { NextToken: wrong })).status, 400);
  });

  it('shares a reservoir among the clients that report its rule', async () => {
    await setRules([{ RuleName: 'mine', ReservoirSize: 5 }]);
    const quotaOf = async (client: string) => {
      const { body } = await post('/SamplingTargets', { SamplingStatisticsDocuments: [statistics('mine', client)] });
      return (body.SamplingTargetDocuments as { ReservoirQuota: number }[])[0]?.ReservoirQuota;
    };
    const [first, second] = ['a'.repeat(24), 'b'.repeat(24)];
    assert.equal(await quotaOf(first), 5);
    assert.equal(await quotaOf(second), 2);
    assert.equal(await quotaOf(first), 3);
  });

  it('sums up what was reported', async () => {
    await post('/SamplingTargets', { SamplingStatisticsDocuments: [statistics('Default')] });
    await post('/SamplingTargets', { SamplingStatisticsDocuments: [statistics('Default', 'c'.repeat(24))] });
    const response = await fetch(`${studio().url}/api/sampling-rules`);
    assert.deepEqual(((await response.json()) as { statistics: unknown }).statistics, [
      { ruleName: 'Default', requestCount: 20, sampledCount: 2, borrowCount: 0, clients: 2 },
    ]);
  });

  it('refuses statistics on demand, and does not count them', async () => {
    await put({ rules: [{ RuleName: 'mine' }], unprocessed: { mine: '500' } });
    const { body } = await post('/SamplingTargets', { SamplingStatisticsDocuments: [statistics('mine')] });
    assert.deepEqual(body.UnprocessedStatistics, [
      { RuleName: 'mine', ErrorCode: '500', Message: 'Refused on demand' },
    ]);
    assert.deepEqual(body.SamplingTargetDocuments, []);
    assert.deepEqual(studio().store.sampling.reports(), []);
  });

  it('refuses counts that are missing or negative', async () => {
    for (const wrong of [{ RequestCount: -1 }, { SampledCount: undefined }, { BorrowCount: -1 }]) {
      const documents = [{ ...statistics('Default'), ...wrong }];
      assert.equal((await post('/SamplingTargets', { SamplingStatisticsDocuments: documents })).status, 400);
    }
  });

  for (const rule of [{ Priority: 1 }, { RuleName: 'r', FixedRate: 1.1 }, { RuleName: 'r', ReservoirSize: -1 }]) {
    it(`does not take the rule ${JSON.stringify(rule)}`, async () => {
      assert.equal((await setRules([rule])).status, 400);
    });
  }
});

import assert from 'node:assert/strict';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { XRayOperation } from '../../src/studio/services/xray.js';
import { callXRay, clientConfiguration, getJson, runningStudio } from './running.js';

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

describe('Traces that came to X-Ray', () => {
  const studio = runningStudio(() => ({ now: () => NOW }));
  const TRACE = '6740a1c0aaaaaaaaaaaaaaaaaaaaaaaa';
  const XRAY_ID = '1-6740a1c0-aaaaaaaaaaaaaaaaaaaaaaaa';
  const span = (receiver: 'xray' | 'otlp', spanId: string, traceId = TRACE) => ({
    receiver,
    arrived: NOW,
    resource: { 'service.name': 'shop' },
    scope: { name: 't', attributes: {} },
    traceId,
    spanId,
    flags: 1,
    name: 'GET /a',
    kind: 2,
    startTimeUnixNano: `${NOW}000000`,
    endTimeUnixNano: `${NOW + 250}000000`,
    attributes: { 'http.response.status_code': 503 },
    droppedAttributesCount: 0,
    events: [],
    links: [],
    status: { code: 2 },
  });
  const clientOptions = () => clientConfiguration(studio());

  it('are read by BatchGetTraces as segments, up to 5 of them', async () => {
    studio().store.traces.add(span('xray', '1'.repeat(16)));
    studio().store.traces.add(span('otlp', '2'.repeat(16), 'b'.repeat(32)));
    const ask = (ids: readonly string[]) => call('/Traces', { TraceIds: ids });
    const { status, body } = await ask([XRAY_ID, `1-${'b'.repeat(8)}-${'b'.repeat(24)}`]);
    assert.equal(status, 200);
    const [trace] = body.Traces as { Id: string; Duration: number; Segments: { Document: string }[] }[];
    assert.deepEqual([trace?.Id, trace?.Duration], [XRAY_ID, 0.25]);
    const document = JSON.parse(trace?.Segments[0]?.Document ?? '');
    assert.deepEqual(
      [document.name, document.trace_id, document.fault, document.http],
      ['shop', XRAY_ID, true, { response: { status: 503 } }],
    );
    assert.equal((body.UnprocessedTraceIds as string[]).length, 1, 'a plain OTLP receiver is not X-Ray');
    assert.equal((await ask(Array(5).fill(XRAY_ID))).status, 200);
    assert.equal((await ask(Array(6).fill(XRAY_ID))).status, 400);
    assert.equal((await ask([])).status, 400);
  });

  it('are events of the log group aws/spans', async () => {
    const client = new CloudWatchLogsClient(clientOptions());
    const find = (filterPattern: string) =>
      client.send(new FilterLogEventsCommand({ logGroupName: 'aws/spans', filterPattern }));
    assert.deepEqual((await find('')).events, []);
    studio().store.traces.add(span('xray', '1'.repeat(16)));
    const { events = [] } = await find(`"${TRACE}"`);
    const { traceId, name, kind, durationNano } = JSON.parse(events[0]?.message ?? '');
    assert.deepEqual([traceId, name, kind, durationNano], [TRACE, 'GET /a', 'SERVER', 250_000_000]);
    assert.deepEqual((await find('"nosuch"')).events, []);
    client.destroy();
  });

  const call = (path: string, body: unknown) => callXRay(studio(), path, body);
});

describe('An operation of X-Ray that the local endpoint does not know', () => {
  const studio = runningStudio();

  it('is refused with what the local endpoint takes', async () => {
    const { status, body } = await callXRay(studio(), '/TraceSegments', { TraceSegmentDocuments: ['{}'] });
    assert.equal(status, 404);
    assert.deepEqual(body, {
      __type: 'UnknownOperationException',
      message:
        "The local endpoint does not answer X-Ray's /TraceSegments. It takes spans by OTLP (/v1/traces) and answers " +
        'GetSamplingRules (/GetSamplingRules), GetSamplingTargets (/SamplingTargets), BatchGetTraces (/Traces).',
    });
    const [refused] = (await getJson(studio(), '/api/refused')).refused as Record<string, unknown>[];
    assert.deepEqual(
      [refused?.service, refused?.action, refused?.code],
      ['xray', '/TraceSegments', 'UnknownOperationException'],
    );
  });

  it('belongs to no service without a signature', async () => {
    const answer = await fetch(`${studio().url}/TraceSegments`, { method: 'POST', body: '{}' });
    assert.equal(answer.status, 404);
  });
});

describe('An operation of X-Ray that is given to the local endpoint', () => {
  const count: XRayOperation = {
    name: 'CountThings',
    path: '/Things',
    answer(input, { now, invalid }) {
      const things = input.strings('Things');
      if (things === undefined) throw invalid('Things is required.');
      return { output: { Count: things.length, Now: now }, items: things.length };
    },
    countItems: (input) => input.list('Others')?.length ?? 0,
  };
  const studio = runningStudio(() => ({ now: () => NOW, xrayOperations: [count] }));

  it('answers beside the others', async () => {
    assert.deepEqual(await callXRay(studio(), '/Things', { Things: ['a', 'b'] }), {
      status: 200,
      body: { Count: 2, Now: NOW },
    });
    const { calls } = (await getJson(studio(), '/api/calls')) as { calls: Record<string, unknown>[] };
    assert.deepEqual([calls[0]?.service, calls[0]?.action, calls[0]?.items], ['xray', 'CountThings', 2]);
    assert.equal((await callXRay(studio(), '/GetSamplingRules', {})).status, 200);
  });

  it('refuses as X-Ray does, and tells how many items the refused call had', async () => {
    const { status, body } = await callXRay(studio(), '/Things', { Others: ['a', 'b', 'c'] });
    assert.deepEqual([status, body], [400, { __type: 'InvalidRequestException', message: 'Things is required.' }]);
    const [refused] = (await getJson(studio(), '/api/refused')).refused as { items: number }[];
    assert.equal(refused?.items, 3);
  });
});

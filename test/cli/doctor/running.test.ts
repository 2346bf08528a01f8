import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ProcessSnapshot, SNAPSHOT_VERSION, serveStatus } from '../../../src/delivery/worker/status-socket.js';
import type { DeliveryStatus, ProcessFacts } from '../../../src/wire/messages.js';
import { doctorStage } from './stage.js';

const QUEUE = { items: 0, bytes: 0, inFlight: 0, requests: 1, failures: 0 };
const FACTS: ProcessFacts = { settings: [], problems: [], instrumentations: [], loadedTooEarly: [] };

/** A destination of each signal, as the exporters describe themselves; `change` is put over the status of the first signal. */
function delivery(change: Record<string, Record<string, unknown>> = {}): DeliveryStatus {
  const sent = (signal: string) => [{ name: 'sent', signal, reason: '', value: 12 }];
  return {
    ledger: [],
    region: 'us-west-2',
    destinations: [
      {
        signal: 'metrics',
        name: 'cloudwatch',
        status: {
          namespace: 'shop',
          queue: QUEUE,
          counters: sent('metrics'),
          series: { active: 80, max: 500, overflowed: 0 },
          cost: { series: 80, dollars: 24.44, requestsPerMonth: 43800 },
          ...change.metrics,
        },
      },
      {
        signal: 'traces',
        name: 'xray',
        status: { queue: QUEUE, counters: sent('traces'), clockOffset: 0, ...change.traces },
      },
      {
        signal: 'logs',
        name: 'cloudwatch',
        status: { logGroup: '/shop/errors', queue: QUEUE, counters: sent('logs'), ...change.logs },
      },
    ],
  };
}

describe('the doctor, of a running process', () => {
  const world = doctorStage();
  const { diagnose, failuresOf, resultOf, textOf } = world;
  let folder = '';
  let server: Server | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'monitoring-run-'));
  });
  afterEach(() => {
    server?.close();
    rmSync(folder, { recursive: true });
  });

  async function running(change: Partial<ProcessSnapshot> = {}, silent = false): Promise<Record<string, string>> {
    const ownSettings = [
      { section: 'AWS', name: 'AWS_ENDPOINT_URL', value: world.studio.url, origin: 'environment' as const },
      ...(change.application?.settings ?? []),
    ];
    const snapshot: ProcessSnapshot = {
      snapshotVersion: SNAPSHOT_VERSION,
      version: '0.1.0',
      pid: process.pid,
      node: '24.1.0',
      uptime: 3600,
      resource: { 'service.name': 'checkout', 'deployment.environment.name': 'production' },
      endpoints: Object.fromEntries(
        ['cloudwatch', 'cloudwatchLogs', 'xray', 'sts'].map((name) => [name, world.studio.url]),
      ),
      thread: 'worker',
      delivery: delivery(),
      ...change,
      application: { ...FACTS, ...change.application, settings: ownSettings },
    };
    if (silent) delete snapshot.application;
    server = await serveStatus(folder, process.pid, async () => snapshot);
    return { MONITORING_RUN_FOLDER: folder };
  }

  it('asks it first, and says so', async () => {
    const report = await diagnose({ env: await running() });
    assert.deepEqual(failuresOf(report), []);
    assert.deepEqual(report.subject, {
      service: 'checkout',
      environment: 'production',
      region: 'us-west-2',
      source: `running process ${process.pid}`,
      pid: process.pid,
    });
    assert.equal(resultOf(report, 'MON-RUN-001').says, 'Node.js 24.1.0');
    assert.match(textOf(report, 'MON-COST-001'), /about \$24\.44 a month \(80 series/);
    assert.match(textOf(report, 'MON-METR-001'), /cloudwatch: sent 12; 0 waiting/);
  });

  it('takes the settings of the process, not those of the shell', async () => {
    const settings = [
      { section: 'Metrics', name: 'MONITORING_NAMESPACE', value: 'Checkout', origin: 'environment' as const },
      { section: 'AWS', name: 'AWS_REGION', value: 'eu-west-1', origin: 'environment' as const },
    ];
    const status = delivery({ metrics: { namespace: 'Checkout' } });
    const report = await diagnose({
      env: {
        ...(await running({ application: { ...FACTS, settings }, delivery: { ...status, region: 'eu-west-1' } })),
        AWS_REGION: undefined,
      },
    });
    assert.deepEqual(failuresOf(report), []);
    assert.equal(report.subject.region, 'eu-west-1');
    assert.match(textOf(report, 'MON-CONF-003'), /namespace Checkout/);
  });

  describe('whose keys this shell does not have', () => {
    const keyless = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
    const own = { ...FACTS, credentialsSource: 'environment variables' };

    it('judges the credentials of the process, and skips what only this shell could try', async () => {
      const report = await diagnose({ env: { ...(await running({ application: own })), ...keyless } });
      assert.deepEqual(failuresOf(report), []);
      const states = Object.fromEntries(report.checks.map(({ id, state, judged }) => [id, [state, judged]]));
      const mine = `process ${process.pid}`;
      assert.deepEqual(states['MON-CRED-001'], ['pass', mine]);
      assert.deepEqual(states['MON-CRED-002'], ['info', 'this shell']);
      assert.deepEqual(states['MON-PERM-001'], ['skipped', undefined]);
      for (const id of ['MON-METR-001', 'MON-LOGS-003', 'MON-XRAY-001']) assert.deepEqual(states[id], ['pass', mine]);
      assert.equal(report.exitCode, 0);
    });

    it('judges them before the process has sent anything', async () => {
      const none = { counters: [] };
      const status = delivery({ metrics: none, traces: none, logs: none });
      const report = await diagnose({
        env: { ...(await running({ application: own, delivery: status })), ...keyless },
      });
      assert.deepEqual(failuresOf(report), []);
    });

    it('finds that the process has none', async () => {
      const application = { ...FACTS, credentialsSource: 'no keys, profile or role' };
      const report = await diagnose({ env: await running({ application }) });
      assert.deepEqual(failuresOf(report), ['MON-CRED-001']);
      assert.equal(resultOf(report, 'MON-CRED-001').judged, `process ${process.pid}`);
    });
  });

  it('takes a refusal of this shell for information where the process delivers, and for a failure where it does not', async () => {
    world.studio.faults.add({ kind: 'denied', service: 'cloudwatch', action: 'PutMetricData' });
    const delivering = await diagnose({ env: await running() });
    assert.deepEqual(failuresOf(delivering), []);
    const { state, says, judged, overruledBy } = resultOf(delivering, 'MON-PERM-001');
    assert.deepEqual([state, judged, overruledBy], ['info', 'this shell', `process ${process.pid}`]);
    assert.match(
      says,
      /is denied: no metrics arrive from this shell; process \d+ delivers all the same \(cloudwatch: sent 12; 0/,
    );
    assert.equal(resultOf(delivering, 'MON-METR-001').state, 'pass');
    server?.close();
    const idle = await diagnose({ env: await running({ delivery: delivery({ metrics: { counters: [] } }) }) });
    assert.deepEqual(failuresOf(idle), ['MON-PERM-001']);
  });

  it('finds a preload that came too late', async () => {
    const report = await diagnose({
      env: await running({ application: { ...FACTS, loadedTooEarly: ['express', 'pg'] } }),
    });
    assert.deepEqual(failuresOf(report), ['MON-LOAD-001']);
    assert.match(textOf(report, 'MON-LOAD-001'), /express, pg were loaded before the preload/);
  });

  for (const [otherAgents, failures] of [
    [[], []],
    [['dd-trace'], ['MON-LOAD-002']],
  ] as const) {
    it(`believes the process about other agents (${otherAgents.join() || 'none'}), not the start script`, async () => {
      const report = await diagnose({
        env: await running({ application: { ...FACTS, otherAgents: [...otherAgents] } }),
        files: { 'package.json': '{"name":"shop","scripts":{"start":"node -r newrelic app.js"}}' },
      });
      assert.deepEqual(failuresOf(report), failures);
      assert.equal(resultOf(report, 'MON-LOAD-002').judged, `process ${process.pid}`);
    });
  }

  it('finds a setting that it could not take', async () => {
    const problems = [
      { key: 'MONITORING_MAX_SERIES', value: 'many', from: 'environment', expected: 'a whole number', used: '500' },
    ];
    const report = await diagnose({ env: await running({ application: { ...FACTS, problems } }) });
    assert.deepEqual(failuresOf(report), ['MON-CONF-001']);
  });

  for (const [signal, id] of [
    ['metrics', 'MON-METR-001'],
    ['logs', 'MON-LOGS-003'],
    ['traces', 'MON-XRAY-001'],
  ] as const) {
    it(`finds ${signal} that are held up, by the last error of AWS`, async () => {
      const queue = {
        ...QUEUE,
        items: 40,
        failures: 3,
        trouble: 'ExpiredToken: The security token included in the request is expired',
      };
      const report = await diagnose({ env: await running({ delivery: delivery({ [signal]: { queue } }) }) });
      assert.deepEqual(failuresOf(report), [id]);
      assert.match(
        textOf(report, id),
        /do not arrive[\s\S]*ExpiredToken: The security token[\s\S]*40 waiting, 3 attempts failed/,
      );
    });

    it(`does not complain of ${signal} after two failed attempts`, async () => {
      const queue = { ...QUEUE, items: 40, failures: 2, trouble: 'ECONNRESET: socket hang up' };
      assert.deepEqual(
        failuresOf(await diagnose({ env: await running({ delivery: delivery({ [signal]: { queue } }) }) })),
        [],
      );
    });
  }

  it('finds a log group that the process may not make, with the statement that allows it', async () => {
    const trouble =
      'CreationError: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/shop/i is not authorized to perform: logs:CreateLogGroup on resource: arn:aws:logs:us-west-2:111122223333:log-group:/shop/errors because no identity-based policy allows the logs:CreateLogGroup action';
    const report = await diagnose({ env: await running({ delivery: delivery({ logs: { trouble } }) }) });
    assert.deepEqual(failuresOf(report), ['MON-LOGS-003']);
    assert.match(
      textOf(report, 'MON-LOGS-003'),
      /"Action":"logs:CreateLogGroup","Resource":"arn:aws:logs:us-west-2:\*:log-group:\/shop\/errors:\*"/,
    );
    assert.equal(resultOf(report, 'MON-LOGS-001').because, 'MON-LOGS-003');
  });

  it('counts what was dropped, by reason, and warns of the cap', async () => {
    const counters = [
      { name: 'sent', signal: 'metrics', reason: '', value: 100 },
      { name: 'dropped', signal: 'metrics', reason: 'expired', value: 3 },
    ];
    const series = { active: 500, max: 500, overflowed: 77 };
    const lost = { expired: 3, worker_ended: 7 };
    const ledger = [{ signal: 'metrics' as const, made: 110, delivered: 100, waiting: 0, lost }];
    const report = await diagnose({
      env: await running({ delivery: { ...delivery({ metrics: { counters, series } }), ledger } }),
    });
    assert.deepEqual(failuresOf(report), []);
    const text = textOf(report, 'MON-METR-001');
    assert.match(text, /10 of 110 metrics are lost since the start/);
    assert.match(text, /3: held until it was too old[^;]*; 7: the delivery worker ended while it held it/);
    assert.match(textOf(report, 'MON-COST-002'), /the cap is reached: 77 points[\s\S]*MONITORING_MAX_SERIES=1000/);
  });

  it("warns of an event loop that is held, and of delivery in the application's thread", async () => {
    const silent = await diagnose({ env: await running({}, true) });
    assert.match(textOf(silent, 'MON-RUN-002'), /answers, but its event loop does not/);
    server?.close();
    const inProcess = await diagnose({ env: await running({ thread: 'application' }) });
    assert.match(textOf(inProcess, 'MON-RUN-002'), /delivers from its own thread/);
  });

  it('says why a process that is named can not be asked', async () => {
    await assert.rejects(
      world.open({ options: { pid: 999_999 }, env: { MONITORING_RUN_FOLDER: folder } }),
      /process 999999 has no status socket in /,
    );
    await running();
    await assert.doesNotReject(
      world
        .open({ options: { pid: process.pid }, env: { MONITORING_RUN_FOLDER: folder } })
        .then((open) => open.close()),
    );
  });

  it('passes over what is no socket of a process', async () => {
    writeFileSync(join(folder, `${process.pid}.sock`), 'not a socket');
    const report = await diagnose({ env: { MONITORING_RUN_FOLDER: folder } });
    assert.equal(resultOf(report, 'MON-RUN-002').state, 'info');
  });
});

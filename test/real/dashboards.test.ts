import assert from 'node:assert/strict';
import { CloudWatchClient, GetDashboardCommand, PutDashboardCommand } from '@aws-sdk/client-cloudwatch';
import { monitoring, type Run, SERVICE } from '../cli/run-command.js';
import { runningMoto } from './moto-server.js';

const DASHBOARDS = ['Shop-api-performance', 'Shop-errors', 'Shop-system-health'];
const ALARMS = ['cpu', 'error-rate', 'event-loop', 'latency-p99', 'memory', 'no-data'].map(
  (stem) => `checkout-prod-${stem}`,
);

describe('moto', () => {
  const moto = runningMoto();
  const run = (...args: string[]): Promise<Run> =>
    monitoring(args, { env: { ...SERVICE, AWS_ENDPOINT_URL: moto().endpoint } });
  const lines = (word: string, names: string[]) => names.map((name) => `${word.padEnd(11)}${name}\n`).join('');

  for (const [kind, names] of [
    ['dashboards', DASHBOARDS],
    ['alarms', ALARMS],
  ] as const) {
    it(`is given the ${kind}, a second time nothing, says the same of them, and is rid of them`, async () => {
      // Alarms without an action tell nobody, which the command says.
      const said = kind === 'alarms' ? /^nobody is told when .* names who is\n$/ : /^$/;
      for (const word of ['created', 'unchanged']) {
        const { status, stdout, stderr } = await run(kind, 'deploy');
        assert.deepEqual([status, stdout], [0, lines(word, [...names])]);
        assert.match(stderr, said);
      }
      assert.equal((await run(kind, 'diff')).status, 0);
      assert.equal((await run(kind, 'list')).stdout.match(/ {2}deployed {2}/g)?.length, names.length);
      assert.equal((await run(kind, 'delete')).status, 0);
      assert.equal((await run(kind, 'diff')).status, 1);
    }).timeout(60_000);
  }

  it('keeps a dashboard that is not ours', async () => {
    const client = new CloudWatchClient({ ...moto(), maxAttempts: 1 });
    const own = { DashboardName: 'Shop-errors', DashboardBody: '{"widgets":[]}' };
    await client.send(new PutDashboardCommand(own));
    assert.equal((await run('dashboards', 'deploy')).status, 1);
    assert.equal(
      (await client.send(new GetDashboardCommand({ DashboardName: 'Shop-errors' }))).DashboardBody,
      own.DashboardBody,
    );
    client.destroy();
  });
});

import assert from 'node:assert/strict';
import { run } from '../aws/child-process.js';
import { type FakeLogs, startLogs } from './fake-logs.js';

const script = (endpoint: string, then: string) => `
  const { CloudWatchLogExporter } = require('./exporters/cloudwatch-logs/exporter.ts');
  const { record, hrTime } = require('./test/exporters/cloudwatch-logs/records.ts');
  const exporter = new CloudWatchLogExporter({
    logGroupName: 'g', endpoint: '${endpoint}', region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  exporter.export([record({ hrTime: hrTime(Date.now()) })], async (result) => { ${then} });
`;

describe('lifetime of a process with the log exporter', () => {
  let logs: FakeLogs;
  beforeEach(async () => {
    logs = await startLogs();
  });
  afterEach(() => logs.close());

  it('is not prolonged by an idle connection', async () => {
    const { code, output, lingered } = await run(script(logs.url, "console.log('over', exporter.status().logStream)"));
    assert.equal(code, 0);
    assert.equal(logs.accepted.length, 1);
    assert.match(output, /over checkout\/ip-10-0-0-1\/\d+-[0-9a-f]{8}/);
    assert.ok(lingered < 1000, `${lingered}`);
  });

  it('is not prolonged by events that wait for a service that is away', async () => {
    const { code, output, lingered } = await run(
      script('http://127.0.0.1:1', "console.log('over', exporter.status().queue.items)"),
    );
    assert.equal(code, 0);
    assert.match(output, /over 1/);
    assert.ok(lingered < 1000, `${lingered}`);
  });

  it('is prolonged by a shutdown that is waited for, until what is held is delivered', async () => {
    let refusals = 2;
    logs.misbehave = (_operation, response) => {
      refusals -= 1;
      if (refusals < 0) return false;
      response.writeHead(503).end();
      return true;
    };
    const { code, output } = await run(
      script(logs.url, "await exporter.shutdown(); console.log('over', JSON.stringify(exporter.status()))"),
    );
    assert.equal(code, 0);
    assert.equal(logs.accepted.length, 1, `${logs.calls} ${output}`);
  });
});

import assert from 'node:assert/strict';
import { run } from '../aws/child-process.js';
import { type LoopbackServer, startServer } from '../aws/loopback-server.js';
import { spansOf } from './otlp-proto.js';

const script = (endpoint: string, then: string) => `
  const { AwsOtlpTraceExporter } = require('./exporters/otlp-aws/trace-exporter.ts');
  const { spans } = require('./test/exporters/otlp-aws/spans.ts');
  const exporter = new AwsOtlpTraceExporter({
    endpoint: '${endpoint}', region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  exporter.export(spans(10), async (result) => { ${then} });
`;

describe('lifetime of a process with the trace exporter', () => {
  let server: LoopbackServer;
  beforeEach(async () => {
    server = await startServer((_received, response) => {
      response.end();
    });
  });
  afterEach(() => server.close());

  it('is not prolonged by an idle connection', async () => {
    const { code, lingered } = await run(script(server.url, "console.log('over', result.code)"));
    assert.equal(code, 0);
    assert.equal(server.received.length, 1);
    assert.ok(lingered < 1000, `${lingered}`);
  });

  it('is not prolonged by spans that wait for a service that is away', async () => {
    const { code, output, lingered } = await run(
      script('http://127.0.0.1:1', "console.log('over', exporter.status().queue.items)"),
    );
    assert.equal(code, 0);
    assert.match(output, /over 10/);
    assert.ok(lingered < 1000, `${lingered}`);
  });

  it('is prolonged by a shutdown that is waited for, until what is held is delivered', async () => {
    let refusals = 2;
    server.handle = (_received, response) => {
      refusals -= 1;
      response.writeHead(refusals >= 0 ? 503 : 200).end();
    };
    const { code } = await run(script(server.url, "await exporter.shutdown(); console.log('over')"));
    assert.equal(code, 0);
    assert.equal(spansOf(server.received.at(-1)?.body ?? Buffer.alloc(0)).length, 10);
    assert.equal(server.received.length, 3);
  });
});

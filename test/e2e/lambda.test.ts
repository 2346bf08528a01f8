import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedMetric, readEmbeddedMetrics } from '../../src/studio/services/embedded-metrics.js';
import { stage } from './support/aws.js';
import { type Answered, type Invocation, RuntimeApi } from './support/lambda.js';
import type { Application } from './support/process.js';

const TRACE = '1-6b0e34ad-24c5867137a5ac7c1c7b601e';
const HEX = TRACE.slice(2).replace('-', '');
const HEADER = `Root=${TRACE};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a87bd80c:0`;

describe('a Lambda function', () => {
  const on = stage();
  let api: RuntimeApi;
  beforeEach(async () => {
    api = await RuntimeApi.start();
  });
  afterEach(() => api.close());

  const start = (env: Record<string, string> = {}): Application =>
    on.start('lambda-runtime.cjs', {
      env: on.aws.env({
        AWS_LAMBDA_RUNTIME_API: api.address,
        AWS_LAMBDA_FUNCTION_NAME: 'assign',
        AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
        LAMBDA_TASK_ROOT: join(__dirname, 'fixtures'),
        _HANDLER: 'lambda-handler.run',
        // The machine may be busy: what is tested is the order, not the time.
        MONITORING_LAMBDA_FLUSH_TIMEOUT: '10000',
        ...env,
      }),
    });
  const invoke = (app: Application, invocation: Invocation): Promise<Answered> =>
    api.invoke(app.child.pid ?? 0, invocation);
  const metricsOf = ({ stdout }: Application): EmbeddedMetric[] =>
    stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .flatMap((line) => {
        const embedded = readEmbeddedMetrics(line, Date.now());
        assert.deepEqual(embedded?.invalid, []);
        return embedded?.metrics ?? [];
      });
  const sumOf = (app: Application, name: string): number =>
    metricsOf(app)
      .filter((metric) => metric.name === name)
      .map(({ datum: { value, values = [] } }) => value ?? values.reduce((sum, each) => sum + each, 0))
      .reduce((sum, value) => sum + value, 0);

  it('has its metrics in its log, and its failure and its trace at their places, when it is frozen at the response', async () => {
    const app = start();
    assert.deepEqual(await invoke(app, { event: {}, trace: HEADER }), { outcome: 'response', body: '"ran"' });
    const failed = await invoke(app, { event: { fail: true }, trace: HEADER });
    assert.equal(failed.outcome, 'error');
    assert.match(failed.body, /no such experiment/);

    // The process is frozen: what is there now was delivered before its answers.
    assert.equal(metricsOf(app).filter(({ name }) => name === 'faas.invoke_duration').length, 2);
    assert.equal(sumOf(app, 'faas.errors'), 1);
    assert.equal(sumOf(app, 'faas.coldstarts'), 1);
    assert.deepEqual(await on.aws.metricNames(), []);
    const errors = await on.aws.errors();
    assert.deepEqual(
      errors.map(({ traceId, attributes: { exception } }) => [traceId, exception.type]),
      [[HEX, 'RangeError']],
    );
    const spans = (await on.aws.spans()).filter(({ name }) => name === 'assign');
    assert.deepEqual(
      spans.map(({ traceId, attributes }) => [traceId, attributes['faas.invocation_id']]),
      [
        [HEX, 'request-1'],
        [HEX, 'request-2'],
      ],
    );
  });

  it('follows the decision that Lambda has taken, and measures all the same', async () => {
    const app = start();
    await invoke(app, { event: {}, trace: HEADER.replace('Sampled=1', 'Sampled=0') });
    assert.equal(metricsOf(app).filter(({ name }) => name === 'faas.invoke_duration').length, 1);
    assert.deepEqual(await on.aws.spans(), []);
  });

  it('takes the trace of the event where Lambda names none', async () => {
    const app = start();
    const event = { headers: { Traceparent: `00-${HEX}-53995c3f42cd8ad8-01` } };
    await invoke(app, { event });
    assert.deepEqual(
      (await on.aws.spans()).map(({ traceId }) => traceId),
      [HEX],
    );
  });

  it('is measured and traced where its handler is an ES module', async () => {
    const app = start({ _HANDLER: 'lambda-module.run' });
    const answer = await invoke(app, { event: {}, trace: HEADER });
    assert.equal(answer.body, '"ran as a module"');
    assert.equal(metricsOf(app).filter(({ name }) => name === 'faas.invoke_duration').length, 1);
    assert.equal((await on.aws.spans()).length, 1);
  });

  it('counts no cold start where the environment was provisioned', async () => {
    const app = start({ AWS_LAMBDA_INITIALIZATION_TYPE: 'provisioned-concurrency' });
    await invoke(app, { event: {} });
    assert.equal(sumOf(app, 'faas.coldstarts'), 0);
    assert.equal(metricsOf(app).filter(({ name }) => name === 'faas.invoke_duration').length, 1);
  });

  it('answers in bounded time where AWS does not, and delivers with a later invocation what was not delivered', async () => {
    const app = start({ MONITORING_LAMBDA_FLUSH_TIMEOUT: '200' });
    on.aws.studio.faults.add({ kind: 'hang' });
    const answer = await invoke(app, { event: { fail: true }, trace: HEADER });
    assert.equal(answer.outcome, 'error');
    on.aws.studio.faults.clear();
    while ((await on.aws.errors()).length === 0) await invoke(app, { event: {} });
    assert.equal((await on.aws.errors()).length, 1);
  });

  it('sends metrics by calls where that is asked for', async () => {
    const app = start({ OTEL_METRICS_EXPORTER: 'cloudwatch' });
    await invoke(app, { event: {} });
    assert.ok((await on.aws.metricNames()).includes('faas.invoke_duration'));
    assert.deepEqual(metricsOf(app), []);
  });

  it('prints no line of others where the folder of its handler has no package.json', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lambda-'));
    try {
      for (const file of ['lambda-handler.cjs', 'lambda-module.mjs']) {
        copyFileSync(join(__dirname, 'fixtures', file), join(folder, file));
      }
      for (const handler of ['lambda-handler.run', 'lambda-module.run']) {
        const app = start({ LAMBDA_TASK_ROOT: folder, _HANDLER: handler });
        const answer = await invoke(app, { event: {}, trace: HEADER });
        assert.equal(answer.outcome, 'response');
        const lines = [app.stdout, app.stderr].join('\n').split('\n');
        const others = lines.filter((line) => line !== '' && !/^(\[monitoring\] |\{"_aws")/.test(line));
        assert.deepEqual(others, [], handler);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

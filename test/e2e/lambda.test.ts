import assert from 'node:assert/strict';
import { join } from 'node:path';
import { stage } from './support/aws.js';

describe('a Lambda function', () => {
  const on = stage();

  it('has its metrics handed over when an invocation ends, for it may be frozen then', async () => {
    const env = on.aws.env({
      AWS_LAMBDA_FUNCTION_NAME: 'assign',
      LAMBDA_TASK_ROOT: join(__dirname, 'fixtures'),
      _HANDLER: 'lambda-handler.run',
    });
    const app = on.start('lambda-runtime.cjs', { env });
    const end = Date.now() + 10_000;
    while (Date.now() < end && (await on.aws.metricNames()).length === 0)
      await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(app.stdout, 'ran\n');
    assert.notDeepEqual(await on.aws.metricNames(), []);
  });
});

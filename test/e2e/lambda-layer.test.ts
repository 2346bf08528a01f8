import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { readEmbeddedMetrics } from '../../src/studio/services/embedded-metrics.js';
import { stage } from './support/aws.js';
import { RuntimeApi } from './support/lambda.js';
import { ROOT } from './support/process.js';

/** Bytes that a function and all its layers may have unzipped (AWS, "Lambda quotas"), and what of it the layer may take. */
const UNZIPPED_LIMIT = 250 * 2 ** 20;
const SHARE = 0.05;

describe('the Lambda layer', () => {
  const on = stage();
  const folder = mkdtempSync(join(tmpdir(), 'monitoring-layer-'));
  const opt = join(folder, 'opt');
  let unzipped = 0;

  const write = (name: string): void => {
    execFileSync(process.execPath, [join(ROOT, 'scripts/lambda-layer.mjs'), join(folder, name)]);
  };

  before(() => {
    write('layer.zip');
    for (const [path, bytes] of Object.entries(unzipSync(readFileSync(join(folder, 'layer.zip'))))) {
      mkdirSync(dirname(join(opt, path)), { recursive: true });
      writeFileSync(join(opt, path), bytes);
      unzipped += bytes.length;
    }
    chmodSync(join(opt, 'monitoring'), 0o755);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('starts the runtime with monitoring, by its wrapper and beside other NODE_OPTIONS', async () => {
    const api = await RuntimeApi.start();
    try {
      const app = on.start('lambda-runtime.cjs', {
        flags: [],
        through: [join(opt, 'monitoring')],
        env: on.aws.env({
          NODE_OPTIONS: '--stack-trace-limit=20',
          AWS_LAMBDA_RUNTIME_API: api.address,
          AWS_LAMBDA_FUNCTION_NAME: 'assign',
          LAMBDA_TASK_ROOT: join(__dirname, 'fixtures'),
          _HANDLER: 'lambda-handler.run',
          MONITORING_LAMBDA_FLUSH_TIMEOUT: '10000',
        }),
      });
      const answer = await api.invoke(app.child.pid ?? 0, { event: { fail: true } });
      assert.match(answer.body, /no such experiment/);
      const metrics = app.stdout.split('\n').flatMap((line) => readEmbeddedMetrics(line, Date.now())?.metrics ?? []);
      assert.ok(metrics.some(({ name }) => name === 'faas.errors'));
      assert.equal((await on.aws.errors()).length, 1);
    } finally {
      api.close();
    }
  });

  it('takes little of what a function may have', () => {
    assert.ok(unzipped < SHARE * UNZIPPED_LIMIT, `${unzipped} bytes`);
  });

  it('has the same bytes however often it is written', () => {
    write('again.zip');
    assert.ok(readFileSync(join(folder, 'again.zip')).equals(readFileSync(join(folder, 'layer.zip'))));
    assert.ok(statSync(join(folder, 'again.zip')).size > 0);
  });

  it('has a wrapper that may be executed', () => {
    const listing = execFileSync(process.execPath, ['-e', MODES, join(folder, 'layer.zip')], { encoding: 'utf8' });
    assert.equal(Number(listing) & 0o111, 0o111);
  });
});

/** The Unix mode of the first entry, out of the central directory. */
const MODES = `
  const bytes = require('node:fs').readFileSync(process.argv[1]);
  const at = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  console.log(bytes.readUInt32LE(at + 38) >>> 16);
`;

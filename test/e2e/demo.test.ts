import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { ROOT } from './support/process.js';

describe('the demo', function () {
  this.timeout(60_000);

  it('without a terminal runs a while, and every request and error arrives', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['examples/experimentation-platform/demo.mjs'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /every request and every error arrived\n$/);
    assert.match(stdout, /ValueError: Test error for monitoring {2}GET \/test-error {2}1-[0-9a-f]{8}-[0-9a-f]{24}/);
  });
});

import assert from 'node:assert/strict';
import { Started } from '../../src/distro/started.js';

describe('Started', () => {
  it('stops what was started, the last part first, and each part once', async () => {
    const started = new Started();
    const stopped: string[] = [];
    assert.equal(
      started.add('first', (part) => stopped.push(part)),
      'first',
    );
    started.add('second', async (part) => stopped.push(part));
    await started.stop();
    await started.stop();
    assert.deepEqual(stopped, ['second', 'first']);
  });

  it('stops the others where one fails, and tells the failure', async () => {
    const started = new Started();
    const stopped: string[] = [];
    started.add('first', (part) => stopped.push(part));
    started.add('second', () => {
      throw new Error('busy');
    });
    started.add('third', (part) => stopped.push(part));
    await assert.rejects(started.stop(), /busy/);
    assert.deepEqual(stopped, ['third', 'first']);
  });
});

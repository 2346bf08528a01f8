import assert from 'node:assert/strict';
import { supportsSyncHooks } from '../../src/instrumentation/sync-hooks.js';

describe('the Node versions that hook ES modules in their own thread', () => {
  for (const version of ['22.22.3', '22.23.0', '24.11.1', '24.12.0', '25.1.0', '26.0.0', '27.0.0-nightly20261101']) {
    it(`include ${version}`, () => assert.equal(supportsSyncHooks(version), true));
  }
  for (const version of ['20.20.2', '22.22.2', '22.15.0', '23.11.0', '24.11.0', '25.0.1']) {
    it(`do not include ${version}`, () => assert.equal(supportsSyncHooks(version), false));
  }
});

import assert from 'node:assert/strict';
import { TOOLS, toolOf } from '../../src/config/tools.js';

describe('toolOf', () => {
  it('takes the command and the daemon of PM2 for a tool, and not what starts an application in it', () => {
    assert.equal(toolOf('/usr/lib/node_modules/pm2/bin/pm2'), 'pm2');
    assert.equal(toolOf('/usr/lib/node_modules/pm2/lib/Daemon.js'), 'pm2');
    for (const file of ['ProcessContainerFork.js', 'ProcessContainer.js'])
      assert.equal(toolOf(`/usr/lib/node_modules/pm2/lib/${file}`), undefined);
  });

  for (const tool of TOOLS) {
    it(`knows ${tool} by its package`, () => {
      assert.equal(toolOf(`/app/node_modules/${tool}/bin/any.js`), tool);
    });
  }

  for (const [entry, tool] of [
    ['/usr/lib/node_modules/npm/bin/npm-cli.js', 'npm'],
    ['C:\\nodejs\\node_modules\\npm\\bin\\npx-cli.js', 'npm'],
    ['/usr/share/nodejs/npm/bin/npm-cli.js', 'npm-cli'],
    ['/app/.yarn/releases/yarn-4.5.0.cjs', 'yarn-4.5.0'],
    ['/root/.cache/node/corepack/v1/yarn/4.5.0/yarn.js', 'yarn'],
    ['/root/.cache/node/corepack/v1/pnpm/9.12.0/bin/pnpm.cjs', 'pnpm'],
    ['/app/node_modules/.pnpm/nodemon@3.1.0/node_modules/nodemon/bin/nodemon.js', 'nodemon'],
  ] as const) {
    it(`takes ${entry} for a tool`, () => {
      assert.equal(toolOf(entry), tool);
    });
  }

  for (const entry of [
    '/app/server.js',
    '/app/npm/server.js',
    '/app/yarn.js',
    '/app/node_modules/npm-statistics/bin/server.js',
    '/app/node_modules/pm2/lib/ProcessContainerFork.js',
    '/app/node_modules/npm/node_modules/some-server/server.js',
    '/app/node_modules/json-server/lib/bin.js',
    '',
  ]) {
    it(`takes ${entry || 'no file'} for an application`, () => {
      assert.equal(toolOf(entry), undefined);
    });
  }
});

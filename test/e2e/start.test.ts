import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { PRELOAD } from './support/process.js';

interface FirstLine {
  builtins: string[];
  files: string[];
  /** Whether servers of `node:http` are watched at the first line, and after the first turn. */
  watched: [boolean, boolean];
}

describe('the start', () => {
  let found: FirstLine;

  before(() => {
    const output = execFileSync(process.execPath, [...PRELOAD, join(__dirname, 'fixtures/first-line.cjs')], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {
        PATH: process.env.PATH,
        AWS_EC2_METADATA_DISABLED: 'true',
        OTEL_METRICS_EXPORTER: 'console',
        OTEL_TRACES_EXPORTER: 'console',
        OTEL_LOGS_EXPORTER: 'console',
      },
    });
    found = JSON.parse(output.slice(output.indexOf('{"builtins"')));
  });

  it('loads no module of Node that the first line need not wait for', () => {
    const dear = ['crypto', 'http', 'child_process'];
    assert.deepEqual(
      dear.filter((name) => found.builtins.includes(name)),
      [],
    );
  });

  it('loads none of what patches modules', () => {
    const ours = found.files.map((file) => basename(file)).filter((name) => name !== 'first-line.cjs');
    assert.deepEqual(ours.sort(), ['otel.cjs', 'preload.cjs', 'register.cjs']);
  });

  it('watches servers from the first turn on, however their module was loaded', () => {
    assert.deepEqual(found.watched, [false, true]);
  });
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { LocalAws } from './support/aws.js';
import { Application, PRELOAD } from './support/process.js';

interface FirstLine {
  builtins: string[];
  files: string[];
  /** Whether servers of `node:http` are watched at the first line, and after the first turn. */
  watched: [boolean, boolean];
}

describe('the start', () => {
  let found: FirstLine;

  before(() => {
    const output = outputOf(...PRELOAD, join(__dirname, 'fixtures/first-line.cjs'));
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

  it('lets an application run where a package that patches modules cannot be loaded', () => {
    const folder = mkdtempSync(join(tmpdir(), 'monitoring-start-'));
    cpSync(dirname(require.resolve('@org/monitoring/register')), folder, { recursive: true });
    const code = `const { STATUS_CODES } = require('http'); require('node:https'); console.log(STATUS_CODES[418])`;
    try {
      assert.match(outputOf('--require', join(folder, 'register.cjs'), '--eval', code), /^I'm a Teapot$/m);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a request to AWS', () => {
  const sent = (file: string) => `
    const { CloudWatchClient, PutMetricDataCommand } = require(${JSON.stringify(file)});
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const client = new CloudWatchClient({ region: 'us-west-2', endpoint: 'http://127.0.0.1:1', credentials, maxAttempts: 1 });
    const datum = { MetricName: 'requests', Value: 1 };
    client.send(new PutMetricDataCommand({ Namespace: 'shop', MetricData: [datum] })).catch((error) => {
      const builtins = process.moduleLoadList.map((name) => name.replace(/^NativeModule /, ''));
      console.log(JSON.stringify({ code: error.code, builtins }));
    });`;

  it("loads neither Node's fetch nor its HTTP/2, which take 2 MB", () => {
    const file = join(dirname(require.resolve('@org/monitoring/register')), 'aws-sdk.cjs');
    const { code, builtins } = JSON.parse(outputOf('--eval', sent(file)));
    assert.equal(code, 'ECONNREFUSED');
    assert.ok(builtins.includes('http'));
    const dear = ['http2', 'internal/deps/undici/undici'];
    assert.deepEqual(
      dear.filter((name) => builtins.includes(name)),
      [],
    );
  });
});

function outputOf(...args: string[]): string {
  return execFileSync(process.execPath, args, {
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
}

describe('a start of which a part fails', () => {
  it('is one line, and leaves nothing of the parts before it', async () => {
    const app = new Application('fails-to-start.cjs', { flags: [], env: LocalAws.settings('http://127.0.0.1:1') });
    const { code, stdout, stderr } = await app.ended();
    assert.equal(code, 0);
    assert.match(stderr, /^\[monitoring\] could not start: no listener is taken$/m);
    assert.deepEqual(JSON.parse(stdout), {
      sigterm: 0,
      uncaught: 0,
      serversPatched: false,
      spans: false,
      contexts: false,
      running: false,
    });
  });
});

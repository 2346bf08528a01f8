import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { environment } from '../../src/config/environment.js';

const ROOT = join(__dirname, '../..');

/** What a process with `env` sees. */
function inProcess(expression: string, env: Record<string, string>): unknown {
  const module = JSON.stringify(join(ROOT, 'src/config/environment.ts'));
  const script = `console.log(JSON.stringify(require(${module}).${expression}))`;
  const options = { env: { PATH: process.env.PATH, ...env }, cwd: ROOT, encoding: 'utf8' } as const;
  return JSON.parse(execFileSync(process.execPath, ['--require', 'tsx/cjs', '--eval', script], options));
}

describe('environment', () => {
  it('is a copy: changing it changes nothing', () => {
    environment().MONITORING_TEST = 'x';
    assert.equal(environment().MONITORING_TEST, undefined);
  });

  it("is the worker's without what preloads and without what the configuration already says", () => {
    const env = {
      NODE_OPTIONS: '--no-warnings',
      OTEL_SDK_DISABLED: 'true',
      OTEL_EXPORTER_OTLP_HEADERS: 'a=b',
      AWS_REGION: 'us-west-2',
    };
    const seen = inProcess('workerEnvironment()', env) as Record<string, string>;
    assert.deepEqual(
      Object.keys(seen).filter((name) => name.startsWith('OTEL_') || name === 'NODE_OPTIONS'),
      [],
    );
    assert.equal(seen.AWS_REGION, 'us-west-2');
  });

  it("is the worker's without AWS endpoints that were refused", () => {
    const env = {
      AWS_ENDPOINT_URL: 'nonsense',
      AWS_ENDPOINT_URL_XRAY: 'ftp://x',
      AWS_ENDPOINT_URL_STS: 'http://sts:1',
    };
    const seen = inProcess('workerEnvironment()', env) as Record<string, string>;
    assert.deepEqual(
      Object.keys(seen).filter((name) => name.startsWith('AWS_')),
      ['AWS_ENDPOINT_URL_STS'],
    );
  });

  for (const [value, expected] of [
    ['true', true],
    [' TRUE ', true],
    ['"true"', true],
    ['1', false],
    ['', false],
  ] as const) {
    it(`OTEL_SDK_DISABLED=${JSON.stringify(value)} ${expected ? 'switches off' : 'does not switch off'}`, () => {
      assert.equal(inProcess('sdkDisabled()', { OTEL_SDK_DISABLED: value }), expected);
    });
  }

  for (const [value, expected] of [
    ['none', 'none'],
    [' "NONE" ', 'none'],
    ['debug', 'debug'],
    ['loud', 'info'],
    ['constructor', 'info'],
    ['', 'info'],
  ] as const) {
    it(`OTEL_LOG_LEVEL=${JSON.stringify(value)} is ${expected} before the settings are read`, () => {
      assert.equal(inProcess('logLevel()', { OTEL_LOG_LEVEL: value }), expected);
    });
  }
});

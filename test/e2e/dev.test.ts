import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './support/process.js';

const NODE = process.execPath;
/** Serves itself three requests, one of which fails, and ends with 3. */
const APP = `const server = require('node:http').createServer((request, response) => {
  response.statusCode = request.url === '/bad' ? 500 : 200;
  response.end();
}).listen(0, '127.0.0.1', async () => {
  for (const path of ['/', '/', '/bad']) await fetch('http://127.0.0.1:' + server.address().port + path);
  server.close();
  process.exitCode = 3;
});`;

function dev(args: string[], env: Record<string, string> = {}) {
  const child = spawn(NODE, [join(ROOT, 'dist/cli.cjs'), 'dev', '--port', '0', ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true', ...env },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (data) => {
    output.stdout += data;
  });
  child.stderr.on('data', (data) => {
    output.stderr += data;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...output }));
  const seen = async (stream: 'stdout' | 'stderr', pattern: RegExp): Promise<string> => {
    for (;;) {
      const [found] = pattern.exec(output[stream]) ?? [];
      if (found !== undefined) return found;
      if (child.exitCode !== null) throw new Error(`ended early: ${output.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { child, ended, seen };
}

describe('monitoring dev', function () {
  this.timeout(60_000);

  it('shows what the command sends, and ends with its exit code', async () => {
    const { code, stderr } = await dev(['--', NODE, '-e', APP]).ended;
    assert.equal(code, 3);
    assert.match(
      stderr,
      /^\[monitoring\] http:\/\/127\.0\.0\.1:\d+ shows what arrives there; nothing leaves this machine$/m,
    );
    assert.match(stderr, /^\[monitoring\] 3 requests, 1 errors of 1 kind$/m);
    assert.match(
      stderr,
      /^\[monitoring\] cost: about \$\d+\.\d\d a month \(\d+ series \$\S+, 43800 metric requests \$0\.44\), without error logs and traces$/m,
    );
    assert.match(
      stderr,
      /^\[monitoring\] error logs add \$\d+\.\d\d for each million requests, traces \$\d+\.\d\d for each million traces; /m,
    );
  });

  it('hands the command its own options, output and environment', async () => {
    const { stdout } = await dev(
      [
        '--',
        NODE,
        '-p',
        '[process.env.NODE_OPTIONS, process.env.OTEL_TRACES_SAMPLER, process.argv.at(-1)].join()',
        '--',
        '--keep',
      ],
      {
        NODE_OPTIONS: '--no-deprecation',
        OTEL_TRACES_SAMPLER: 'always_off',
      },
    ).ended;
    assert.match(stdout, /^--no-deprecation --require \S*register\.cjs,always_off,--keep$/m);
  });

  it('works from a folder with a space in its name', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dev '));
    mkdirSync(join(folder, 'my app'));
    writeFileSync(join(folder, 'my app', 'app.js'), 'console.log("ran")');
    const { code, stdout } = await dev(['--', NODE, join(folder, 'my app', 'app.js')]).ended;
    rmSync(folder, { recursive: true });
    assert.deepEqual([code, stdout], [0, 'ran\n']);
  });

  it('forwards a signal, and dies of the one that the command died of', async () => {
    const running = dev(['--', NODE, '-e', 'console.log("up"); setInterval(() => {}, 1000)']);
    await running.seen('stdout', /up/);
    running.child.kill('SIGTERM');
    const { code, signal } = await running.ended;
    assert.deepEqual([code, signal], [null, 'SIGTERM']);
  });

  it('lets the command end in its own way after a signal', async () => {
    const running = dev([
      '--',
      NODE,
      '-e',
      'process.on("SIGTERM", () => process.exit(7)); console.log("up"); setInterval(() => {}, 1000)',
    ]);
    await running.seen('stdout', /up/);
    running.child.kill('SIGTERM');
    assert.equal((await running.ended).code, 7);
  });

  it('stays with --keep until it is interrupted, and still ends with the exit code of the command', async () => {
    const running = dev(['--keep', '--', NODE, '-e', 'process.exitCode = 4']);
    await running.seen('stderr', /the command has ended \(4\); the page stays until Ctrl-C/);
    const url = (await running.seen('stderr', /http:\/\/127\.0\.0\.1:\d+/)) ?? '';
    assert.equal((await fetch(url, { headers: { accept: 'text/html' } })).status, 200);
    running.child.kill('SIGINT');
    assert.equal((await running.ended).code, 4);
  });

  for (const [most, code] of [
    ['0.5', 1],
    ['1000', 0],
  ] as const) {
    it(`ends with ${code} where a month may cost $${most}`, async () => {
      const app = APP.replace('process.exitCode = 3;', '');
      const { code: ended, stderr } = await dev(['--max-cost', most, '--', NODE, '-e', app]).ended;
      assert.equal(ended, code, stderr);
      assert.equal(/would cost \$\d+\.\d\d a month, more than \$0\.50: /.test(stderr), code === 1);
    });
  }

  it('judges the same work alike, whether the command ends at once or stays', async () => {
    const costs: string[] = [];
    for (const stay of [0, 5000]) {
      const app = APP.replace('process.exitCode = 3;', `setTimeout(() => process.exit(0), ${stay});`);
      const { stderr } = await dev(['--max-cost', '0', '--', NODE, '-e', app]).ended;
      costs.push(/would cost \$\d+\.\d\d a month/.exec(stderr)?.[0] ?? stderr);
    }
    assert.match(costs[0] ?? '', /^would cost/);
    assert.equal(costs[0], costs[1]);
  });

  it('judges error logs and traces as well at so many requests a month', async () => {
    const app = APP.replace('process.exitCode = 3;', '');
    const judged = async (...more: string[]) => {
      const { code, stderr } = await dev(['--max-cost', '20', ...more, '--', NODE, '-e', app]).ended;
      return { code, stderr };
    };
    assert.equal((await judged('--requests-per-month', '1000')).code, 0);
    const { code, stderr } = await judged('--requests-per-month', '1000000000');
    assert.equal(code, 1, stderr);
    assert.match(stderr, /cost at 1000000000 requests a month: about .* GB of error logs \$\S+, \S+ GB of spans \$/);
  });

  for (const [args, message] of [
    [['--', 'no-such-command'], /cannot run no-such-command: there is no such command/],
    [['--dashboards', '/nonexistent', '--', NODE, '-e', '0'], /--dashboards \/nonexistent: there is no such folder/],
    [['--max-cost', 'much', '--', NODE, '-e', '0'], /Dollars a month, like 20/],
    [['--requests-per-month', '1e6', '--', NODE, '-e', '0'], /Requests a month, like 10000000/],
    [['--port', '65536'], /A port is 0 to 65535/],
  ] as const) {
    it(`ends with 2 and one line for ${args.slice(0, 2).join(' ')}`, async () => {
      const { code, stderr } = await dev([...args]).ended;
      assert.equal(code, 2);
      assert.match(stderr, message);
    });
  }

  it('without a command says how to send there, and waits', async () => {
    const running = dev([]);
    const endpoint = await running.seen('stderr', /OTEL_EXPORTER_OTLP_ENDPOINT=\S+/);
    assert.match(endpoint, /=http:\/\/127\.0\.0\.1:\d+$/);
    running.child.kill('SIGINT');
    assert.equal((await running.ended).code, 0);
  });
});

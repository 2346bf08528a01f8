import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

const ROOT = join(__dirname, '../..');
const KINDS = ['receivers', 'processors', 'exporters', 'extensions'];

/** What `otelcol components` prints of a Collector with all that the configurations use, but `without`. */
function components(without?: string): string {
  const folder = join(ROOT, 'collector-config');
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml') && file !== 'builder.yaml');
  const configurations = files.map((file) => parse(readFileSync(join(folder, file), 'utf8')));
  const listed = KINDS.map((kind) => {
    const ids = configurations.flatMap((configuration) => Object.keys(configuration[kind] ?? {}));
    const types = [...new Set(ids.map((id) => id.split('/')[0] ?? ''))].filter((type) => type !== without);
    return [kind, types.map((name) => ({ name }))];
  });
  return stringify(Object.fromEntries(listed));
}

describe('npm run collector', () => {
  let folder = '';
  let children: ChildProcess[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'collector-program-'));
    mkdirSync(join(folder, 'bin'));
  });
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    children = [];
    rmSync(folder, { recursive: true, force: true });
  });

  const script = (name: string, body: string): string => {
    const file = join(folder, 'bin', name);
    writeFileSync(file, `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const printing = (text: string): string => {
    const file = join(folder, `printed-${Math.random().toString(36).slice(2)}`);
    writeFileSync(file, text);
    return `cat ${file}`;
  };
  const start = (env: Record<string, string> = {}, args: string[] = []): ChildProcess => {
    const child = spawn(process.execPath, [join(ROOT, 'scripts/collector.mjs'), ...args], {
      env: { PATH: `${join(folder, 'bin')}:/usr/bin:/bin`, XDG_CACHE_HOME: join(folder, 'cache'), ...env },
    });
    children.push(child);
    return child;
  };
  const ended = async (child: ChildProcess) => {
    const said = { stdout: '', stderr: '' };
    child.stdout?.on('data', (data) => {
      said.stdout += data;
    });
    child.stderr?.on('data', (data) => {
      said.stderr += data;
    });
    const [code] = await once(child, 'close');
    return { code, ...said };
  };
  const run = (env?: Record<string, string>, args?: string[]) => ended(start(env, args));
  const cached = (): string[] => {
    const cache = join(folder, 'cache/org-monitoring/collector');
    return existsSync(cache) ? readdirSync(cache) : [];
  };
  /** A Go whose `go install` leaves a builder that makes a Collector. */
  const go = (program: string) => {
    const builder = script('made-builder', `mkdir -p otelcol && cp ${program} otelcol/otelcol`);
    script('go', `case "$1" in version) echo go version go1.26;; install) cp ${builder} "$GOBIN/builder";; esac`);
  };

  it('takes the one that OTELCOL_BIN names, when it has the components', async () => {
    const program = script('mine', printing(components()));
    assert.deepEqual(await run({ OTELCOL_BIN: program }), { code: 0, stdout: `${program}\n`, stderr: '' });
  });

  it('says what the one that OTELCOL_BIN names lacks, and takes no other', async () => {
    script('otelcol', printing(components()));
    const program = script('mine', printing(components('awsemf')));
    const { code, stdout, stderr } = await run({ OTELCOL_BIN: program });
    assert.deepEqual([code, stdout], [1, '']);
    assert.equal(stderr, `OTELCOL_BIN=${program} can't be used: it lacks exporters awsemf\n`);
    const { stderr: nothing } = await run({ OTELCOL_BIN: join(folder, 'nothing') });
    assert.match(nothing, /nothing can't be used: it could not be run \(ENOENT\)/);
  });

  it('takes one on the PATH that has the components, and says why it does not take another', async () => {
    const poor = script('otelcol', printing(components('tail_sampling')));
    const rich = script('otelcol-contrib', printing(components()));
    const { code, stdout, stderr } = await run();
    assert.deepEqual([code, stdout], [0, `${rich}\n`]);
    assert.equal(stderr, `${poor} is not used: it lacks processors tail_sampling\n`);
  });

  it('knows a component by a former name', async () => {
    const renamed = components().replace('name: otlp_http', 'name: otlp_over_http\n    aliases: [otlp_http]');
    const program = script('mine', printing(renamed));
    assert.equal((await run({ OTELCOL_BIN: program })).code, 0);
  });

  it('builds one, once', async () => {
    go(script('made', printing(components())));
    const first = await run();
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stderr, /building the Collector .* with go version go1\.26/);
    assert.deepEqual(cached(), [first.stdout.trim().split('/').at(-2)]);
    script('go', 'exit 1');
    assert.deepEqual(await run(), { code: 0, stdout: first.stdout, stderr: '' });
  });

  it('leaves nothing of a build that fails, and says why it did', async () => {
    script(
      'go',
      'case "$1" in version) echo go version go1.26;; *) echo "go: downloading x"; echo "x@v1: 403 Forbidden" >&2; exit 1;; esac',
    );
    const { code, stdout, stderr } = await run();
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /the builder could not be built: x@v1: 403 Forbidden\n$/);
    assert.deepEqual(cached(), []);
  });

  it('leaves nothing of a build whose Collector lacks something', async () => {
    go(script('made', printing(components('awsxray'))));
    const { code, stderr } = await run();
    assert.equal(code, 1);
    assert.match(stderr, /what was built can't be used: it lacks exporters awsxray\n$/);
    assert.deepEqual(cached(), []);
  });

  it('leaves nothing of a build that is interrupted, nor what it started', async () => {
    const pid = join(folder, 'pid');
    script('go', `case "$1" in version) echo go version go1.26;; *) echo $$ >${pid}; exec sleep 60;; esac`);
    const child = start();
    const end = ended(child);
    while (!existsSync(pid) || readFileSync(pid, 'utf8') === '')
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert.match(cached().join(), /^building-\d+$/);
    child.kill('SIGTERM');
    assert.equal((await end).code, 143);
    assert.deepEqual(cached(), []);
    // Ended, whether or not its new parent has asked how.
    const state = () => spawnSync('ps', ['-o', 'stat=', '-p', readFileSync(pid, 'utf8').trim()], { encoding: 'utf8' });
    while (!/^(Z|$)/.test(state().stdout.trim())) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('removes what a killed build left', async () => {
    mkdirSync(join(folder, 'cache/org-monitoring/collector/building-2147483647'), { recursive: true });
    go(script('made', printing(components())));
    assert.equal((await run()).code, 0);
    assert.equal(cached().filter((name) => name.startsWith('building-')).length, 0);
  });

  it('says that Go is missing', async () => {
    script('go', 'exit 127');
    const { code, stderr } = await run();
    assert.equal(code, 1);
    assert.match(stderr, /there is no Go to build the Collector with; install Go, or set OTELCOL_BIN/);
  });

  it('explains itself, and takes no arguments', async () => {
    assert.match((await run({}, ['--help'])).stdout, /OTELCOL_BIN/);
    const { code, stderr } = await run({}, ['build']);
    assert.deepEqual([code, stderr], [2, 'no argument build; --help tells what there is\n']);
  });
});

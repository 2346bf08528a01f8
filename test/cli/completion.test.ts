import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitoring } from './run-command.js';

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

describe('monitoring completion', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'monitoring-completion-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const script = async (shell: string): Promise<string> => {
    const path = join(folder, shell);
    writeFileSync(path, (await monitoring(['completion', shell])).stdout);
    return path;
  };

  /** What bash offers for a line whose last word is being typed. */
  const offered = async (...words: string[]): Promise<string[]> => {
    const program = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _monitoring; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const run = spawnSync('bash', ['--norc', '-c', program, 'bash', await script('bash'), ...words], {
      encoding: 'utf8',
      cwd: folder,
    });
    assert.equal(run.stderr, '');
    return run.stdout.split('\n').filter(Boolean);
  };

  describe('in bash', () => {
    before(function () {
      if (!has('bash')) this.skip();
    });

    it('offers commands by what is typed of them', async () => {
      assert.deepEqual(await offered('monitoring', 'da'), ['dashboards']);
      assert.deepEqual(await offered('monitoring', 'dashboards', 'de'), ['deploy', 'delete']);
      const all = await offered('monitoring', '');
      for (const command of ['config', 'doctor', 'dashboards', 'alarms', 'iam-policy', 'completion'])
        assert.ok(all.includes(command));
    });

    it('offers the options of the command that the words lead to, after other options and arguments too', async () => {
      assert.deepEqual(await offered('monitoring', 'dashboards', 'deploy', 'errors', '--service', 'alarms', '--dr'), [
        '--dry-run',
      ]);
      assert.deepEqual(await offered('monitoring', 'alarms', 'deploy', '--thr'), ['--threshold']);
      assert.deepEqual(await offered('monitoring', 'config', '--thr'), []);
    });

    it('offers the values of an option, and nothing for one that may have any', async () => {
      assert.deepEqual(await offered('monitoring', 'dashboards', 'render', '--format', ''), [
        'json',
        'cloudformation',
        'terraform',
      ]);
      assert.deepEqual(await offered('monitoring', 'iam-policy', '--for', 'd'), ['doctor', 'deploy']);
      assert.deepEqual(await offered('monitoring', 'dashboards', 'deploy', '--service', ''), []);
    });

    it('offers the built-in dashboards, and files', async () => {
      writeFileSync(join(folder, 'errors of mine.json'), '');
      assert.deepEqual(await offered('monitoring', 'dashboards', 'deploy', 'err'), ['errors', 'errors of mine.json']);
      assert.deepEqual(await offered('monitoring', 'completion', ''), ['--help', '-h', 'bash', 'zsh', 'fish']);
    });
  });

  for (const shell of ['zsh', 'fish']) {
    it(`in ${shell} is a script without a fault`, async function () {
      if (!has(shell)) this.skip();
      const { status, stderr } = spawnSync(shell, ['-n', await script(shell)], { encoding: 'utf8' });
      assert.deepEqual([status, stderr], [0, '']);
    });
  }

  it('in fish offers what is typed of a command and the values of an option', async function () {
    if (!has('fish')) this.skip();
    const path = await script('fish');
    const offers = (line: string): string[] => {
      const run = spawnSync('fish', ['--no-config', '-c', `source ${path}; complete -C ${JSON.stringify(line)}`], {
        encoding: 'utf8',
        cwd: folder,
      });
      return run.stdout
        .split('\n')
        .filter(Boolean)
        .map((offer) => offer.split('\t')[0] ?? '');
    };
    assert.deepEqual(offers('monitoring dashboards de').sort(), ['delete', 'deploy']);
    assert.deepEqual(offers('monitoring iam-policy --for d').sort(), ['deploy', 'doctor']);
  });

  it('refuses a shell that it does not know', async () => {
    const { status, stderr } = await monitoring(['completion', 'csh']);
    assert.equal(status, 2);
    assert.match(stderr, /Allowed choices are bash, zsh, fish/);
  });
});

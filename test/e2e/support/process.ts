import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export const ROOT = join(__dirname, '../../..');
const FIXTURES = join(__dirname, '../fixtures');

export interface Ended {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  /** Node's own arguments; by default the preload by its name. */
  flags?: string[];
  args?: string[];
  cwd?: string;
  /** What node is started through, its command line appended; must end as the same process. */
  through?: string[];
  /** The user that it runs as. */
  uid?: number;
  /** Whether HOME is not set. */
  withoutHome?: boolean;
}

export const PRELOAD = ['--require', '@org/monitoring/register'];

/** A started application under test. Nothing of the environment of the tests reaches it but PATH. */
export class Application {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  private readonly closed: Promise<unknown[]>;

  constructor(
    fixture: string,
    { env = {}, flags = PRELOAD, args = [], cwd = ROOT, through = [], uid, withoutHome = false }: RunOptions = {},
  ) {
    const file = fixture.startsWith('/') ? fixture : join(FIXTURES, fixture);
    const [program = process.execPath, ...rest] = [...through, process.execPath, ...flags, file, ...args];
    this.child = spawn(program, rest, {
      cwd,
      env: {
        PATH: process.env.PATH,
        ...(!withoutHome && { HOME: '/nonexistent' }),
        AWS_EC2_METADATA_DISABLED: 'true',
        ...env,
      },
      ...(uid !== undefined && { uid }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (data) => {
      this.stdout += data;
    });
    this.child.stderr?.on('data', (data) => {
      this.stderr += data;
    });
    this.closed = once(this.child, 'close');
  }

  /** The URL that the fixture prints once it listens. */
  async url(): Promise<string> {
    for (;;) {
      const url = /http:\/\/\S+/.exec(this.stdout)?.[0];
      if (url) return url;
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`ended early: ${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async ended(): Promise<Ended> {
    await this.closed;
    return { code: this.child.exitCode, signal: this.child.signalCode, stdout: this.stdout, stderr: this.stderr };
  }

  /** For `after` hooks: ends it if it still runs. */
  async dispose(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.closed;
  }
}

/** The lines that are ours. */
export function ourLines(stderr: string): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('[monitoring]'));
}

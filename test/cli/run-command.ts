import { CommanderError } from 'commander';
import { COULD_NOT_RUN, CouldNotRun } from '../../src/cli/exit.js';
import { createProgram } from '../../src/cli/program.js';
import { createTerminal } from '../../src/cli/terminal.js';
import type { Studio } from '../../src/studio/endpoint.js';

export interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** The whole environment. */
  readonly env?: Record<string, string>;
  /** Columns of a terminal that both streams go to; absent: pipes. */
  readonly columns?: number;
}

/** What an application's environment says beside the endpoint. */
export const SERVICE = {
  OTEL_SERVICE_NAME: 'checkout',
  OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=prod,service.namespace=Shop',
  AWS_REGION: 'us-west-2',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
};

export const environmentFor = (studio: Studio, more: Record<string, string> = {}): Record<string, string> => ({
  ...SERVICE,
  AWS_ENDPOINT_URL: studio.url,
  ...more,
});

/** Runs a command of `monitoring` in this process, whose environment is another one meanwhile. */
export async function monitoring(args: readonly string[], { env = SERVICE, columns }: RunOptions = {}): Promise<Run> {
  const stream = () => {
    const output = {
      text: '',
      isTTY: columns !== undefined,
      columns: columns ?? 80,
      write: (text: string) => (output.text += text),
    };
    return output;
  };
  const [stdout, stderr] = [stream(), stream()];
  const terminal = createTerminal(stdout, stderr, env);
  const before = { env: process.env, exitCode: process.exitCode };
  process.env = { ...env };
  process.exitCode = undefined;
  try {
    await createProgram('0.0.0', terminal).parseAsync([...args], { from: 'user' });
    return { status: Number(process.exitCode ?? 0), stdout: stdout.text, stderr: stderr.text };
  } catch (error) {
    if (error instanceof CouldNotRun) terminal.problem(`monitoring: ${error.message}`);
    else if (!(error instanceof CommanderError)) throw error;
    return { status: COULD_NOT_RUN, stdout: stdout.text, stderr: stderr.text };
  } finally {
    process.env = before.env;
    process.exitCode = before.exitCode;
  }
}

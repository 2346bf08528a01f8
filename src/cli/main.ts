import { CommanderError } from 'commander';
import { version } from '../../package.json';
import { environment, provideHome } from '../config/environment.js';
import { COULD_NOT_RUN, CouldNotRun } from './exit.js';
import { createProgram } from './program.js';
import { createTerminal } from './terminal.js';

provideHome();
const terminal = createTerminal(process.stdout, process.stderr, environment());

// `monitoring config | head`: whoever reads has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

createProgram(version, terminal)
  .parseAsync()
  .then(undefined, (error: unknown) => {
    process.exitCode = COULD_NOT_RUN;
    if (error instanceof CommanderError) {
      // Already said. Help and version that were asked for are no errors.
      if (error.exitCode === 0) process.exitCode = 0;
    } else if (error instanceof CouldNotRun) {
      terminal.problem(`monitoring: ${error.message}`);
    } else {
      terminal.problem(`monitoring: this is a defect of the command: ${error instanceof Error ? error.stack : error}`);
    }
  })
  .then(end);

/** Ends the process with its answer: a connection that nobody answers, or a credential process, does not hold it. */
function end(): void {
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
}

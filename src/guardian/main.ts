/**
 * A process of its own that outlives the one that started it, and ends what that one has left behind. Its input is a pipe that nobody else
 * holds: the pipe closes however the other process ends, after SIGKILL as well. The processes that it looks after know nothing of it.
 */

import { createInterface } from 'node:readline';
import { Charges } from './charges.js';

export { startGuard } from './guard.js';

/** Milliseconds between two looks at who is still there. */
const LOOK = 100;

/** Each line of the input is the pid of a process that is to end. */
function guard(): void {
  const charges = new Charges();
  createInterface({ input: process.stdin })
    .on('line', (line) => charges.add(Number(line)))
    .on('close', () => {
      const deadline = charges.end();
      const timer = setInterval(() => {
        if (!charges.areGone() && Date.now() < deadline) return;
        charges.kill();
        clearInterval(timer);
      }, LOOK);
    });
}

if (require.main === module) guard();

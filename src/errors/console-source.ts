/** Errors that the application writes with `console.error`. */

import { isErrorLike } from '../redaction/safe-read.js';
import type { CapturesErrors } from './captured.js';

/** Reports the first error among the arguments of each `console.error`; what is written stays the same. */
export function installConsoleSource(
  reporter: CapturesErrors,
  target: Pick<Console, 'error'> = console,
): { uninstall(): void } {
  const original = target.error;
  let active = true;
  function error(this: unknown, ...args: unknown[]): void {
    if (active) {
      const index = args.findIndex(isErrorLike);
      if (index >= 0) reporter.capture(args[index], { mechanism: 'console.error', handled: true });
    }
    Reflect.apply(original, this, args);
  }
  target.error = error;
  return {
    uninstall() {
      active = false;
      if (target.error === error) target.error = original;
    },
  };
}

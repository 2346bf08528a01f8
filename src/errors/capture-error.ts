/** The call by which the application reports an error itself. */

import type { CapturesErrors } from './captured.js';

/**
 * Reports `error`, whatever the answer to its request is; `context` is redacted and bounded. True: a new event was emitted, or waits for
 * that answer. Never throws.
 */
export type CaptureError = (error: unknown, context?: Record<string, unknown>) => boolean;

export function createCaptureError(reporter: CapturesErrors): CaptureError {
  return (error, context) =>
    reporter.capture(error, { mechanism: 'captureError', handled: true, always: true, context });
}

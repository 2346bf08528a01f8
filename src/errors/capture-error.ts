/** The call by which the application reports an error itself. */

import type { CapturesErrors } from './captured.js';

/** Reports `error`; `context` is redacted and bounded. True: a new event was emitted. Never throws. */
export type CaptureError = (error: unknown, context?: Record<string, unknown>) => boolean;

export function createCaptureError(reporter: CapturesErrors): CaptureError {
  return (error, context) => reporter.capture(error, { mechanism: 'captureError', handled: true, context });
}

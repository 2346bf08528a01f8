import type { CapturesErrors } from './captured.js';

/** The error of `monitoring test error`. */
export class MonitoringTestError extends Error {
  override readonly name = 'MonitoringTestError';
}

/** Captures a test error as one that the application reports; false: the limit on errors of one kind holds it back. Never throws. */
export function captureTestError(errors: CapturesErrors, key: string): boolean {
  const error = new MonitoringTestError('Test error of monitoring test error');
  return errors.capture(error, {
    mechanism: 'monitoring test error',
    handled: true,
    always: true,
    context: { 'monitoring.test': key },
  });
}

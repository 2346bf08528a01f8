/** `captureError` in a worker thread of the application. */

import { BroadcastChannel, getEnvironmentData, threadId } from 'node:worker_threads';
import { isObject } from '../redaction/safe-read.js';
import type { CaptureError } from './capture-error.js';
import { ERRORS_CHANNEL, toThreadError } from './thread-errors.js';

const handedOver = new WeakSet<object>();

/** Hands the error to the main thread. True: it takes errors, and has not got this one before. Never throws. */
export const captureInThread: CaptureError = (error, context) => {
  try {
    if (getEnvironmentData(ERRORS_CHANNEL) !== true || (isObject(error) && handedOver.has(error))) return false;
    if (isObject(error)) handedOver.add(error);
    // Open for this one only: it would be sent what other threads report, too.
    const channel = new BroadcastChannel(ERRORS_CHANNEL);
    channel.postMessage(toThreadError(error, { ...context, threadId }));
    channel.close();
    return true;
  } catch {
    return false;
  }
};

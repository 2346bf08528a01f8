/** Composition root in a worker thread of the application, loaded when such a thread reports an error. */

export { captureInThread as captureError } from './errors/capture-in-thread.js';

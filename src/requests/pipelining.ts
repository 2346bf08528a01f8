import type { Socket } from 'node:net';
import type { ServedRequest, ServedResponse, ServerRequest } from './request-record.js';

const QUEUED = Symbol('@org/monitoring queued requests');

interface QueueHolder {
  [QUEUED]?: Set<ServerRequest>;
}

/**
 * Ends a pipelined request whose connection closes before its turn to be answered.
 *
 * Its response waits without a socket, and hears nothing when the connection closes. One listener per connection that has such requests
 * does.
 */
export function watchQueued(
  request: ServedRequest,
  response: ServedResponse,
  record: ServerRequest,
  end: (record: ServerRequest) => void,
): void {
  if (response.socket !== null || request.socket === null) return;
  const socket = request.socket as Socket & QueueHolder;
  const queued = socket[QUEUED] ?? newQueue(socket, end);
  for (const earlier of queued) {
    if (earlier.request !== undefined) break;
    queued.delete(earlier);
  }
  queued.add(record);
}

function newQueue(socket: Socket & QueueHolder, end: (record: ServerRequest) => void): Set<ServerRequest> {
  const queued = new Set<ServerRequest>();
  socket[QUEUED] = queued;
  socket.once('close', () => {
    for (const waiting of queued) end(waiting);
  });
  return queued;
}

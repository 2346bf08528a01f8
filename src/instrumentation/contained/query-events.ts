import { EventEmitter, errorMonitor } from 'node:events';

/**
 * What an instrumentation may listen to in place of a query that tells of itself by events: emits `error` when the query fails, `result`
 * and `end` when the query has ended. A listener for `error` on the query itself would keep an error from the application that listens
 * for none.
 */
export function endOf(query: unknown): EventEmitter {
  const end = new EventEmitter();
  if (query instanceof EventEmitter) {
    query.once(errorMonitor, (error) => end.emit('error', error));
    query.once('end', () => {
      end.emit('result');
      end.emit('end');
    });
  }
  return end;
}

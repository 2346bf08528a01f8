import type { CallRecord, Refusal } from '../store/journal.js';

/** Two processes that make the same log group at once: one of them is too late, and goes on with what is there. */
const MADE_ALREADY: ReadonlySet<string> = new Set(['ResourceAlreadyExistsException', 'OperationAbortedException']);
const MAKES: ReadonlySet<string> = new Set(['CreateLogGroup', 'CreateLogStream']);

type Refused = Pick<Refusal, 'service' | 'action' | 'code' | 'at'>;

/**
 * Tells which refusals belong to the making of a log group on demand: the exporter sends events, learns that the group or the stream is
 * missing, makes it and sends again. Events for a group that nobody makes afterwards are not among them.
 */
export function creationOnDemand(calls: readonly CallRecord[]): (refused: Refused) => boolean {
  const lastMade = calls
    .filter(({ service, action, status }) => service === 'logs' && MAKES.has(action) && status === 200)
    .reduce((latest, { at }) => Math.max(latest, at), Number.NEGATIVE_INFINITY);
  return ({ service, action, code, at }) => {
    if (service !== 'logs') return false;
    if (MAKES.has(action) && MADE_ALREADY.has(code)) return true;
    return code === 'ResourceNotFoundException' && at <= lastMade;
  };
}

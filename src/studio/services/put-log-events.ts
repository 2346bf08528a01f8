import { constraintMessage } from '../../cloudwatch/constraint.js';
import type { Input } from '../../cloudwatch/input.js';
import { AwsError } from '../aws-error.js';

/** The rules of PutLogEvents: CloudWatch Logs API reference. */

export const MAX_EVENTS = 10_000;
/** Bytes of a batch: each message in UTF-8 and `EVENT_OVERHEAD` more. */
export const MAX_BATCH_BYTES = 1_048_576;
/** Bytes of an event, counted likewise. */
export const MAX_EVENT_BYTES = 1_048_576;
export const EVENT_OVERHEAD = 26;
/** Milliseconds between the first and the last event of a batch. */
export const MAX_SPAN = 24 * 3600 * 1000;
const DAY = 24 * 3600 * 1000;
const MAX_AGE = 14 * DAY;
const MAX_AHEAD = 2 * 3600 * 1000;

export interface InputEvent {
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly message: string;
}

/** Indices into the batch; an index is absent when no event was refused for that reason. */
export interface RejectedEvents {
  /** The first event that is too new; all after it are too. */
  readonly tooNewLogEventStartIndex?: number;
  /** One past the last event that is too old. */
  readonly tooOldLogEventEndIndex?: number;
  /** One past the last event that is older than the group's retention. */
  readonly expiredLogEventEndIndex?: number;
}

export interface Batch {
  readonly accepted: readonly InputEvent[];
  readonly rejected?: RejectedEvents;
  readonly rejectedCount: number;
}

const invalid = (message: string): AwsError => new AwsError('InvalidParameterException', message);

export function readEvents(input: Input): InputEvent[] {
  const events = input.inputs('logEvents');
  if (events === undefined || events.length === 0) {
    throw invalid(constraintMessage('[]', 'logEvents', 'have length greater than or equal to 1'));
  }
  if (events.length > MAX_EVENTS) {
    throw invalid(constraintMessage('…', 'logEvents', `have length less than or equal to ${MAX_EVENTS}`));
  }
  return events.map(readEvent);
}

function readEvent(event: Input, index: number): InputEvent {
  const path = `logEvents.${index + 1}.member`;
  const message = event.string('message');
  const timestamp = event.number('timestamp');
  if (message === undefined) throw invalid(constraintMessage('null', `${path}.message`, 'not be null'));
  if (timestamp === undefined) throw invalid(constraintMessage('null', `${path}.timestamp`, 'not be null'));
  if (message === '') throw invalid(constraintMessage('', `${path}.message`, 'have length greater than or equal to 1'));
  if (!(timestamp >= 0) || !Number.isInteger(timestamp)) {
    throw invalid(constraintMessage(timestamp, `${path}.timestamp`, 'have value greater than or equal to 0'));
  }
  return { timestamp, message };
}

/**
 * Applies what concerns the whole batch, then sorts out the events that are refused one by one.
 *
 * @param now epoch milliseconds
 * @param retentionDays of the log group; undefined: kept for ever
 * @throws AwsError the whole batch is refused
 */
export function checkBatch(events: readonly InputEvent[], now: number, retentionDays: number | undefined): Batch {
  checkSizes(events);
  checkOrder(events);
  const expiry = retentionDays === undefined ? Number.NEGATIVE_INFINITY : now - retentionDays * DAY;
  const tooOld = countWhile(events, (event) => event.timestamp < now - MAX_AGE);
  const expired = countWhile(events, (event) => event.timestamp < expiry);
  const firstTooNew = countWhile(events, (event) => event.timestamp <= now + MAX_AHEAD);
  const accepted = events.slice(Math.max(tooOld, expired), Math.max(tooOld, expired, firstTooNew));
  checkSpan(accepted);
  const rejectedCount = events.length - accepted.length;
  if (rejectedCount === 0) return { accepted, rejectedCount };
  return { accepted, rejectedCount, rejected: describe(tooOld, expired, firstTooNew, events.length) };
}

const describe = (tooOld: number, expired: number, firstTooNew: number, length: number): RejectedEvents => ({
  ...(firstTooNew < length ? { tooNewLogEventStartIndex: firstTooNew } : {}),
  ...(tooOld > 0 ? { tooOldLogEventEndIndex: tooOld } : {}),
  ...(expired > tooOld ? { expiredLogEventEndIndex: expired } : {}),
});

function checkSizes(events: readonly InputEvent[]): void {
  let total = 0;
  for (const event of events) {
    const bytes = Buffer.byteLength(event.message) + EVENT_OVERHEAD;
    if (bytes > MAX_EVENT_BYTES) {
      throw invalid(`Log event too large: ${bytes} bytes exceeds limit of ${MAX_EVENT_BYTES}`);
    }
    total += bytes;
  }
  if (total > MAX_BATCH_BYTES) throw invalid(`Upload too large: ${total} bytes exceeds limit of ${MAX_BATCH_BYTES}`);
}

function checkOrder(events: readonly InputEvent[]): void {
  const unordered = events.some((event, index) => event.timestamp < (events[index - 1]?.timestamp ?? 0));
  if (unordered) throw invalid('Log events in a single PutLogEvents request must be in chronological order.');
}

function checkSpan(events: readonly InputEvent[]): void {
  const [first, last] = [events[0]?.timestamp ?? 0, events.at(-1)?.timestamp ?? 0];
  if (last - first > MAX_SPAN) {
    throw invalid('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.');
  }
}

function countWhile<T>(items: readonly T[], holds: (item: T) => boolean): number {
  const index = items.findIndex((item) => !holds(item));
  return index === -1 ? items.length : index;
}

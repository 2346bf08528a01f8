import { createHash, randomUUID } from 'node:crypto';
import { type Attributes, type HrTime, SeverityNumber } from '@opentelemetry/api';
import type { PlainLogRecord } from '../../wire/messages.js';
import { ERRORS_SCOPE } from '../../wire/scopes.js';
import type { BootMarker, MemoryNearLimit } from '../left-behind/left-behind.js';

/** Events of the process as a whole, told by the worker where the application's thread can't; errors by their fields. */

const SEVERITIES = {
  WARN: SeverityNumber.WARN,
  ERROR: SeverityNumber.ERROR,
} as const;

/** A run ended and nothing told of it: it was killed, V8 ran out of memory, native code gave up. */
export function uncleanEnd(marker: BootMarker, lastSeen: number, now: number): PlainLogRecord {
  const { pid, startedAt, nearLimit, blockedSince } = marker;
  const facts = [
    `process ${pid}, started ${iso(startedAt)}, last seen alive ${iso(lastSeen)}`,
    ...(nearLimit ? [`${describeMemory(nearLimit)} at ${iso(nearLimit.at)}`] : []),
    ...(blockedSince === undefined ? [] : [`its event loop had been blocked since ${iso(blockedSince)}`]),
  ];
  return event('process.unclean_end', 'ERROR', lastSeen, now, {
    type: 'UncleanEnd',
    message: `a run ended without a clean exit (killed, out of memory or aborted): ${facts.join('; ')}`,
    attributes: {
      'process.pid': pid,
      'process.start_time': iso(startedAt),
      'process.last_seen': iso(lastSeen),
      'process.memory.near_limit': nearLimit !== undefined,
      'process.event_loop.blocked': blockedSince !== undefined,
    },
  });
}

export function memoryNearLimit(near: MemoryNearLimit): PlainLogRecord {
  return event('process.memory.near_limit', 'WARN', near.at, near.at, {
    type: 'MemoryNearLimit',
    message: `${describeMemory(near)}: the process is close to being ended`,
    attributes: {
      'process.memory.kind': near.what,
      'process.memory.used': near.used,
      'process.memory.limit': near.limit,
    },
  });
}

/** @param still milliseconds */
export function eventLoopBlocked(still: number, now: number): PlainLogRecord {
  return event('process.event_loop.blocked', 'ERROR', now, now, {
    type: 'EventLoopBlocked',
    message: `the event loop has been blocked for ${Math.round(still / 1000)} s: no request is answered`,
    attributes: { 'process.event_loop.blocked_ms': Math.round(still) },
  });
}

function describeMemory({ what, used, limit }: MemoryNearLimit): string {
  const whose = what === 'heap' ? "V8's heap was" : 'memory was';
  const of = what === 'heap' ? 'its limit' : "the container's limit";
  return `${whose} at ${Math.round((used / limit) * 100)} % of ${of} (${mebibytes(used)} of ${mebibytes(limit)} MiB)`;
}

function event(
  eventName: string,
  severityText: keyof typeof SEVERITIES,
  at: number,
  now: number,
  { type, message, attributes }: { type: string; message: string; attributes: Attributes },
): PlainLogRecord {
  return {
    eventName,
    hrTime: hrTimeOf(at),
    hrTimeObserved: hrTimeOf(now),
    severityText,
    severityNumber: SEVERITIES[severityText],
    body: message,
    attributes: {
      'exception.type': type,
      'exception.message': message,
      'error.fingerprint': createHash('sha256').update(eventName).digest('hex').slice(0, 16),
      'error.mechanism': 'process',
      'error.handled': false,
      'log.record.uid': randomUUID(),
      ...attributes,
    },
    scope: { name: ERRORS_SCOPE },
    droppedAttributesCount: 0,
  };
}

function hrTimeOf(milliseconds: number): HrTime {
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, Math.round((milliseconds - seconds * 1000) * 1e6)];
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}

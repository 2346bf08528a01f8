/** A reporter with a clock and a list instead of a logger, and what is given to it and read of it. */

import assert from 'node:assert/strict';
import type { Attributes, Logger, LogRecord, Span } from '@opentelemetry/api';
import type { Captured, FailedRequest } from '../../src/errors/captured.js';
import { createErrorReporter, type ErrorReporter } from '../../src/errors/error-reporter.js';
import type { KindName } from '../../src/errors/event.js';
import type { ProcessReadings } from '../../src/errors/event-builder.js';
import { ErrorLimiter, type LimitOptions } from '../../src/errors/limit.js';
import { createRedactor, type Redactor } from '../../src/redaction/redactor.js';

export interface Bench {
  reporter: ErrorReporter;
  records: LogRecord[];
  clock: { now: number };
  /** What `currentRequest` and `activeSpan` answer. */
  current: { request: FailedRequest | undefined; span: Span | undefined };
}

export function createBench(
  options: {
    redactor?: Redactor;
    limits?: Partial<LimitOptions>;
    logger?: () => Logger;
    root?: string;
    ownFolder?: string;
    after?: (ms: number, callback: () => void) => void;
    readings?: Partial<ProcessReadings>;
  } = {},
): Bench {
  const records: LogRecord[] = [];
  const clock = { now: Date.UTC(2026, 0, 1) };
  const current: Bench['current'] = { request: undefined, span: undefined };
  const now = (): number => clock.now;
  let drawn = 0;
  const logger: Logger = { emit: (record) => void records.push(record), enabled: () => true };
  const reporter = createErrorReporter({
    logger: options.logger ?? (() => logger),
    currentRequest: () => current.request,
    activeSpan: () => current.span,
    redactor: options.redactor ?? createRedactor(),
    limiter: new ErrorLimiter<KindName>({ now, ...options.limits }),
    now,
    drawId() {
      drawn += 1;
      return `id-${drawn}`;
    },
    uptime: () => 12.5,
    rss: () => 100_000_000,
    heapUsed: () => 40_000_000,
    ...options.readings,
    runtimeVersion: '22.20.0',
    root: options.root ?? '/app',
    ...(options.ownFolder && { ownFolder: options.ownFolder }),
    ...(options.after && { after: options.after }),
  });
  return { reporter, records, clock, current };
}

export function createRequest(overrides: Partial<FailedRequest> = {}): FailedRequest {
  return {
    method: 'GET',
    path: '/pay/17',
    route: '/pay/:id',
    statusCode: undefined,
    userAgent: 'probe/1.0',
    requestId: 'req-1',
    spanContext: { traceId: '5e1b41515ac6c58f5b5dbf7f2c1d5a4f', spanId: '53995c3f42cd8ad8', traceFlags: 0 },
    error: undefined,
    ...overrides,
  };
}

export const HOW: Captured = { mechanism: 'test', handled: true };

export function attributesOf(record: LogRecord | undefined): Attributes {
  assert.ok(record?.attributes);
  return record.attributes;
}

/** All failures of one kind: made at one place. */
export function failure(message = 'payment failed'): Error {
  return new Error(message);
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import { TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { BatchConfiguration } from '../config/configuration.js';
import type { PlainRequestSpan } from '../requests/request-span.js';
import { toPlainSpan } from './plain-spans.js';
import type { PlainSpan, Telemetry } from './protocol.js';

/** Spans that one turn of the event loop hands over at most: 2 ms of it (Node 24, ten attributes each). */
const MAX_SPANS_A_TURN = 512;

/** A finished, sampled server span that the worker completes. */
export interface RequestSpan {
  toPlain(): PlainRequestSpan;
}

/**
 * Hands finished, sampled spans to the worker in batches: after `scheduledDelay` ms or at `maxExportBatchSize` spans.
 * Unlike the SDK's BatchSpanProcessor it can hand over synchronously, which a dying process needs.
 */
export class DeliverySpanProcessor implements SpanProcessor {
  private finished: (ReadableSpan | RequestSpan)[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly post: (telemetry: Telemetry) => void,
    private readonly batch: BatchConfiguration,
  ) {}

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (span.spanContext().traceFlags & TraceFlags.SAMPLED) this.take(span);
  }

  /** Takes a span of one kind or the other. */
  take(span: ReadableSpan | RequestSpan): void {
    this.finished.push(span);
    if (this.finished.length >= this.batch.maxExportBatchSize) void this.handOverInTurns();
    else this.timer ??= setTimeout(() => void this.handOverInTurns(), this.batch.scheduledDelay).unref();
  }

  /** Posts what has finished since the last batch, all at once. */
  handOver(): void {
    this.stopTimer();
    while (this.finished.length > 0) this.postSome();
  }

  /** Posts it a part in each turn of the event loop, the first one now. What finishes meanwhile may stay for the next time. */
  async handOverInTurns(): Promise<void> {
    this.stopTimer();
    for (let left = this.finished.length; left > 0; left -= MAX_SPANS_A_TURN) {
      this.postSome();
      if (left > MAX_SPANS_A_TURN) await nextTurn();
    }
  }

  forceFlush(): Promise<void> {
    return this.handOverInTurns();
  }

  shutdown(): Promise<void> {
    return this.handOverInTurns();
  }

  private stopTimer(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private postSome(): void {
    const spans: PlainSpan[] = [];
    const requests: PlainRequestSpan[] = [];
    for (const span of this.finished.splice(0, MAX_SPANS_A_TURN)) {
      if ('toPlain' in span) requests.push(span.toPlain());
      else spans.push(toPlainSpan(span));
    }
    if (spans.length + requests.length > 0) this.post({ kind: 'spans', spans, requests });
  }
}

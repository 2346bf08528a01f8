import { setImmediate as nextTurn } from 'node:timers/promises';
import { TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { BatchConfiguration } from '../config/configuration.js';
import { ListBytes, type PlainList } from './list-bytes.js';
import { toPlainSpan } from './plain-spans.js';
import type { Telemetry } from './protocol.js';

/** Spans that one turn of the event loop hands over at most: 2 ms of it (Node 24, ten attributes each). */
const MAX_SPANS_A_TURN = 512;

/**
 * Hands finished, sampled spans to the worker in batches: after `scheduledDelay` ms or at `maxExportBatchSize` spans.
 * Unlike the SDK's BatchSpanProcessor it can hand over synchronously, which a dying process needs.
 */
export class DeliverySpanProcessor implements SpanProcessor {
  private spans: ReadableSpan[] = [];
  private readonly requests = new ListBytes();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly post: (telemetry: Telemetry) => void,
    private readonly batch: BatchConfiguration,
  ) {}

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (!(span.spanContext().traceFlags & TraceFlags.SAMPLED)) return;
    this.spans.push(span);
    this.schedule();
  }

  /** Takes the parts of a server span, which the worker completes. */
  takeRequest(parts: PlainList): void {
    this.requests.add(parts);
    this.schedule();
  }

  /** Posts what has finished since the last batch, all at once. */
  handOver(): void {
    this.stopTimer();
    while (this.waiting() > 0) this.postSome();
  }

  /** Posts it a part in each turn of the event loop, the first one now. What finishes meanwhile may stay for the next time. */
  async handOverInTurns(): Promise<void> {
    this.stopTimer();
    for (let left = this.waiting(); left > 0; left -= MAX_SPANS_A_TURN) {
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

  private waiting(): number {
    return this.spans.length + this.requests.count;
  }

  private schedule(): void {
    if (this.waiting() >= this.batch.maxExportBatchSize) void this.handOverInTurns();
    else this.timer ??= setTimeout(() => void this.handOverInTurns(), this.batch.scheduledDelay).unref();
  }

  private postSome(): void {
    const spans = this.spans.splice(0, MAX_SPANS_A_TURN).map(toPlainSpan);
    if (this.requests.count > 0) this.post({ kind: 'spans', spans, requests: this.requests.take() });
    else if (spans.length > 0) this.post({ kind: 'spans', spans });
  }
}

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
  /** As many together as a turn hands over: a request with the spans that it caused, as far as can be. */
  private readonly full: { spans: ReadableSpan[]; requests: Uint8Array | undefined }[] = [];
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
    this.close();
    while (this.full.length > 0) this.postSome();
  }

  /** Posts it a part in each turn of the event loop, the first one now. What finishes meanwhile may stay for the next time. */
  async handOverInTurns(): Promise<void> {
    this.close();
    for (let left = this.full.length; left > 0; left -= 1) {
      this.postSome();
      if (left > 1) await nextTurn();
    }
  }

  forceFlush(): Promise<void> {
    return this.handOverInTurns();
  }

  shutdown(): Promise<void> {
    return this.handOverInTurns();
  }

  private schedule(): void {
    const open = this.spans.length + this.requests.count;
    if (this.full.length * MAX_SPANS_A_TURN + open >= this.batch.maxExportBatchSize) {
      void this.handOverInTurns();
      return;
    }
    if (open >= MAX_SPANS_A_TURN) this.fill();
    this.timer ??= setTimeout(() => void this.handOverInTurns(), this.batch.scheduledDelay).unref();
  }

  /** What comes now is for the next batch. */
  private close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.spans.length + this.requests.count > 0) this.fill();
  }

  private fill(): void {
    this.full.push({ spans: this.spans, requests: this.requests.count > 0 ? this.requests.take() : undefined });
    this.spans = [];
  }

  private postSome(): void {
    const some = this.full.shift();
    if (some === undefined) return;
    const { requests } = some;
    const spans = some.spans.map(toPlainSpan);
    this.post({ kind: 'spans', spans, ...(requests && { requests }) });
  }
}

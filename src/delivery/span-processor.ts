import { TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { BatchConfiguration } from '../config/configuration.js';
import { ListBytes, type PlainList } from './list-bytes.js';
import { toPlainSpan } from './plain-spans.js';
import type { Telemetry } from './protocol.js';

/** Spans that are handed over as objects at most: copying them takes 2 ms (Node 24, ten attributes each). Bytes take next to nothing. */
const MAX_OBJECTS = 512;

/**
 * Hands finished, sampled spans to the worker in batches: after `scheduledDelay` ms, at `maxExportBatchSize` spans, and at 512 that are
 * objects. Unlike the SDK's BatchSpanProcessor it hands over synchronously, which a dying process needs.
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

  /** Posts what has finished since the last time; a request is together with the spans that ended before it. */
  handOver(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { spans, requests } = this;
    if (spans.length + requests.count === 0) return;
    this.spans = [];
    const bytes = requests.count > 0 ? requests.take() : undefined;
    this.post({ kind: 'spans', spans: spans.map(toPlainSpan), ...(bytes && { requests: bytes }) });
  }

  async forceFlush(): Promise<void> {
    this.handOver();
  }

  async shutdown(): Promise<void> {
    this.handOver();
  }

  private schedule(): void {
    const { length } = this.spans;
    if (length >= MAX_OBJECTS || length + this.requests.count >= this.batch.maxExportBatchSize) this.handOver();
    else this.timer ??= setTimeout(() => this.handOver(), this.batch.scheduledDelay).unref();
  }
}

import { type Context, diag, type Span, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { BatchConfiguration } from '../../config/configuration.js';
import { ListBytes, type PlainList } from '../../wire/list-bytes.js';
import type { PlainSpan, Telemetry } from '../../wire/messages.js';
import { isSaidByJson, toPlainSpan } from '../../wire/plain-spans.js';

/** Spans that are not of requests, handed over at once, at most: the worker has all of them as objects, to find the request of each. */
const MAX_OF_OTHERS = 512;

/** Who is told what spans cost. */
export interface SpanCosts {
  spanStarted(span: Span, parent: Context): void;
  /** @param bytes of the span, about; 0: it can't be read */
  spanEnded(span: ReadableSpan, bytes: number): void;
}

/**
 * Hands finished, sampled spans to the worker in batches: after `scheduledDelay` ms, at `maxExportBatchSize` spans, and at 512 that are
 * not of requests. They wait as bytes; those that JSON can't say, as objects. Unlike the SDK's BatchSpanProcessor it hands over
 * synchronously, which a dying process needs.
 */
export class DeliverySpanProcessor implements SpanProcessor {
  private readonly requests = new ListBytes();
  private readonly written = new ListBytes();
  private objects: PlainSpan[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly post: (telemetry: Telemetry) => void,
    private readonly batch: BatchConfiguration,
    /** Told of a span that can't be read, and so is lost. */
    private readonly onUnreadable: () => void = () => {},
    private readonly costs?: SpanCosts,
  ) {}

  onStart(span: Span, parent: Context): void {
    this.costs?.spanStarted(span, parent);
  }

  onEnd(span: ReadableSpan): void {
    if (!(span.spanContext().traceFlags & TraceFlags.SAMPLED)) return;
    const bytes = this.keep(span);
    this.costs?.spanEnded(span, bytes);
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
    const { objects, written, requests } = this;
    const count = objects.length + written.count + requests.count;
    if (count === 0) return;
    this.objects = [];
    this.post({
      kind: 'spans',
      count,
      spans: objects,
      ...(written.count > 0 && { written: written.take() }),
      ...(requests.count > 0 && { requests: requests.take() }),
    });
  }

  async forceFlush(): Promise<void> {
    this.handOver();
  }

  async shutdown(): Promise<void> {
    this.handOver();
  }

  /** @returns about how many bytes the span has */
  private keep(span: ReadableSpan): number {
    try {
      const plain = toPlainSpan(span);
      const bytes = isSaidByJson(plain) ? this.written.add([plain]) : this.keepObject(plain);
      this.schedule();
      return bytes;
    } catch (error) {
      // The SDK takes a link to nothing, for one.
      diag.warn(`a span that can't be read is left out: ${String(error)}`);
      this.onUnreadable();
      return 0;
    }
  }

  /** Such spans are rare: JSON, which changes some of their values, tells their size well enough. */
  private keepObject(plain: PlainSpan): number {
    this.objects.push(plain);
    return JSON.stringify(plain).length;
  }

  private schedule(): void {
    const ofOthers = this.objects.length + this.written.count;
    if (ofOthers >= MAX_OF_OTHERS || ofOthers + this.requests.count >= this.batch.maxExportBatchSize) this.handOver();
    else this.timer ??= setTimeout(() => this.handOver(), this.batch.scheduledDelay).unref();
  }
}

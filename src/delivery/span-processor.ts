import { TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { BatchConfiguration } from '../config/configuration.js';
import { toPlainSpan } from './plain-spans.js';
import type { PlainSpan, Telemetry } from './protocol.js';

/**
 * Hands finished, sampled spans to the worker in batches: after `scheduledDelay` ms or at `maxExportBatchSize` spans.
 * Unlike the SDK's BatchSpanProcessor it can hand over synchronously, which a dying process needs.
 */
export class DeliverySpanProcessor implements SpanProcessor {
  private finished: ReadableSpan[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly post: (telemetry: Telemetry) => void,
    private readonly batch: BatchConfiguration,
  ) {}

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    this.finished.push(span);
    if (this.finished.length >= this.batch.maxExportBatchSize) this.handOver();
    else this.timer ??= setTimeout(() => this.handOver(), this.batch.scheduledDelay).unref();
  }

  /** Posts what has finished since the last batch. */
  handOver(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.finished.length === 0) return;
    const spans: PlainSpan[] = this.finished.map(toPlainSpan);
    this.finished = [];
    this.post({ kind: 'spans', spans });
  }

  async forceFlush(): Promise<void> {
    this.handOver();
  }

  async shutdown(): Promise<void> {
    this.handOver();
  }
}

import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { PbfReader } from 'pbf';

/** Exports again what a receiver may take later; OpenTelemetry's gRPC exporters, other than those of HTTP, try once. */

interface Exporter<Batch> {
  export(batch: Batch, done: (result: ExportResult) => void): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

export interface RetryClock {
  now(): number;
  setTimeout(callback: () => void, milliseconds: number): unknown;
  /** At least 0, less than 1. */
  random(): number;
}

const SYSTEM: RetryClock = { now: Date.now, setTimeout, random: Math.random };

/** Status codes after which a request is repeated: https://opentelemetry.io/docs/specs/otlp/#failures */
const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;
const RESOURCE_EXHAUSTED = 8;
const ABORTED = 10;
const OUT_OF_RANGE = 11;
const UNAVAILABLE = 14;
const DATA_LOSS = 15;
const RETRYABLE = new Set([CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS]);

/** As OpenTelemetry's exporters of HTTP have it (otlp-exporter-base, retrying-transport). */
const MAX_ATTEMPTS = 6;
const FIRST_DELAY = 1000;
const MAX_DELAY = 5000;
const GROWTH = 1.5;
const JITTER = 0.2;
/** Batches that wait at once; as many may be on their way. */
const MAX_WAITING = 30;

export class RetryingGrpcExporter<Batch> {
  private readonly open = new Set<Promise<void>>();
  private waiting = 0;
  private stopped = false;

  /** @param timeout milliseconds after which no further attempt begins */
  constructor(
    private readonly exporter: Exporter<Batch>,
    private readonly timeout: number,
    private readonly clock: RetryClock = SYSTEM,
  ) {}

  export(batch: Batch, done: (result: ExportResult) => void): void {
    const work = this.deliver(batch).then(done);
    this.open.add(work);
    void work.finally(() => this.open.delete(work));
  }

  /** Resolves when every batch has come to its end. */
  async forceFlush(): Promise<void> {
    await Promise.allSettled(this.open);
  }

  /** What waits for another attempt is given up. */
  async shutdown(): Promise<void> {
    this.stopped = true;
    await this.exporter.shutdown();
  }

  private async deliver(batch: Batch): Promise<ExportResult> {
    const deadline = this.clock.now() + this.timeout;
    for (let attempt = 1, delay = FIRST_DELAY; ; attempt++, delay *= GROWTH) {
      const result = await this.attempt(batch);
      const wait = waitAfter(result, Math.min(delay * (1 + JITTER * (2 * this.clock.random() - 1)), MAX_DELAY));
      if (wait === undefined || attempt === MAX_ATTEMPTS || this.clock.now() + wait > deadline) return result;
      if (this.stopped || this.waiting >= MAX_WAITING) return result;
      this.waiting += 1;
      await new Promise<void>((resolve) => this.clock.setTimeout(resolve, wait));
      this.waiting -= 1;
    }
  }

  private attempt(batch: Batch): Promise<ExportResult> {
    return new Promise((resolve) => {
      try {
        this.exporter.export(batch, resolve);
      } catch (error) {
        resolve({ code: ExportResultCode.FAILED, error: error instanceof Error ? error : new Error(String(error)) });
      }
    });
  }
}

/** What of a gRPC error matters here; structural, since the batch may have failed before gRPC. */
interface StatusError {
  code?: unknown;
  metadata?: { get?(name: string): unknown[] };
}

/** Milliseconds until the next attempt; undefined: there is none. The receiver's own wish wins over `otherwise`. */
function waitAfter({ code, error }: ExportResult, otherwise: number): number | undefined {
  if (code === ExportResultCode.SUCCESS || error === undefined) return undefined;
  const status = error as StatusError;
  if (typeof status.code !== 'number') return undefined;
  const asked = retryDelay(status.metadata?.get?.('grpc-status-details-bin')[0]);
  if (RETRYABLE.has(status.code)) return asked ?? otherwise;
  return status.code === RESOURCE_EXHAUSTED ? asked : undefined;
}

/** `retry_delay` of a `google.rpc.RetryInfo` among the details of a `google.rpc.Status`, milliseconds. */
export function retryDelay(details: unknown): number | undefined {
  if (!(details instanceof Uint8Array)) return undefined;
  try {
    const found: { delay: number | undefined } = { delay: undefined };
    new PbfReader(details).readFields((tag, into, status) => {
      if (tag === 3) into.delay = delayOf(status.readBytes()) ?? into.delay;
    }, found);
    return found.delay;
  } catch {
    // Details that can't be read say nothing of a delay.
    return undefined;
  }
}

function delayOf(any: Uint8Array): number | undefined {
  const detail: { type: string; value: Uint8Array } = { type: '', value: new Uint8Array() };
  new PbfReader(any).readFields((tag, into, reader) => {
    if (tag === 1) into.type = reader.readString();
    else if (tag === 2) into.value = reader.readBytes();
  }, detail);
  if (!detail.type.endsWith('/google.rpc.RetryInfo')) return undefined;
  const duration = { seconds: 0, nanos: 0 };
  new PbfReader(detail.value).readFields((tag, into, reader) => {
    if (tag !== 1) return;
    reader.readMessage((field, parts, inner) => {
      if (field === 1) parts.seconds = inner.readVarint(true);
      else if (field === 2) parts.nanos = inner.readVarint(true);
    }, into);
  }, duration);
  return duration.seconds * 1000 + duration.nanos / 1e6;
}

import type { HrTime } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { PbfWriter } from 'pbf';
import { freeMemory } from './free-memory.js';
import { SpanMessage } from './span-message.js';
import { writeText } from './text-field.js';

/** A span as it waits to be sent. A class for the same reason as what is held in the queue (`delivery-queue.ts`). */
export class WrittenSpan {
  /** @param memory undefined when the span is released */
  constructor(
    /** The content of OTLP's message `Span`, as places in `memory`. */
    readonly from: number,
    readonly to: number,
    /** Epoch milliseconds. */
    readonly endTime: number,
    readonly resource: Resource,
    readonly scope: InstrumentationScope,
    public memory: Memory | undefined,
  ) {}
}

/** Bytes. */
export function contentSize({ from, to }: WrittenSpan): number {
  return to - from;
}

function content({ memory, from, to }: WrittenSpan): Uint8Array {
  return memory?.bytes.subarray(from, to) ?? NOTHING;
}

/** Says that the content is not needed any more; the second time, nothing. */
export function release(span: WrittenSpan): void {
  span.memory?.release();
  span.memory = undefined;
}

/** Memory of spans that were written together, which is free as soon as none of them is needed. */
class Memory {
  bytes: Uint8Array = NOTHING;
  users = 0;

  release(): void {
    this.users -= 1;
    if (this.users > 0) return;
    freeMemory(this.bytes);
    this.bytes = NOTHING;
  }
}

/** Bytes. */
const FIRST_SIZE = 65_536;
const NOTHING = new Uint8Array();
/** Tag and length of a span in a request, bytes at most. */
export const SPAN_OVERHEAD = 5;
/** Of what the spans before took, so that the next ones need not be moved when they are a little more. */
const ROOM = 1.25;
/** Of memory that spans are left in; otherwise they are moved to some of their size. */
const LEAST_USE = 0.75;

/** Writes spans when they come, and export requests of them when they are sent. */
export class TraceRequestWriter {
  readonly #message = new SpanMessage();
  /** Bytes that spans which are written together will take. */
  #expected = FIRST_SIZE;

  /**
   * Writes each span on its own, together in one piece of memory.
   *
   * @param onUnreadable told of each span that can't be read
   */
  spans(spans: Iterable<ReadableSpan>, onUnreadable: () => void): WrittenSpan[] {
    const writer = new PbfWriter(new Uint8Array(this.#expected));
    const memory = new Memory();
    const written: WrittenSpan[] = [];
    for (const span of spans) {
      const from = writer.pos;
      try {
        this.#message.write(span, writer);
        const { resource, instrumentationScope: scope, endTime } = span;
        written.push(new WrittenSpan(from, writer.pos, milliseconds(endTime), resource, scope, memory));
      } catch {
        writer.pos = from;
        onUnreadable();
      }
    }
    const { buf, pos } = writer;
    memory.bytes = buf;
    memory.users = written.length;
    if (pos < buf.byteLength * LEAST_USE) {
      memory.bytes = buf.slice(0, pos);
      freeMemory(buf);
    }
    this.#expected = Math.max(FIRST_SIZE, Math.ceil(pos * ROOM));
    return written;
  }

  /**
   * Has `send` send the `ExportTraceServiceRequest` of the spans; those of one resource and scope are together.
   *
   * @param told what is told of a resource
   * @param send may read the bytes until what it returns has settled: the memory is freed then
   */
  async request<Answer>(
    spans: readonly WrittenSpan[],
    told: (resource: Resource) => Resource,
    send: (body: Uint8Array) => Promise<Answer>,
  ): Promise<Answer> {
    const size = spans.reduce((sum, span) => sum + contentSize(span) + SPAN_OVERHEAD, FIRST_SIZE);
    const writer = new PbfWriter(new Uint8Array(size));
    for (const [resource, ofResource] of groups(spans, (span) => span.resource)) {
      writer.writeMessage(1, this.#writeResourceSpans, { resource: told(resource), spans: ofResource });
    }
    const { buf, pos } = writer;
    try {
      return await send(buf.subarray(0, pos));
    } finally {
      freeMemory(buf);
    }
  }

  readonly #writeResourceSpans = (
    { resource, spans }: { resource: Resource; spans: readonly WrittenSpan[] },
    writer: PbfWriter,
  ): void => {
    writer.writeMessage(1, (attributes, to) => this.#message.writeResource(attributes, to), resource.attributes);
    for (const [scope, ofScope] of groups(spans, (span) => span.scope)) {
      writer.writeMessage(2, this.#writeScopeSpans, { scope, spans: ofScope });
    }
    if (resource.schemaUrl) writeText(3, resource.schemaUrl, writer);
  };

  readonly #writeScopeSpans = (
    { scope, spans }: { scope: InstrumentationScope; spans: readonly WrittenSpan[] },
    writer: PbfWriter,
  ): void => {
    writer.writeMessage(1, (given, to) => this.#message.writeScope(given, to), scope);
    for (const span of spans) writer.writeBytesField(2, content(span));
    if (scope.schemaUrl) writeText(3, scope.schemaUrl, writer);
  };
}

function milliseconds([seconds, nanoseconds]: HrTime): number {
  return seconds * 1000 + nanoseconds / 1e6;
}

function groups<Key>(spans: readonly WrittenSpan[], keyOf: (span: WrittenSpan) => Key): Map<Key, WrittenSpan[]> {
  const found = new Map<Key, WrittenSpan[]>();
  for (const span of spans) {
    const key = keyOf(span);
    const group = found.get(key);
    if (group === undefined) found.set(key, [span]);
    else group.push(span);
  }
  return found;
}

import type { HrTime } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { PbfWriter } from 'pbf';
import { freeMemory } from './free-memory.js';
import { shiftedSpans } from './shifted-spans.js';
import { SpanMessage } from './span-message.js';
import { Memory, OpenRun, type SpanRun } from './span-run.js';
import { writeText } from './text-field.js';

/** Bytes. */
const FIRST_SIZE = 65_536;
/** Of a run of more than one span, bytes. */
export const MAX_RUN_BYTES = 65_536;
/** Between the ends of its spans, milliseconds. */
const MAX_RUN_TIME = 1000;
/** Field of `ScopeSpans`. */
const SPANS = 2;
/** Of what the spans before took, so that the next ones need not be moved when they are a little more. */
const ROOM = 1.25;
/** Of memory that spans are left in; otherwise they are moved to some of their size. */
const LEAST_USE = 0.75;

/** Writes spans when they come, and export requests of them when they are sent. */
export class TraceRequestWriter {
  readonly #message = new SpanMessage();
  readonly #maxSpans: number;
  readonly #maxBytes: number;
  /** Bytes that spans which are written together will take. */
  #expected = FIRST_SIZE;

  /**
   * @param maxSpans of a run
   * @param maxBytes of a run of more than one span
   */
  constructor(maxSpans = Number.POSITIVE_INFINITY, maxBytes = MAX_RUN_BYTES) {
    this.#maxSpans = maxSpans;
    this.#maxBytes = maxBytes;
  }

  /**
   * Writes spans, together in one piece of memory.
   *
   * @param onUnreadable told of each span that can't be read
   */
  runs(spans: Iterable<ReadableSpan>, onUnreadable: () => void): SpanRun[] {
    const writer = new PbfWriter(new Uint8Array(this.#expected));
    const memory = new Memory();
    const runs: SpanRun[] = [];
    let run: OpenRun | undefined;
    for (const span of spans) {
      const from = writer.pos;
      try {
        writer.writeMessage(SPANS, this.#writeSpan, span);
        const { resource, instrumentationScope, endTime } = span;
        const time = milliseconds(endTime);
        if (run === undefined || !this.#isOneOf(run, span, time, writer.pos)) {
          if (run !== undefined) runs.push(run.close(from, memory));
          run = new OpenRun(from, time, resource, instrumentationScope);
        }
        run.add(time);
      } catch {
        writer.pos = from;
        onUnreadable();
      }
    }
    if (run !== undefined) runs.push(run.close(writer.pos, memory));
    const { buf, pos } = writer;
    memory.bytes = buf;
    memory.users = runs.length;
    if (pos < buf.byteLength * LEAST_USE) {
      memory.bytes = buf.slice(0, pos);
      freeMemory(buf);
    }
    this.#expected = Math.max(FIRST_SIZE, Math.ceil(pos * ROOM));
    return runs;
  }

  /**
   * Has `send` send the `ExportTraceServiceRequest` of the spans; those of one resource and scope are together.
   *
   * @param told what is told of a resource
   * @param offset milliseconds to add to the times of the spans
   * @param send may read the bytes until what it returns has settled: the memory is freed then
   */
  async request<Answer>(
    runs: readonly SpanRun[],
    { told, offset = 0 }: { readonly told: (resource: Resource) => Resource; readonly offset?: number },
    send: (body: Uint8Array) => Promise<Answer>,
  ): Promise<Answer> {
    const size = runs.reduce((sum, { bytes }) => sum + bytes, FIRST_SIZE);
    const writer = new PbfWriter(new Uint8Array(size));
    for (const [resource, ofResource] of groups(runs, (run) => run.resource)) {
      writer.writeMessage(1, this.#writeResourceSpans, { resource: told(resource), runs: ofResource, offset });
    }
    const { buf, pos } = writer;
    try {
      return await send(buf.subarray(0, pos));
    } finally {
      freeMemory(buf);
    }
  }

  #isOneOf(run: OpenRun, { resource, instrumentationScope }: ReadableSpan, endTime: number, to: number): boolean {
    return (
      resource === run.resource &&
      instrumentationScope === run.scope &&
      run.count < this.#maxSpans &&
      to - run.from <= this.#maxBytes &&
      Math.max(run.latest, endTime) - Math.min(run.earliest, endTime) <= MAX_RUN_TIME
    );
  }

  readonly #writeSpan = (span: ReadableSpan, writer: PbfWriter): void => this.#message.write(span, writer);

  readonly #writeResourceSpans = (
    { resource, runs, offset }: { resource: Resource; runs: readonly SpanRun[]; offset: number },
    writer: PbfWriter,
  ): void => {
    writer.writeMessage(1, (attributes, to) => this.#message.writeResource(attributes, to), resource.attributes);
    for (const [scope, ofScope] of groups(runs, (run) => run.scope)) {
      writer.writeMessage(2, this.#writeScopeSpans, { scope, runs: ofScope, offset });
    }
    if (resource.schemaUrl) writeText(3, resource.schemaUrl, writer);
  };

  readonly #writeScopeSpans = (
    { scope, runs, offset }: { scope: InstrumentationScope; runs: readonly SpanRun[]; offset: number },
    writer: PbfWriter,
  ): void => {
    writer.writeMessage(1, (given, to) => this.#message.writeScope(given, to), scope);
    for (const { content } of runs) append(offset === 0 ? content : shiftedSpans(content, offset), writer);
    if (scope.schemaUrl) writeText(3, scope.schemaUrl, writer);
  };
}

function milliseconds([seconds, nanoseconds]: HrTime): number {
  return seconds * 1000 + nanoseconds / 1e6;
}

function groups<Key>(runs: readonly SpanRun[], keyOf: (run: SpanRun) => Key): Map<Key, SpanRun[]> {
  const found = new Map<Key, SpanRun[]>();
  for (const run of runs) {
    const key = keyOf(run);
    const group = found.get(key);
    if (group === undefined) found.set(key, [run]);
    else group.push(run);
  }
  return found;
}

/** Fields that are written already. */
function append(fields: Uint8Array, writer: PbfWriter): void {
  writer.realloc(fields.byteLength);
  writer.buf.set(fields, writer.pos);
  writer.pos += fields.byteLength;
}

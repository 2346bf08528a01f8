/** Composition root of the delivery worker, as distro.ts is that of the application's thread. */

import { readFileSync } from 'node:fs';
import { isMainThread, type MessagePort } from 'node:worker_threads';
import { type Attributes, diag } from '@opentelemetry/api';
import { version } from '../package.json';
import { environment } from './config/environment.js';
import { type Parcel, SENDER_ARGUMENT } from './delivery/application/sender.js';
import { serviceKey } from './delivery/left-behind/left-behind.js';
import { serve as deliver, type Refinement, send, serveThisThread } from './delivery/worker/server.js';
import { TelemetryRedaction } from './delivery/worker/telemetry-redaction.js';
import { EXCEPTION, PROCESS_FATAL } from './errors/event.js';
import { createSourceContext, readSourceFile, type SourceContext } from './errors/source-context.js';
import { ContainerMemory } from './host/container-memory.js';
import { createRedactor } from './redaction/redactor.js';
import { RequestSpanReader } from './requests/request-span-reader.js';
import { withApplicationSignals } from './tracing/application-signals.js';
import { type PostSampling, resourceArnOf, SamplingClient } from './tracing/sampling-client.js';
import { Ledger } from './wire/ledger.js';
import { type PlainList, readLists } from './wire/list-bytes.js';
import type { PlainLogRecord, PlainSpan, SpanMessage, WorkerOptions } from './wire/messages.js';
import type { PlainRequestSpan } from './wire/request-span.js';
import type { SamplingSource } from './wire/sampling-rules.js';
import { ERRORS_SCOPE, REQUESTS_SCOPE } from './wire/scopes.js';

/** Serves one application thread: what comes from `port` is completed, redacted and delivered. */
export function serve(port: MessagePort, options: WorkerOptions): void {
  // Files are not read in the application's own thread.
  const ledger = new Ledger('worker', options.ledger);
  const parts = partsFor(options, !isMainThread, (count) => ledger.lost('traces', 'unreadable', count));
  const containerMemory = new ContainerMemory({ environment: environment() });
  const resource = parts.refineResource(options.resource);
  // Of the resource as the application's thread has it, which names what it leaves behind by the same key.
  const service = serviceKey(options.configuration, options.resource);
  deliver(port, { ...options, resource }, { ...parts, containerMemory, service, createSamplingSource });
}

/** In a process of its own, for one that dies without a worker: the errors come by standard input. */
async function sendFromInput(): Promise<boolean> {
  const { options, ...rest }: Parcel = JSON.parse(readFileSync(0, 'utf8'));
  const parts = partsFor(options, true);
  return send({ ...rest, options: { ...options, resource: parts.refineResource(options.resource) } }, parts);
}

function createSamplingSource(post: PostSampling, resource: Attributes): SamplingSource {
  return new SamplingClient(post, resourceArnOf(resource), Date.now);
}

function partsFor(
  { configuration, startedAt }: Parcel['options'],
  readsFiles: boolean,
  onUnreadable: OnUnreadable = () => {},
): Refinement {
  const redactor = createRedactor(configuration.redact);
  const redaction = new TelemetryRedaction(redactor, ({ scope }) => scope.name === ERRORS_SCOPE);
  const locate = readsFiles
    ? createSourceContext({ readFile: readSourceFile, redactor, ownFolder: __dirname })
    : undefined;
  const reader = new RequestSpanReader({ name: REQUESTS_SCOPE, version });
  const refineSpan = (span: PlainSpan): PlainSpan => {
    redaction.redactSpan(span);
    return locate ? guarded(() => locatedSpan(span, locate), span) : span;
  };
  return {
    refine(telemetry) {
      if (telemetry.kind === 'spans')
        return { kind: 'spans', spans: spansOf(telemetry, reader, refineSpan, onUnreadable) };
      const redacted = redaction.redact(telemetry);
      if (redacted.kind === 'metrics' || locate === undefined) return redacted;
      return {
        kind: 'logs',
        records: redacted.records.map((record) => guarded(() => located(record, locate, startedAt), record)),
      };
    },
    refineResource: (attributes) => redaction.attributes(attributes),
    addSpanSemantics: withApplicationSignals,
  };
}

/** Told how many spans could not be read, and so are lost. */
type OnUnreadable = (count: number) => void;

/** One by one where they can be: as objects, the spans of a message are many times its bytes. */
function spansOf(
  { spans, written, requests }: SpanMessage,
  reader: RequestSpanReader,
  refine: (span: PlainSpan) => PlainSpan,
  onUnreadable: OnUnreadable,
): Iterable<PlainSpan> {
  const readRequest = (parts: PlainList) => refine(reader.read(parts as unknown as PlainRequestSpan));
  const ofRequests = readable(listsOf(requests), readRequest, onUnreadable);
  if (spans.length === 0 && written === undefined) return ofRequests;
  // They may have been caused by one of the requests, which tells what they were for.
  return [
    ...readable(spans, refine, onUnreadable),
    ...readable(listsOf(written), ([span]) => refine(span as PlainSpan), onUnreadable),
    ...ofRequests,
  ];
}

function listsOf(bytes: Uint8Array | undefined): Iterable<PlainList> {
  return bytes === undefined ? [] : readLists(bytes);
}

/** What `read` makes of each; what it can make nothing of is left out, counted and said. */
function* readable<Given>(
  given: Iterable<Given>,
  read: (given: Given) => PlainSpan,
  onUnreadable: OnUnreadable,
): Generator<PlainSpan> {
  const errors: unknown[] = [];
  for (const one of given) {
    let span: PlainSpan;
    try {
      span = read(one);
    } catch (error) {
      errors.push(error);
      continue;
    }
    yield span;
  }
  if (errors.length === 0) return;
  onUnreadable(errors.length);
  diag.warn(`${errors.length} spans that can't be read are left out: ${messageOf(errors[0])}`);
}

/** Lines and positions are a help; an error without them is one still. */
function guarded<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch (error) {
    diag.warn(`where an error came from could not be read: ${messageOf(error)}`);
    return otherwise;
  }
}

/** With original positions and source lines, where the files are those of this run: not of what an earlier one left behind. */
function located(record: PlainLogRecord, locate: SourceContext, startTime: number): PlainLogRecord {
  const { eventName, hrTime, attributes } = record;
  const isOurs = (eventName === EXCEPTION || eventName === PROCESS_FATAL) && hrTime[0] * 1000 >= startTime - 1000;
  return isOurs ? { ...record, attributes: locate(attributes) } : record;
}

/** A span tells positions, the log record the lines. */
function locatedSpan(span: PlainSpan, locate: SourceContext): PlainSpan {
  if (!span.events.some(({ name }) => name === EXCEPTION)) return span;
  const withoutLines = (attributes: Attributes | undefined) => {
    const { 'exception.source': _lines, ...rest } = locate(attributes ?? {});
    return rest;
  };
  return {
    ...span,
    events: span.events.map((event) =>
      event.name === EXCEPTION ? { ...event, attributes: withoutLines(event.attributes) } : event,
    ),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

serveThisThread(serve);
if (isMainThread && require.main === module && process.argv[2] === SENDER_ARGUMENT) {
  void sendFromInput().then((sent) => process.exit(sent ? 0 : 1));
}

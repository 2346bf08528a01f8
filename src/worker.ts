/** Composition root of the delivery worker, as distro.ts is that of the application's thread. */

import { readFileSync } from 'node:fs';
import { isMainThread, type MessagePort } from 'node:worker_threads';
import { type Attributes, diag } from '@opentelemetry/api';
import { version } from '../package.json';
import { environment } from './config/environment.js';
import { type Parcel, SENDER_ARGUMENT } from './delivery/application/sender.js';
import { serviceKey } from './delivery/left-behind/left-behind.js';
import { serve as deliver, type Refinement, send, serveThisThread } from './delivery/worker/server.js';
import { telemetryRedaction } from './delivery/worker/telemetry-redaction.js';
import { createSourceContext, readSourceFile } from './errors/source-context.js';
import { ContainerMemory } from './host/container-memory.js';
import { createRedactor } from './redaction/redactor.js';
import { RequestSpanReader } from './requests/request-span-reader.js';
import { withApplicationSignals } from './tracing/application-signals.js';
import { type PostSampling, resourceArnOf, SamplingClient } from './tracing/sampling-client.js';
import { Ledger } from './wire/ledger.js';
import type { PlainSpan, WorkerOptions } from './wire/messages.js';
import type { SamplingSource } from './wire/sampling-rules.js';
import { REQUESTS_SCOPE } from './wire/scopes.js';
import { withPositions, withSource } from './worker/source-positions.js';
import { type OnUnreadable, spansOf } from './worker/span-messages.js';

/** Serves one application thread: what comes from `port` is completed, redacted and delivered. */
export function serve(port: MessagePort, options: WorkerOptions): void {
  const ledger = new Ledger('worker', options.ledger);
  // In the application's own thread no file is read.
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
  const redactor = createRedactor(configuration.redact, {
    rawSql: configuration.rawSql,
    warn: (line) => diag.warn(line),
  });
  const redaction = telemetryRedaction(redactor);
  const locate = readsFiles
    ? createSourceContext({ readFile: readSourceFile, redactor, ownFolder: __dirname })
    : undefined;
  const reader = new RequestSpanReader({ name: REQUESTS_SCOPE, version });
  const refineSpan = (span: PlainSpan): PlainSpan => {
    redaction.redactSpan(span);
    return locate ? withPositions(span, locate) : span;
  };
  return {
    refine(telemetry) {
      if (telemetry.kind === 'spans')
        return { kind: 'spans', spans: spansOf(telemetry, reader, refineSpan, onUnreadable) };
      const redacted = redaction.redact(telemetry);
      if (redacted.kind === 'metrics' || locate === undefined) return redacted;
      return {
        kind: 'logs',
        records: redacted.records.map((record) => withSource(record, locate, startedAt)),
      };
    },
    refineResource: (attributes) => redaction.attributes(attributes),
    addSpanSemantics: withApplicationSignals,
  };
}

serveThisThread(serve);
if (isMainThread && require.main === module && process.argv[2] === SENDER_ARGUMENT) {
  void sendFromInput().then((sent) => process.exit(sent ? 0 : 1));
}

import type { ExportResult } from '@opentelemetry/core';
import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';

/** The result of an export, with how many of its items the receiver took out of the rest. */
export interface PartialResult extends ExportResult {
  readonly rejected?: number;
}

interface Exporting<Batch> {
  export(batch: Batch, done: (result: ExportResult) => void): void;
}

/** `ExportTraceServiceResponse` and the like; a 64-bit integer is a number or, in JSON, a text. */
interface Response {
  readonly partialSuccess?:
    | {
        readonly rejectedSpans?: number | string | null;
        readonly rejectedDataPoints?: number | string | null;
        readonly rejectedLogRecords?: number | string | null;
      }
    | null
    | undefined;
}

interface Deserializer {
  deserializeResponse(data: Uint8Array): Response;
}

const DESERIALIZERS: readonly Deserializer[] = [
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
];

/** What the answer that was read last says; forgotten as soon as the code that read it returns. */
let rejectedOfAnswer = 0;
let isWatching = false;

/**
 * Tells with each result how many items the receiver rejected. OpenTelemetry's exporters log an answer of partial success and call back with
 * plain success. They read the answer and call back in one go, so what was read last is the answer to the batch that is called back for.
 */
export function tellingRejected<Batch, E extends Exporting<Batch>>(exporter: E & Exporting<Batch>): E {
  watchAnswers();
  const exportBatch = exporter.export.bind(exporter);
  exporter.export = (batch: Batch, done: (result: PartialResult) => void) =>
    exportBatch(batch, (result) => {
      const rejected = rejectedOfAnswer;
      rejectedOfAnswer = 0;
      done(rejected > 0 ? { ...result, rejected } : result);
    });
  return exporter;
}

function watchAnswers(): void {
  if (isWatching) return;
  isWatching = true;
  for (const deserializer of DESERIALIZERS) {
    const deserialize = deserializer.deserializeResponse.bind(deserializer);
    deserializer.deserializeResponse = (data) => {
      const response = deserialize(data);
      rejectedOfAnswer = rejectedIn(response);
      queueMicrotask(() => {
        rejectedOfAnswer = 0;
      });
      return response;
    };
  }
}

function rejectedIn({ partialSuccess }: Response): number {
  if (!partialSuccess) return 0;
  const { rejectedSpans, rejectedDataPoints, rejectedLogRecords } = partialSuccess;
  const rejected = Number(rejectedSpans ?? rejectedDataPoints ?? rejectedLogRecords ?? 0);
  return Number.isFinite(rejected) ? Math.max(0, rejected) : 0;
}

import type { TraceState } from '@opentelemetry/api';

const OPENTELEMETRY = 'ot';
const THRESHOLD = /^th:/;

/**
 * The trace state without the sampling threshold: the threshold says how many traces a sampled one stands for, and the trace is not
 * sampled from here on. https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/#sampling-threshold-value-th
 */
export function withoutThreshold(traceState: TraceState): TraceState {
  const value = traceState.get(OPENTELEMETRY);
  if (value === undefined) return traceState;
  const fields = value.split(';');
  const kept = fields.filter((field) => !THRESHOLD.test(field));
  if (kept.length === fields.length) return traceState;
  return kept.length > 0 ? traceState.set(OPENTELEMETRY, kept.join(';')) : traceState.unset(OPENTELEMETRY);
}

import { isSpanContextValid, type Span, TraceFlags } from '@opentelemetry/api';

/** Whether a tracer of this process has made the span, and has not sampled it. A caller's decision is another matter: a sampler may overrule it. */
export function isNotSampledHere(span: Span): boolean {
  if (span.isRecording()) return false;
  const context = span.spanContext();
  return !context.isRemote && (context.traceFlags & TraceFlags.SAMPLED) === 0 && isSpanContextValid(context);
}

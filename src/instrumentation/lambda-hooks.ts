import type { Context, MeterProvider, Span } from '@opentelemetry/api';
import { readProperty } from './observe.js';

/** What the instrumentation of a Lambda function's handler asks and tells. */
export interface LambdaHooks {
  /** The context with the parent of an invocation. */
  parent(headers: Readonly<Record<string, unknown>>): Context;
  /** @param span the invocation's, sampled or not */
  begins(span: Span): void;
  /** @param error undefined or null: the handler succeeded */
  ends(span: Span, error: unknown): void;
  /** Delivers what was collected, in bounded time, before the runtime has the response. Never rejects. */
  flush(): Promise<void>;
}

/** The options of OpenTelemetry's instrumentation. */
export function lambdaOptions(hooks: LambdaHooks): object {
  return {
    eventContextExtractor: (event: unknown) => hooks.parent(headersOf(event)),
    requestHook: (span: Span) => hooks.begins(span),
    responseHook: (span: Span, { err }: { err?: unknown }) => hooks.ends(span, err),
  };
}

/** The instrumentation flushes its meter provider before the runtime has the response. */
export function withFlush(provider: MeterProvider, hooks: LambdaHooks): MeterProvider {
  return Object.assign({ getMeter: provider.getMeter.bind(provider) }, { forceFlush: () => hooks.flush() });
}

/** By lower-case names, of an event of API Gateway, a function URL or a load balancer. */
function headersOf(event: unknown): Record<string, unknown> {
  const headers = readProperty(event, 'headers');
  if (typeof headers !== 'object' || headers === null) return {};
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

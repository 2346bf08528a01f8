import type { TextMapPropagator } from '@opentelemetry/api';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  B3_CONTEXT_HEADER,
  B3InjectEncoding,
  B3Propagator,
  X_B3_FLAGS,
  X_B3_SAMPLED,
  X_B3_SPAN_ID,
  X_B3_TRACE_ID,
} from '@opentelemetry/propagator-b3';
import type { PropagatorName } from '../config/configuration.js';
import { XRayPropagator } from './xray-propagator.js';

/**
 * The propagator that the settings name.
 *
 * All of them write to an outgoing call. Where an incoming request has several parents, the last name whose headers hold a valid one
 * wins, which is OpenTelemetry's rule: with the default `xray,tracecontext,baggage` it is `traceparent`. That order is meant: a load
 * balancer adds an `X-Amzn-Trace-Id` of its own to a request whose caller sent only `traceparent`, and the caller is the parent.
 * `X-Amzn-Trace-Id` without `Parent`, as load balancers send it, names no parent, only the id of a trace that begins here.
 */
export function createPropagator(names: PropagatorName[]): TextMapPropagator {
  const propagators = names.map(propagatorOf);
  const [only] = propagators;
  return only !== undefined && propagators.length === 1 ? only : new CompositePropagator({ propagators });
}

function propagatorOf(name: PropagatorName): TextMapPropagator {
  switch (name) {
    case 'xray':
      return new XRayPropagator();
    case 'tracecontext':
      return new W3CTraceContextPropagator();
    case 'baggage':
      return new W3CBaggagePropagator();
    case 'b3':
      return new EitherB3Propagator({ injectEncoding: B3InjectEncoding.SINGLE_HEADER });
    case 'b3multi':
      return new EitherB3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER });
  }
}

/** Names the headers it reads: upstream's names only those it writes, though it reads both forms of B3 whichever it writes. */
class EitherB3Propagator extends B3Propagator {
  override fields(): string[] {
    return [B3_CONTEXT_HEADER, X_B3_TRACE_ID, X_B3_SPAN_ID, X_B3_SAMPLED, X_B3_FLAGS];
  }
}

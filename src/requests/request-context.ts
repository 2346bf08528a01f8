import { type Context, INVALID_SPAN_CONTEXT, type Span, trace } from '@opentelemetry/api';
import { type RPCMetadata, RPCType, setRPCMetadata } from '@opentelemetry/core';

/**
 * The context of a request: its span and its RPC metadata, which is itself, over what its headers say.
 *
 * Two `setValue` on an ordinary context copy a map twice: 0.21 µs for every request (Node 24), against nothing where the record of the
 * request is its context. A context made of this one, as for child spans, is an ordinary one again.
 */
export abstract class RequestContext implements Context {
  readonly type = RPCType.HTTP;
  readonly span: Span;
  abstract route: string | undefined;
  readonly #parent: Context;

  constructor(parent: Context, span: Span) {
    this.#parent = parent;
    this.span = span;
  }

  getValue(key: symbol): unknown {
    if (key === SPAN_KEY) return this.span;
    if (key === RPC_KEY) return this;
    return this.#parent.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return this.#ordinary().setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return this.#ordinary().deleteValue(key);
  }

  #ordinary(): Context {
    return setRPCMetadata(trace.setSpan(this.#parent, this.span), this as RPCMetadata);
  }
}

/** The API keeps its keys to itself, but tells them to a context that it is asked to set a value in. */
function keyOf(set: (probe: Context) => unknown): symbol | undefined {
  let found: symbol | undefined;
  const probe: Context = {
    getValue: () => undefined,
    setValue: (key) => {
      found = key;
      return probe;
    },
    deleteValue: () => probe,
  };
  set(probe);
  return found;
}

const NO_SPAN = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
const SPAN_KEY = keyOf((probe) => trace.setSpan(probe, NO_SPAN));
const RPC_KEY = keyOf((probe) => setRPCMetadata(probe, { type: RPCType.HTTP, span: NO_SPAN }));

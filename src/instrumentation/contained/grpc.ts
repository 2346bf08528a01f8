import { ANY_METHOD, type CallRules } from '../containment/call-rule.js';

/** Metadata of @grpc/grpc-js. */
interface Metadata {
  readonly internalRepr: Map<string, unknown>;
  clone(): Metadata;
}

/** grpc: the instrumentation writes the trace into the metadata of a call. An application may use one for many calls. */
export const GRPC_RULES: CallRules = {
  [ANY_METHOD]: {
    // grpc refuses a call without a request; the instrumentation would make its metadata the request.
    passes: (_, args) => args.length === 0,
    copy: (args) => args.map((value) => (isMetadata(value) ? value.clone() : value)),
  },
};

function isMetadata(value: unknown): value is Metadata {
  const { internalRepr, clone } = (value ?? {}) as Partial<Metadata>;
  return internalRepr instanceof Map && typeof clone === 'function';
}

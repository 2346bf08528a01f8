import type { Attributes, AttributeValue } from '@opentelemetry/api';
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_PATH,
  ATTR_URL_QUERY,
  ATTR_URL_SCHEME,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions';
import { serverAddress } from './address.js';
import { knownMethod } from './method.js';
import { pathOf } from './request-line.js';
import type { ServedRequest } from './request-record.js';
import { startAttributes } from './span.js';

/**
 * The attributes of a request for a sampler, each worked out when it is asked for: most rules look at method, path or host, and all of
 * them together cost more than deciding. Their names can't be listed.
 *
 * @param redactQuery as {@link startAttributes} takes it
 */
export function samplingAttributes(request: ServedRequest, scheme: string, redactQuery: RedactQuery): Attributes {
  return new OnDemand(request, scheme, redactQuery) as unknown as Attributes;
}

type RedactQuery = (query: string) => string;

class OnDemand {
  readonly #request: ServedRequest;
  readonly #scheme: string;
  readonly #redactQuery: RedactQuery;
  #all: Attributes | undefined;

  constructor(request: ServedRequest, scheme: string, redactQuery: RedactQuery) {
    this.#request = request;
    this.#scheme = scheme;
    this.#redactQuery = redactQuery;
  }

  get [ATTR_HTTP_REQUEST_METHOD](): string {
    return knownMethod(this.#request.method);
  }

  get [ATTR_URL_PATH](): string {
    return pathOf(this.#request.url ?? '/');
  }

  get [ATTR_URL_SCHEME](): string {
    return this.#scheme;
  }

  get [ATTR_SERVER_ADDRESS](): string | undefined {
    return serverAddress(this.#request.headers, this.#scheme)?.host;
  }

  get [ATTR_USER_AGENT_ORIGINAL](): string | undefined {
    return this.#request.headers['user-agent'];
  }

  /** Those that no rule of most accounts asks for. */
  static rare(one: OnDemand, key: string): AttributeValue | undefined {
    one.#all ??= startAttributes(one.#request, one.#scheme, one.#redactQuery);
    return one.#all[key];
  }
}

for (const key of [
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_URL_QUERY,
  ATTR_SERVER_PORT,
  ATTR_CLIENT_ADDRESS,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_NETWORK_PROTOCOL_VERSION,
]) {
  Object.defineProperty(OnDemand.prototype, key, {
    get(this: OnDemand) {
      return OnDemand.rare(this, key);
    },
  });
}

import type { Attributes, AttributeValue } from '@opentelemetry/api';

/** What sampling rules ask of a request: read from the attributes that a span starts with, when first asked for, in lower case. */
export class RequestFacts {
  readonly #attributes: Attributes;
  #method: string | undefined;
  #host: string | undefined;
  #path: string | undefined;

  constructor(attributes: Attributes) {
    this.#attributes = attributes;
  }

  get method(): string | undefined {
    this.#method ??= this.attribute('http.request.method');
    return this.#method;
  }

  /** Without a port. */
  get host(): string | undefined {
    this.#host ??= this.attribute('server.address');
    return this.#host;
  }

  /** Without the query. */
  get path(): string | undefined {
    this.#path ??= this.attribute('url.path') ?? pathOf(this.attribute('url.full'));
    return this.#path;
  }

  /** Of what a function runs as; other resources are the same for all requests. */
  get resourceArn(): string | undefined {
    return this.attribute('cloud.resource_id') ?? this.attribute('aws.lambda.invoked_arn') ?? this.attribute('faas.id');
  }

  attribute(key: string): string | undefined {
    const value = this.#attributes[key];
    if (value !== undefined) return textOf(value);
    const former = FORMER_NAMES.get(key);
    return former?.(this.#attributes);
  }

  /** As rules name it: by its present name or the one it had when many rules were written. */
  named(key: string): string | undefined {
    return this.attribute(key) ?? this.attribute(PRESENT_NAMES.get(key) ?? key);
  }
}

function textOf(value: AttributeValue | undefined): string | undefined {
  if (typeof value === 'string') return value.toLowerCase();
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function pathOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const [, path] = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*([^?#]*)/.exec(address) ?? [];
  return path === undefined ? undefined : path || '/';
}

function withoutQuery(target: string | undefined): string | undefined {
  return target?.replace(/[?#].*$/s, '');
}

function withoutPort(host: string | undefined): string | undefined {
  return host?.replace(/:\d+$/, '');
}

/** Instrumentations of the application's own may still write the HTTP conventions of before 1.23. */
const FORMER_NAMES = new Map<string, (attributes: Attributes) => string | undefined>([
  ['http.request.method', (old) => textOf(old['http.method'])],
  ['server.address', (old) => withoutPort(textOf(old['http.host'])) ?? textOf(old['net.host.name'])],
  ['url.path', (old) => withoutQuery(textOf(old['http.target']))],
  ['url.full', (old) => textOf(old['http.url'])],
  ['url.scheme', (old) => textOf(old['http.scheme'])],
  ['user_agent.original', (old) => textOf(old['http.user_agent'])],
  ['client.address', (old) => textOf(old['http.client_ip'])],
]);

const PRESENT_NAMES = new Map([
  ['http.method', 'http.request.method'],
  ['http.host', 'server.address'],
  ['http.target', 'url.path'],
  ['http.url', 'url.full'],
  ['http.scheme', 'url.scheme'],
  ['http.user_agent', 'user_agent.original'],
  ['http.client_ip', 'client.address'],
]);

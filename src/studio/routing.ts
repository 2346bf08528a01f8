import type { IncomingHttpHeaders } from 'node:http';
import type { Route } from './arrival.js';
import { mediaType } from './http.js';
import { CLOUDWATCH_VERSION } from './services/cloudwatch.js';
import type { Signal } from './services/otlp-decode.js';
import type { XRayOperation } from './services/xray.js';
import type { Signature } from './sigv4.js';
import type { Service } from './store/journal.js';

export interface Envelope {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly signature: Signature | undefined;
}

const TARGETS: Readonly<Record<string, Service>> = {
  GraniteServiceVersion20100801: 'cloudwatch',
  Logs_20140328: 'logs',
};

const SIGNED_SIGNALS: Readonly<Record<Signal, Service>> = { traces: 'xray', metrics: 'cloudwatch', logs: 'logs' };

/** The signal of an OTLP/HTTP path. */
export const signalOf = (path: string): Signal | undefined =>
  (['traces', 'metrics', 'logs'] as const).find((signal) => path === `/v1/${signal}`);

/** Which service a request is for: by path, by `X-Amz-Target`, by the form's version, by the signature, in this order. */
export function identify(envelope: Envelope, xrayOperations: readonly XRayOperation[]): Route {
  const { path, headers, signature } = envelope;
  const signal = signalOf(path);
  if (signal !== undefined) {
    const service = signature === undefined ? 'otlp' : SIGNED_SIGNALS[signal];
    return { service, protocol: 'otlp', action: `v1/${signal}` };
  }
  const operation = xrayOperations.find((each) => each.path === path);
  if (operation !== undefined) return { service: 'xray', protocol: 'rest-json', action: operation.name };
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return byTarget(target);
  const cbor = /^\/service\/([^/]+)\/operation\/([^/]+)$/.exec(path);
  if (cbor !== null) return { ...byTarget(`${cbor[1]}.${cbor[2]}`), protocol: 'cbor' };
  const form = formOf(envelope);
  if (form.has('Action')) return byForm(form, signature);
  return signature?.service === 'xray'
    ? { service: 'xray', protocol: 'rest-json', action: path }
    : { service: 'unknown', protocol: 'none', action: path };
}

function byTarget(target: string): Route {
  const [prefix = '', action = ''] = target.split('.', 2);
  const service = Object.hasOwn(TARGETS, prefix) ? TARGETS[prefix] : undefined;
  return service === undefined
    ? { service: 'unknown', protocol: 'json', action: target.slice(0, 200) }
    : { service, protocol: 'json', action: action.slice(0, 200) };
}

/** The parameters of a call by the Query protocol, from the body or the address. */
export function formOf({ headers, body, query }: Pick<Envelope, 'headers' | 'body' | 'query'>): URLSearchParams {
  return mediaType(headers) === 'application/x-www-form-urlencoded' ? new URLSearchParams(body.toString()) : query;
}

function byForm(form: URLSearchParams, signature: Signature | undefined): Route {
  const cloudwatch = form.get('Version') === CLOUDWATCH_VERSION || signature?.service === 'monitoring';
  return {
    service: cloudwatch ? 'cloudwatch' : 'sts',
    protocol: 'query',
    action: (form.get('Action') ?? '').slice(0, 200),
  };
}

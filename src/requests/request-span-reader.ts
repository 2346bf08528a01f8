import {
  type Attributes,
  type HrTime,
  SpanKind,
  type SpanStatus,
  SpanStatusCode,
  TraceFlags,
} from '@opentelemetry/api';
import type { PlainScope, PlainSpan, PlainSpanContext } from '../wire/messages.js';
import type { PlainRequestSpan } from '../wire/request-span.js';
import { type Address, serverAddress } from './address.js';
import { knownMethod } from './method.js';
import { pathOf } from './request-line.js';
import {
  type AskedRequest,
  addOutcome,
  addOwnAttributes,
  commonAttributes,
  isServerFault,
  type Outcome,
  spanName,
} from './span.js';
import { askedRequest } from './told-request.js';

/** What the spans of requests of one kind have in common, and what tells the kind. */
interface Kind {
  readonly method: string | undefined;
  readonly scheme: string;
  readonly httpVersion: string;
  readonly server: Address | undefined;
  readonly told: Told;
  readonly name: string;
  readonly status: SpanStatus;
  readonly attributes: Attributes;
}

type Told = Pick<Outcome, 'statusCode' | 'errorType' | 'route'>;

/** Routes whose kinds are remembered, and kinds of one that are; what comes beyond takes the place of all of them. */
const MAX_ROUTES = 1000;
const MAX_KINDS = 16;
/** UTF-16 units of each text of a kind that is. */
const MAX_LENGTH = 256;

/**
 * Makes the spans of what the request layer tells of them, as the SDK's tracer would have made them. The requests of a service are of few
 * kinds: same method, host, route and status. What that says of a span is made once, as one object, and those who work on spans know it again.
 */
export class RequestSpanReader {
  readonly #scope: PlainScope;
  /** By route, or by path where there is none. */
  readonly #kinds = new Map<string, Kind[]>();
  #host: string | undefined;
  #scheme: string | undefined;
  #server: Address | undefined;

  constructor(scope: PlainScope) {
    this.#scope = scope;
  }

  /** Path and query of the span's URL are as the client wrote them: the redactor reads them after this. */
  read(parts: PlainRequestSpan): PlainSpan {
    const [, , scheme, , , , , , , traceId, spanId, traceFlags, traceState, parentSpanId, parentTraceFlags] = parts;
    const [, , , , , , , , , , , , , , , startTime, duration, statusCode, errorType, route, more] = parts;
    const request = askedRequest(parts);
    const told = { statusCode, errorType, route };
    const kind = this.#kindOf(request, scheme, told);
    const context: PlainSpanContext = { traceId, spanId, traceFlags };
    if (traceState !== undefined) context.traceState = traceState;
    const span: PlainSpan = {
      name: kind.name,
      kind: SpanKind.SERVER,
      context,
      startTime: hrTime(startTime),
      endTime: hrTime(startTime, duration),
      status: kind.status,
      attributes: {},
      links: [],
      events: [],
      scope: this.#scope,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
    addOwnAttributes(span.attributes, request, (query) => query);
    if (more === undefined) span.sharedAttributes = kind.attributes;
    else {
      // It was there before the request had its end.
      span.attributes = { ...kind.attributes, ...span.attributes, ...more };
      addOutcome(span.attributes, told);
    }
    if (parentSpanId !== undefined) {
      span.parent = { traceId, spanId: parentSpanId, traceFlags: parentTraceFlags ?? TraceFlags.NONE, isRemote: true };
    }
    return span;
  }

  #kindOf(request: AskedRequest, scheme: string, told: Told): Kind {
    const { method, httpVersion, url = '' } = request;
    const { statusCode, errorType, route } = told;
    const server = this.#serverOf(request, scheme);
    // Without a route, the operation that Application Signals name is told by the path.
    const kinds = this.#kindsOf(route ?? pathOf(url));
    for (const kind of kinds) {
      const isIt =
        kind.told.statusCode === statusCode &&
        kind.told.route === route &&
        kind.method === method &&
        kind.server?.host === server?.host &&
        kind.server?.port === server?.port &&
        kind.scheme === scheme &&
        kind.httpVersion === httpVersion &&
        kind.told.errorType === errorType;
      if (isIt) return kind;
    }
    const name = spanName(knownMethod(method), route);
    const status = { code: isServerFault(statusCode) ? SpanStatusCode.ERROR : SpanStatusCode.UNSET };
    const attributes = commonAttributes(request, scheme, server);
    addOutcome(attributes, told);
    const kind: Kind = { method, scheme, httpVersion, server, told, name, status, attributes };
    if (kinds.length >= MAX_KINDS) kinds.length = 0;
    if ([method, server?.host, errorType].every(isShort)) kinds.push(kind);
    return kind;
  }

  #kindsOf(route: string): Kind[] {
    const known = this.#kinds.get(route);
    if (known !== undefined) return known;
    const kinds: Kind[] = [];
    if (!isShort(route)) return kinds;
    if (this.#kinds.size >= MAX_ROUTES) this.#kinds.clear();
    this.#kinds.set(route, kinds);
    return kinds;
  }

  /** As the request before where that named the same host: reading the header takes longer than all the rest. */
  #serverOf({ headers }: AskedRequest, scheme: string): Address | undefined {
    const { host } = headers;
    const isHostAll = headers.forwarded === undefined && headers['x-forwarded-host'] === undefined;
    if (!isHostAll || host === undefined) return serverAddress(headers, scheme);
    if (this.#host !== host || this.#scheme !== scheme) {
      this.#server = serverAddress(headers, scheme);
      this.#host = host;
      this.#scheme = scheme;
    }
    return this.#server;
  }
}

function isShort(text: string | undefined): boolean {
  return text === undefined || text.length <= MAX_LENGTH;
}

/** @param more milliseconds; together they may be more digits than a number has */
function hrTime(milliseconds: number, more = 0): HrTime {
  const nanoseconds = Math.round((milliseconds % 1000) * 1e6 + more * 1e6);
  return [Math.floor(milliseconds / 1000) + Math.floor(nanoseconds / 1e9), nanoseconds % 1e9];
}

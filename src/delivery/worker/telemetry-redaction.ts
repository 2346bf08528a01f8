/** Takes secrets out of telemetry of any origin, in the thread that sends it: no request pays for it. */

import type { AnyValue, Attributes, AttributeValue } from '@opentelemetry/api';
import type { ScopeMetrics } from '@opentelemetry/sdk-metrics';
import {
  ATTR_DB_QUERY_TEXT,
  ATTR_DB_SYSTEM_NAME,
  ATTR_HTTP_ROUTE,
  ATTR_URL_FULL,
  ATTR_URL_PATH,
  ATTR_URL_QUERY,
} from '@opentelemetry/semantic-conventions';
import { REDACTED, type Redactor } from '../../redaction/redactor.js';
import type { PlainLogRecord, PlainScope, PlainSpan, SpanMessage, Telemetry } from '../../wire/messages.js';
import { ERRORS_SCOPE } from '../../wire/scopes.js';

/** Texts that are remembered: most attributes of spans and metrics come again and again. */
const MAX_TEXTS = 2000;
/** UTF-16 units of a text that is worth remembering. */
const MAX_REMEMBERED = 256;
/** UTF-16 units; as much as is looked at. */
const MAX_TEXT = 65_536;
/** Routes and database systems beside which texts are remembered. */
const MAX_PLACES = 100;
const FORMER_DB_SYSTEM = 'db.system';
/** Levels of a log record's body and attributes; what lies deeper is left out. */
const MAX_DEPTH = 12;

/** Takes secrets out of log records; those of captured errors come without. */
export function recordRedaction(redactor: Redactor): (records: readonly PlainLogRecord[]) => PlainLogRecord[] {
  const redaction = telemetryRedaction(redactor);
  return (records) => redaction.records(records);
}

export function telemetryRedaction(redactor: Redactor): TelemetryRedaction {
  return new TelemetryRedaction(redactor, ({ scope }) => scope.name === ERRORS_SCOPE);
}

export class TelemetryRedaction {
  readonly #redactor: Redactor;
  readonly #isRedacted: (record: PlainLogRecord) => boolean;
  readonly #plainTexts = new Map<string, string>();
  readonly #texts = new Map<TextKind, Map<string, Map<string, string>>>();
  /** Those that spans share. */
  readonly #redacted = new WeakSet<Attributes>();
  readonly #cleanScopes = new WeakSet<PlainScope>();

  /** @param isRedacted which log records come without secrets already */
  constructor(redactor: Redactor, isRedacted: (record: PlainLogRecord) => boolean = () => false) {
    this.#redactor = redactor;
    this.#isRedacted = isRedacted;
  }

  redact(telemetry: Exclude<Telemetry, SpanMessage>): Exclude<Telemetry, SpanMessage> {
    if (telemetry.kind === 'metrics') {
      return { kind: 'metrics', scopeMetrics: telemetry.scopeMetrics.map((scope) => this.#metrics(scope)) };
    }
    return { kind: 'logs', records: this.records(telemetry.records) };
  }

  records(records: readonly PlainLogRecord[]): PlainLogRecord[] {
    return records.map((record) => (this.#isRedacted(record) ? record : this.#logRecord(record)));
  }

  /** Changes the span where it is: nobody else has it, and there are many. */
  redactSpan(span: PlainSpan): void {
    const { status, attributes, sharedAttributes, events, links } = span;
    span.name = this.#text(span.name);
    if (status.message !== undefined) span.status = { ...status, message: this.#text(status.message) };
    this.#redactAttributes(attributes, sharedAttributes);
    if (sharedAttributes !== undefined) this.#redactShared(sharedAttributes);
    for (const event of events) {
      event.name = this.#text(event.name);
      if (event.attributes) this.#redactAttributes(event.attributes);
    }
    for (const link of links) if (link.attributes) this.#redactAttributes(link.attributes);
    if (!this.#isClean(span.scope)) span.scope = this.#scope(span.scope);
  }

  attributes(attributes: Attributes): Attributes {
    return Object.fromEntries(
      Object.entries(attributes).map(([key, value]) => [key, this.#attribute(key, value, attributes)]),
    );
  }

  #redactShared(attributes: Attributes): void {
    if (this.#redacted.has(attributes)) return;
    this.#redactAttributes(attributes);
    this.#redacted.add(attributes);
  }

  /** @param shared attributes of the same span that other spans have too */
  #redactAttributes(attributes: Attributes, shared?: Attributes): void {
    for (const key in attributes) {
      const value = attributes[key];
      const redacted = this.#attribute(key, value, attributes, shared);
      if (redacted !== value) attributes[key] = redacted;
    }
  }

  #metrics({ scope, metrics }: ScopeMetrics): ScopeMetrics {
    const redacted = metrics.map(({ descriptor, ...metric }) => ({
      ...metric,
      descriptor: this.#descriptor(descriptor),
      dataPoints: metric.dataPoints.map((point) => ({ ...point, attributes: this.attributes(point.attributes) })),
    }));
    // Each metric keeps its kind of points.
    return { scope: this.#scope(scope), metrics: redacted as ScopeMetrics['metrics'] };
  }

  #descriptor<Descriptor extends { name: string; description: string; unit: string }>(given: Descriptor): Descriptor {
    const { name, description, unit } = given;
    return { ...given, name: this.#text(name), description: this.#text(description), unit: this.#text(unit) };
  }

  /** An application names its scopes and may put anything into them. */
  #scope<Scope extends PlainScope>(scope: Scope): Scope {
    const { name, version, schemaUrl } = scope;
    return {
      ...scope,
      name: this.#text(name),
      ...(version !== undefined && { version: this.#text(version) }),
      ...(schemaUrl !== undefined && { schemaUrl: this.#text(schemaUrl) }),
    };
  }

  /** Scopes are few, and the spans of one share it. */
  #isClean(scope: PlainScope): boolean {
    if (this.#cleanScopes.has(scope)) return true;
    const { name, version, schemaUrl } = this.#scope(scope);
    const isClean = name === scope.name && version === scope.version && schemaUrl === scope.schemaUrl;
    if (isClean) this.#cleanScopes.add(scope);
    return isClean;
  }

  #logRecord(record: PlainLogRecord): PlainLogRecord {
    const { body, attributes, eventName, scope } = record;
    return {
      ...record,
      scope: this.#scope(scope),
      ...(eventName !== undefined && { eventName: this.#text(eventName) }),
      ...(body !== undefined && { body: this.#value(body, 0) }),
      attributes: this.#entries(attributes, 0) as Attributes,
    };
  }

  #attribute(
    key: string,
    value: AttributeValue | undefined,
    attributes: Attributes,
    shared?: Attributes,
  ): AttributeValue | undefined {
    if (typeof value === 'string' && value !== '') {
      const kind = KINDS.get(key);
      if (kind !== undefined) return this.#known(kind, value, textOf(attributes, shared, kind));
    }
    return this.#held(key, value, 0) as AttributeValue | undefined;
  }

  #held(key: string, value: AnyValue, depth: number): AnyValue {
    if (typeof value === 'boolean' || value === null || value === undefined) return value;
    const known = typeof value === 'string' || typeof value === 'number' ? value : undefined;
    return this.#redactor.isSecret(key, known) ? REDACTED : this.#value(value, depth);
  }

  #value(value: AnyValue, depth: number): AnyValue {
    if (typeof value === 'string') return this.#text(value);
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
    if (depth >= MAX_DEPTH) return '[…]';
    if (Array.isArray(value)) return value.map((item) => this.#value(item, depth + 1));
    return this.#entries(value as Record<string, AnyValue>, depth);
  }

  #entries(values: Readonly<Record<string, AnyValue>>, depth: number): Record<string, AnyValue> {
    return Object.fromEntries(
      Object.entries(values).map(([key, value]) => {
        const kind = typeof value === 'string' && value !== '' ? KINDS.get(key) : undefined;
        if (kind === undefined) return [key, this.#held(key, value, depth + 1)];
        return [key, this.#known(kind, value as string, textOf(values as Attributes, undefined, kind))];
      }),
    );
  }

  #text(text: string): string {
    return this.#known(TEXT, text, undefined);
  }

  /** The text without secrets, read as what it is; remembered while it is short. */
  #known(kind: TextKind, text: string, beside: string | undefined): string {
    const { read } = kind;
    if (text.length > MAX_REMEMBERED) return read(this.#redactor, text, beside);
    const texts = kind === TEXT ? this.#plainTexts : this.#textsOf(kind, beside ?? '');
    const known = texts.get(text);
    if (known !== undefined) return known;
    const redacted = read(this.#redactor, text, beside);
    const oldest = texts.size >= MAX_TEXTS ? texts.keys().next().value : undefined;
    if (oldest !== undefined) texts.delete(oldest);
    // A short text may be a part of a long one, which it would keep.
    const kept = Buffer.from(text).toString();
    texts.set(kept, redacted === text ? kept : Buffer.from(redacted).toString());
    return redacted;
  }

  /** Paths and statements are read with what stands beside them, and so remembered with it. */
  #textsOf(kind: TextKind, place: string): Map<string, string> {
    const known = this.#texts.get(kind);
    const places = known ?? new Map<string, Map<string, string>>();
    if (known === undefined) this.#texts.set(kind, places);
    const texts = places.get(place);
    if (texts !== undefined) return texts;
    if (places.size >= MAX_PLACES) places.clear();
    const made = new Map<string, string>();
    places.set(place, made);
    return made;
  }
}

/** An attribute that is read as what it is: a query parameter by parameter, a statement token by token. */
interface TextKind {
  /** The attributes that say how it is to be read. */
  readonly beside: readonly string[];
  read(redactor: Redactor, text: string, beside: string | undefined): string;
}

const TEXT: TextKind = { beside: [], read: (redactor, text) => redactor.text(text, MAX_TEXT) };
const QUERY: TextKind = { beside: [], read: (redactor, text) => redactor.query(text) };
const PATH: TextKind = {
  beside: [ATTR_HTTP_ROUTE],
  read: (redactor, text, route) => redactor.text(redactor.path(text, route), MAX_TEXT),
};
const ADDRESS: TextKind = { beside: [ATTR_HTTP_ROUTE], read: (redactor, text, route) => redactor.url(text, route) };
const STATEMENT: TextKind = {
  beside: [ATTR_DB_SYSTEM_NAME, FORMER_DB_SYSTEM],
  read: (redactor, text, system) => redactor.statement(text, system),
};

/** By the conventions of today and, where instrumentations still use them, of before. */
const KINDS: ReadonlyMap<string, TextKind> = new Map([
  [ATTR_URL_QUERY, QUERY],
  [ATTR_URL_PATH, PATH],
  [ATTR_URL_FULL, ADDRESS],
  ['http.url', ADDRESS],
  ['http.target', ADDRESS],
  [ATTR_DB_QUERY_TEXT, STATEMENT],
  ['db.statement', STATEMENT],
]);

function textOf(attributes: Attributes, shared: Attributes | undefined, { beside }: TextKind): string | undefined {
  for (const name of beside) {
    const value = attributes[name] ?? shared?.[name];
    if (typeof value === 'string') return value;
  }
  return undefined;
}

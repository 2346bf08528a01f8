/** Takes secrets out of telemetry of any origin, in the thread that sends it: no request pays for it. */

import type { AnyValue, Attributes, AttributeValue } from '@opentelemetry/api';
import type { ScopeMetrics } from '@opentelemetry/sdk-metrics';
import { REDACTED, type Redactor } from '../../redaction/redactor.js';
import type { PlainLogRecord, PlainSpan, SpanMessage, Telemetry } from '../../wire/messages.js';

/** Texts that are remembered: most attributes of spans and metrics come again and again. */
const MAX_TEXTS = 2000;
/** UTF-16 units of a text that is worth remembering. */
const MAX_REMEMBERED = 256;
/** UTF-16 units; as much as is looked at. */
const MAX_TEXT = 65_536;
/** Levels of a log record's body and attributes; what lies deeper is left out. */
const MAX_DEPTH = 12;

export class TelemetryRedaction {
  readonly #redactor: Redactor;
  readonly #isRedacted: (record: PlainLogRecord) => boolean;
  readonly #texts = new Map<string, string>();
  /** Those that spans share. */
  readonly #redacted = new WeakSet<Attributes>();

  /** @param isRedacted which log records come without secrets already */
  constructor(redactor: Redactor, isRedacted: (record: PlainLogRecord) => boolean = () => false) {
    this.#redactor = redactor;
    this.#isRedacted = isRedacted;
  }

  redact(telemetry: Exclude<Telemetry, SpanMessage>): Exclude<Telemetry, SpanMessage> {
    if (telemetry.kind === 'metrics') {
      return { kind: 'metrics', scopeMetrics: telemetry.scopeMetrics.map((scope) => this.#metrics(scope)) };
    }
    return {
      kind: 'logs',
      records: telemetry.records.map((record) => (this.#isRedacted(record) ? record : this.#logRecord(record))),
    };
  }

  /** Changes the span where it is: nobody else has it, and there are many. */
  redactSpan(span: PlainSpan): void {
    const { status, attributes, sharedAttributes, events, links } = span;
    span.name = this.#text(span.name);
    if (status.message !== undefined) span.status = { ...status, message: this.#text(status.message) };
    this.#redactAttributes(attributes);
    if (sharedAttributes !== undefined) this.#redactShared(sharedAttributes);
    for (const event of events) {
      event.name = this.#text(event.name);
      if (event.attributes) this.#redactAttributes(event.attributes);
    }
    for (const link of links) if (link.attributes) this.#redactAttributes(link.attributes);
  }

  attributes(attributes: Attributes): Attributes {
    return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, this.#attribute(key, value)]));
  }

  #redactShared(attributes: Attributes): void {
    if (this.#redacted.has(attributes)) return;
    this.#redactAttributes(attributes);
    this.#redacted.add(attributes);
  }

  #redactAttributes(attributes: Attributes): void {
    for (const key in attributes) {
      const value = attributes[key];
      const redacted = this.#attribute(key, value);
      if (redacted !== value) attributes[key] = redacted;
    }
  }

  #metrics({ metrics, ...rest }: ScopeMetrics): ScopeMetrics {
    const redacted = metrics.map((metric) => ({
      ...metric,
      dataPoints: metric.dataPoints.map((point) => ({ ...point, attributes: this.attributes(point.attributes) })),
    }));
    // Each metric keeps its kind of points.
    return { ...rest, metrics: redacted as ScopeMetrics['metrics'] };
  }

  #logRecord(record: PlainLogRecord): PlainLogRecord {
    const { body, attributes, eventName } = record;
    return {
      ...record,
      ...(eventName !== undefined && { eventName: this.#text(eventName) }),
      ...(body !== undefined && { body: this.#value(body, 0) }),
      attributes: this.#entries(attributes, 0) as Attributes,
    };
  }

  #attribute(key: string, value: AttributeValue | undefined): AttributeValue | undefined {
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
    return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, this.#held(key, value, depth + 1)]));
  }

  #text(text: string): string {
    if (text.length > MAX_REMEMBERED) return this.#redactor.text(text, MAX_TEXT);
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const redacted = this.#redactor.text(text, MAX_TEXT);
    const oldest = this.#texts.size >= MAX_TEXTS ? this.#texts.keys().next().value : undefined;
    if (oldest !== undefined) this.#texts.delete(oldest);
    // A short text may be a part of a long one, which it would keep.
    const kept = Buffer.from(text).toString();
    this.#texts.set(kept, redacted === text ? kept : Buffer.from(redacted).toString());
    return redacted;
  }
}

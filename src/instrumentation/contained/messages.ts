import type { CallRules } from '../containment/call-rule.js';
import { overlayIfObject } from '../containment/overlay.js';

interface Batch {
  readonly messages?: unknown;
  readonly topicMessages?: unknown;
}

/** kafkajs: the instrumentation writes the trace into the headers of each message, and wraps the consumer's functions in place. */
export const KAFKAJS_RULES: CallRules = {
  send: { copy: ([record, ...rest]) => [withMessages(record), ...rest] },
  sendBatch: {
    copy: ([batch, ...rest]) => [
      overlayIfObject(batch, { topicMessages: listOf((batch as Batch).topicMessages, withMessages) }),
      ...rest,
    ],
  },
  run: { copy: ([config, ...rest]) => [overlayIfObject(config), ...rest] },
};

/** amqplib: the instrumentation writes the trace into the headers of the options. */
export const AMQPLIB_RULES: CallRules = {
  publish: {
    copy: ([exchange, routingKey, content, options, ...rest]) => [
      exchange,
      routingKey,
      content,
      withHeaders(options),
      ...rest,
    ],
  },
};

function withMessages(record: unknown): unknown {
  return overlayIfObject(record, { messages: listOf((record as Batch).messages, withHeaders) });
}

function withHeaders(message: unknown): unknown {
  const headers = (message as { headers?: unknown } | null | undefined)?.headers;
  return typeof headers === 'object' && headers !== null
    ? overlayIfObject(message, { headers: { ...headers } })
    : overlayIfObject(message);
}

function listOf(value: unknown, copy: (each: unknown) => unknown): unknown {
  return Array.isArray(value) ? value.map(copy) : value;
}

import type { HttpAnswer } from './http-answer.js';
import { meaningOf } from './status-meaning.js';

/** An answer that is not a success. `name` is the service's error code where it gave one. */
export class AnswerError extends Error {
  override readonly name: string;

  constructor(
    name: string,
    message: string,
    readonly status: number,
    readonly headers: Readonly<Record<string, string | undefined>> = {},
  ) {
    super(message);
    this.name = name;
  }
}

/** Text of an error kept for a person, characters. */
const MAX_MESSAGE = 500;

/**
 * The error that an answer states: `x-amzn-errortype` or `__type` and `message` of an AWS JSON error, `<Code>` and `<Message>` of an
 * XML one, a protobuf `google.rpc.Status` (OTLP specification), else its text.
 */
export function errorOf(answer: HttpAnswer): AnswerError {
  const { status, headers, body } = answer;
  const text = body.toString('utf8');
  const stated = fromJson(text) ?? fromXml(text) ?? fromProtobuf(headers['content-type'], body);
  const name = code(headers['x-amzn-errortype']) ?? code(stated?.code) ?? 'HttpError';
  const message = (stated?.message ?? text).trim().slice(0, MAX_MESSAGE) || meaningOf(status, headers.location);
  return new AnswerError(name, message, status, headers);
}

interface Stated {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/** `com.amazonaws.xray#ThrottledException:http://…` is a `ThrottledException`. */
function code(value: string | undefined): string | undefined {
  const name = value?.split(':')[0]?.split('#').pop()?.trim();
  return name === undefined || !/^\w+$/.test(name) ? undefined : name;
}

function fromJson(text: string): Stated | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    const parsed: Record<string, unknown> = JSON.parse(text);
    return {
      code: string(parsed.__type) ?? string(parsed.code),
      message: string(parsed.message) ?? string(parsed.Message) ?? string(parsed.errorMessage),
    };
  } catch {
    return undefined;
  }
}

function string(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function fromXml(text: string): Stated | undefined {
  const found = /<Code>([^<]*)<\/Code>/.exec(text)?.[1];
  return found === undefined ? undefined : { code: found, message: /<Message>([^<]*)<\/Message>/.exec(text)?.[1] };
}

/** `google.rpc.Status`: 1 code (varint), 2 message (string). */
function fromProtobuf(contentType: string | undefined, body: Buffer): Stated | undefined {
  if (!contentType?.startsWith('application/x-protobuf')) return undefined;
  let at = 0;
  if (body[at] === 0x08) {
    at += 1;
    while (((body[at] ?? 0) & 0x80) !== 0) at += 1;
    at += 1;
  }
  if (body[at] !== 0x12) return { message: '' };
  let length = 0;
  let shift = 0;
  do {
    at += 1;
    length |= ((body[at] ?? 0) & 0x7f) << shift;
    shift += 7;
  } while (((body[at] ?? 0) & 0x80) !== 0 && shift < 28);
  return { message: body.toString('utf8', at + 1, at + 1 + length) };
}

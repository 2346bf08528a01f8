import { context, propagation } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { overlay, overlayIfObject } from '../containment/overlay.js';
import { SharedStream } from '../containment/shared-stream.js';
import { observed, readProperty } from '../observe.js';

/** The most attributes that SQS and SNS take of a message (SQS Developer Guide, "Amazon SQS message metadata"). */
export const MAX_MESSAGE_ATTRIBUTES = 10;

interface Request {
  readonly serviceName?: string;
  readonly commandName?: string;
  readonly commandInput?: unknown;
}

interface RequestMetadata {
  readonly isIncoming: boolean;
  readonly isStream?: boolean;
}

interface Response {
  readonly data: unknown;
  readonly request: Request;
}

/** The instrumentation's hooks for single services, of version 0.79. */
interface ServicesExtensions {
  requestPreSpanHook(request: Request, ...rest: unknown[]): RequestMetadata;
  requestPostSpanHook(request: Request): void;
  responseHook(response: Response, ...rest: unknown[]): unknown;
}

interface Command {
  readonly input?: unknown;
}

type Handler = (this: unknown, command: Command) => Promise<unknown>;
type Resolve = (this: unknown, handler: unknown, executionContext: unknown) => Handler;

interface AwsInstrumentation extends Instrumentation {
  servicesExtensions?: ServicesExtensions;
  _getV3MiddlewareStackResolvePatch(version: string | undefined, original: Resolve): Resolve;
}

type AwsInstrumentationClass = new (config: object) => AwsInstrumentation;

/**
 * The instrumentation of the AWS SDK, contained. It wraps handlers that `_wrap` does not see. Its hooks run where no
 * promise that the application has takes what they throw.
 */
export function containedAwsSdk(Class: AwsInstrumentationClass): AwsInstrumentationClass {
  return class extends Class {
    constructor(config: object) {
      super(config);
      if (this.servicesExtensions) this.servicesExtensions = guardedExtensions(this.servicesExtensions);
    }

    override _getV3MiddlewareStackResolvePatch(version: string | undefined, original: Resolve): Resolve {
      const patch = super._getV3MiddlewareStackResolvePatch.bind(this);
      return function resolve(handler, executionContext) {
        const plain = original.call(this, handler, executionContext);
        return (command) => {
          let sent: Promise<unknown> | undefined;
          const given = observed(() => commandForInstrumentation(command)) ?? command;
          // What a middleware throws at once would leave the instrumentation's promise unsettled.
          const send: Handler = (passedOn) => {
            sent = new Promise((settle) => settle(plain.call(this, passedOn)));
            return sent;
          };
          const instrumented = observed(() => patch(version, () => send).call(this, handler, executionContext)(given));
          if (instrumented === undefined) return sent ?? plain.call(this, command);
          return instrumented.catch(() => sent ?? plain.call(this, command));
        };
      };
    }
  };
}

/** Commands whose input the instrumentation writes to. */
const WRITTEN_COMMANDS = new Set(['SendMessage', 'SendMessageBatch', 'ReceiveMessage', 'Publish', 'Invoke']);

/** The command with an input that may be written to. */
function commandForInstrumentation(command: Command): Command {
  const { input } = command;
  const name = command.constructor.name.replace(/Command$/, '');
  if (!WRITTEN_COMMANDS.has(name) || typeof input !== 'object' || input === null) return command;
  const { Entries: entries } = input as { Entries?: unknown };
  const copy = Array.isArray(entries) ? { Entries: entries.map((entry) => overlayIfObject(entry)) } : {};
  return overlay(command, { input: overlay(input, copy) });
}

function guardedExtensions(extensions: ServicesExtensions): ServicesExtensions {
  return Object.assign(Object.create(extensions) as ServicesExtensions, {
    requestPreSpanHook(request: Request, ...rest: unknown[]): RequestMetadata {
      const hook = (asked: Request) => observed(() => extensions.requestPreSpanHook(asked, ...rest));
      const metadata = isBedrockInvocation(request)
        ? (observed(() => extensions.requestPreSpanHook(withTextBody(request), ...rest)) ?? hook(withoutBody(request)))
        : hook(request);
      // What is received is handled in the context of the caller, as `await` has it: a loop that polls makes no endless trace.
      return { ...metadata, isIncoming: false };
    },
    requestPostSpanHook(request: Request): void {
      observed(() => propagateInMessages(request) || extensions.requestPostSpanHook(request));
    },
    responseHook(response: Response, ...rest: unknown[]): unknown {
      const hook = (given: Response) => extensions.responseHook(given, ...rest);
      const replaced = observed(() => hookWithSharedStream(response, hook));
      if (!(replaced instanceof Promise)) return replaced;
      return replaced.then(
        (data) => data ?? response.data,
        () => response.data,
      );
    },
  });
}

/** The properties of Bedrock's answers that hold an event stream. */
const STREAMS = ['body', 'stream'] as const;

/** Calls the hook with an event stream of its own, since the hook replaces the stream of the application. */
function hookWithSharedStream(response: Response, hook: (given: Response) => unknown): unknown {
  const data = response.data as Record<string, unknown> | undefined;
  const key = isBedrock(response) ? STREAMS.find((name) => isAsyncIterable(data?.[name])) : undefined;
  if (!data || key === undefined) return hook(response);
  const source = data[key] as AsyncIterable<unknown>;
  const shared = new SharedStream(source);
  const replaced = hook({ ...response, data: { ...data, [key]: shared.forInstrumentation } });
  const withStream = (answer: unknown): unknown => {
    const instrumented = readProperty(answer, key);
    if (!isAsyncIterable(instrumented) || instrumented === shared.forInstrumentation) return undefined;
    const iterate = () => shared.iterate(instrumented as AsyncGenerator<unknown>);
    return { ...(answer as object), [key]: overlay(source, { [Symbol.asyncIterator]: iterate }) };
  };
  return replaced instanceof Promise ? replaced.then(withStream) : withStream(replaced);
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof readProperty(value, Symbol.asyncIterator) === 'function';
}

function isBedrock({ request }: Response): boolean {
  return request.serviceName === 'BedrockRuntime';
}

function isBedrockInvocation({ serviceName, commandName }: Request): boolean {
  return serviceName === 'BedrockRuntime' && commandName?.startsWith('InvokeModel') === true;
}

/** The instrumentation parses the body as a text, and most applications send bytes. */
function withTextBody(request: Request): Request {
  const { body } = request.commandInput as { body?: unknown };
  if (!(body instanceof Uint8Array)) return request;
  return {
    ...request,
    commandInput: overlay(request.commandInput as object, { body: new TextDecoder().decode(body) }),
  };
}

function withoutBody(request: Request): Request {
  return { ...request, commandInput: overlayIfObject(request.commandInput, { body: undefined }) };
}

interface Message {
  MessageAttributes?: Record<string, unknown>;
}

/** Writes the trace into messages of SQS and SNS. Returns whether the request has some. */
function propagateInMessages({ serviceName, commandName, commandInput }: Request): boolean {
  if (serviceName === 'SQS' && commandName === 'SendMessageBatch') {
    const { Entries: entries } = commandInput as { Entries?: unknown };
    if (Array.isArray(entries)) for (const entry of entries) propagateInMessage(entry);
    return true;
  }
  const isMessage = serviceName === 'SQS' ? commandName === 'SendMessage' : commandName === 'Publish';
  if ((serviceName !== 'SQS' && serviceName !== 'SNS') || !isMessage) return false;
  propagateInMessage(commandInput);
  return true;
}

/** Adds attributes in the order of the propagators, as many as the service takes beside the application's. */
function propagateInMessage(message: unknown): void {
  if (typeof message !== 'object' || message === null) return;
  const { MessageAttributes: given } = message as Message;
  if (given !== undefined && given !== null && typeof given !== 'object') return;
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  const attributes: Record<string, unknown> = { ...given };
  let free = MAX_MESSAGE_ATTRIBUTES - Object.keys(attributes).length;
  for (const [name, value] of Object.entries(carrier)) {
    if (!(name in attributes) && free-- <= 0) continue;
    attributes[name] = { DataType: 'String', StringValue: value };
  }
  (message as Message).MessageAttributes = attributes;
}

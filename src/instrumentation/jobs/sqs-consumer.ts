import { InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation';
import { messageProcessing, type Work } from '../../jobs/work.js';
import type { FrameworkHooks } from '../framework-hooks.js';
import { readProperty } from '../observe.js';
import { Patches, unwrapMethod, wrapMethod } from '../patches.js';
import { runAsWork } from './handlers.js';

interface Message {
  readonly MessageId?: string;
  readonly Attributes?: Readonly<Record<string, string | undefined>>;
  readonly MessageAttributes?: Readonly<Record<string, { readonly StringValue?: string } | undefined>>;
}

interface Consumer {
  readonly queueUrl?: string;
}

interface ConsumerPrototype {
  executeHandler?: (this: Consumer, message: Message) => unknown;
  executeBatchHandler?: (this: Consumer, messages: Message[]) => unknown;
}

interface SqsConsumer {
  Consumer?: { prototype?: ConsumerPrototype };
}

const VERSIONS = ['>=7.0.0 <15'];

export const SQS_CONSUMER_MODULES = ['sqs-consumer'];

/** Messages of `sqs-consumer`, which makes an event of what a handler throws. A batch is one piece of work. */
export function patchSqsConsumer(hooks: FrameworkHooks): Patches {
  return new Patches('sqs-consumer', [
    new InstrumentationNodeModuleDefinition(
      'sqs-consumer',
      VERSIONS,
      (exports: SqsConsumer) => {
        const prototype = exports.Consumer?.prototype;
        wrapMethod(
          prototype,
          'executeHandler',
          (original) =>
            function executeHandler(message) {
              return runAsWork(
                hooks,
                () => workOf(this, [message]),
                () => original.call(this, message),
              );
            },
        );
        wrapMethod(
          prototype,
          'executeBatchHandler',
          (original) =>
            function executeBatchHandler(messages) {
              return runAsWork(
                hooks,
                () => workOf(this, messages),
                () => original.call(this, messages),
              );
            },
        );
        return exports;
      },
      (exports: SqsConsumer) => {
        unwrapMethod(exports.Consumer?.prototype, 'executeHandler');
        unwrapMethod(exports.Consumer?.prototype, 'executeBatchHandler');
      },
    ),
  ]);
}

function workOf({ queueUrl }: Consumer, messages: readonly Message[]): Work {
  const [first] = messages;
  const isBatch = messages.length > 1;
  return {
    ...messageProcessing({
      system: 'aws_sqs',
      destination: String(queueUrl).split('/').at(-1) ?? '',
      mechanism: 'sqs-consumer',
      id: isBatch ? undefined : first?.MessageId,
      headers: first && headersOf(first),
      ...(isBatch && { told: { 'messaging.batch.message_count': messages.length } }),
    }),
    failureOf: handlersError,
  };
}

/** sqs-consumer wraps what a handler throws in an error of its own, whose stack tells nothing of the handler. */
function handlersError(error: unknown): unknown {
  return readProperty(error, 'cause') ?? error;
}

/** SQS gives X-Ray's header as a system attribute, others as message attributes. */
function headersOf({ Attributes, MessageAttributes }: Message): Record<string, unknown> {
  const attributes = Object.entries(MessageAttributes ?? {}).map(([name, attribute]) => [name, attribute?.StringValue]);
  return { 'x-amzn-trace-id': Attributes?.AWSTraceHeader, ...Object.fromEntries(attributes) };
}

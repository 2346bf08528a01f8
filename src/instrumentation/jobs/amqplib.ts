import { InstrumentationNodeModuleDefinition, InstrumentationNodeModuleFile } from '@opentelemetry/instrumentation';
import { messageProcessing, type Work } from '../../jobs/work.js';
import type { FrameworkHooks } from '../framework-hooks.js';
import { Patches, unwrapMethod, wrapMethod } from '../patches.js';
import { workHandler } from './handlers.js';

interface ChannelPrototype {
  consume?: (this: unknown, queue: unknown, handler: unknown, ...rest: unknown[]) => unknown;
}

interface ChannelModel {
  Channel?: { prototype?: ChannelPrototype };
}

interface Message {
  readonly fields?: { readonly deliveryTag?: number };
  readonly properties?: { readonly messageId?: string };
}

const VERSIONS = ['>=0.5.5 <3'];
const FILES = ['amqplib/lib/channel_model.js', 'amqplib/lib/callback_model.js'];

export const AMQPLIB_MODULES = ['amqplib', 'amqplib/callback_api'];

/** Durations and failures of the handlers of `amqplib`. OpenTelemetry's instrumentation makes their spans. */
export function patchAmqplib(hooks: FrameworkHooks): Patches {
  const files = FILES.map(
    (file) =>
      new InstrumentationNodeModuleFile(
        file,
        VERSIONS,
        (exports: ChannelModel) => {
          wrapMethod(
            exports.Channel?.prototype,
            'consume',
            (original) =>
              function consume(queue, handler, ...rest) {
                return original.call(this, queue, workHandler(hooks, handler, workOf(queue)), ...rest);
              },
          );
          return exports;
        },
        (exports?: ChannelModel) => unwrapMethod(exports?.Channel?.prototype, 'consume'),
      ),
  );
  return new Patches('amqplib', [
    new InstrumentationNodeModuleDefinition('amqplib', VERSIONS, undefined, undefined, files),
  ]);
}

/** A consumer that the server has cancelled is told so by a message that is null: no message. */
const workOf =
  (queue: unknown) =>
  (message: Message | null): Work | undefined =>
    message === null
      ? undefined
      : {
          ...messageProcessing({
            system: 'rabbitmq',
            destination: String(queue),
            mechanism: 'amqplib',
            id: message.properties?.messageId,
          }),
          hasSpan: true,
        };

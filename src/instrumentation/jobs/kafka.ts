import { InstrumentationNodeModuleDefinition } from '@opentelemetry/instrumentation';
import { messageProcessing, type Work } from '../../jobs/work.js';
import type { FrameworkHooks } from '../framework-hooks.js';
import { observed } from '../observe.js';
import { Patches, unwrapMethod, wrapMethod } from '../patches.js';
import { workHandler } from './handlers.js';

interface EachMessage {
  readonly topic: string;
  readonly partition?: number;
  readonly message: { readonly headers?: Readonly<Record<string, unknown>> };
}

interface EachBatch {
  readonly batch: { readonly topic: string; readonly partition?: number; readonly messages: readonly unknown[] };
}

interface RunConfig {
  readonly eachMessage?: unknown;
  readonly eachBatch?: unknown;
}

interface Consumer {
  run?: (this: unknown, config?: RunConfig, ...rest: unknown[]) => unknown;
}

interface KafkaPrototype {
  consumer?: (this: unknown, ...args: unknown[]) => Consumer;
}

interface KafkaModule {
  Kafka?: { prototype?: KafkaPrototype };
  KafkaJS?: { Kafka?: { prototype?: KafkaPrototype } };
}

export const KAFKAJS_MODULES = ['kafkajs'];
export const CONFLUENT_MODULES = ['@confluentinc/kafka-javascript'];

/** Failures of the handlers of `kafkajs`, which retries them. OpenTelemetry's instrumentation makes their spans and measures them. */
export function patchKafkajs(hooks: FrameworkHooks): Patches {
  return patchKafka(hooks, { module: 'kafkajs', versions: ['>=1.0.0 <3'], mechanism: 'kafkajs', isInstrumented: true });
}

/** Messages of `@confluentinc/kafka-javascript`, by its KafkaJS interface. */
export function patchConfluentKafka(hooks: FrameworkHooks): Patches {
  const [module = ''] = CONFLUENT_MODULES;
  return patchKafka(hooks, { module, versions: ['>=1.0.0 <2'], mechanism: 'confluent-kafka', isInstrumented: false });
}

interface Library {
  readonly module: string;
  readonly versions: string[];
  readonly mechanism: string;
  /** Whether OpenTelemetry instruments it. */
  readonly isInstrumented: boolean;
}

function patchKafka(hooks: FrameworkHooks, library: Library): Patches {
  const prototypeOf = ({ Kafka, KafkaJS }: KafkaModule) => (KafkaJS?.Kafka ?? Kafka)?.prototype;
  return new Patches(library.mechanism, [
    new InstrumentationNodeModuleDefinition(
      library.module,
      library.versions,
      (exports: KafkaModule) => {
        wrapMethod(
          prototypeOf(exports),
          'consumer',
          (original) =>
            function consumer(...args) {
              const made = original.apply(this, args);
              observed(() => observeRuns(made, hooks, library));
              return made;
            },
        );
        return exports;
      },
      (exports: KafkaModule) => unwrapMethod(prototypeOf(exports), 'consumer'),
    ),
  ]);
}

function observeRuns(consumer: Consumer, hooks: FrameworkHooks, library: Library): void {
  wrapMethod(
    consumer,
    'run',
    (original) =>
      function run(config, ...rest) {
        const handlers = observed(() => observedHandlers(config, hooks, library));
        return original.call(this, handlers === undefined ? config : { ...config, ...handlers }, ...rest);
      },
  );
}

function observedHandlers(
  config: RunConfig | undefined,
  hooks: FrameworkHooks,
  library: Library,
): RunConfig | undefined {
  if (config === undefined) return undefined;
  const { eachMessage, eachBatch } = config;
  return {
    ...(eachMessage !== undefined && { eachMessage: workHandler(hooks, eachMessage, messageWork(library)) }),
    ...(eachBatch !== undefined && { eachBatch: workHandler(hooks, eachBatch, batchWork(library)) }),
  };
}

const messageWork =
  ({ mechanism, isInstrumented }: Library) =>
  ({ topic, partition, message }: EachMessage): Work => ({
    ...messageProcessing({
      system: 'kafka',
      destination: topic,
      mechanism,
      headers: message.headers,
      told: {
        ...(partition !== undefined && { 'messaging.destination.partition.id': String(partition) }),
      },
    }),
    isInstrumented,
  });

const batchWork =
  ({ mechanism, isInstrumented }: Library) =>
  ({ batch: { topic, messages } }: EachBatch): Work => ({
    ...messageProcessing({
      system: 'kafka',
      destination: topic,
      mechanism,
      told: { 'messaging.batch.message_count': messages.length },
    }),
    isInstrumented,
  });

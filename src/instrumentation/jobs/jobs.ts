import type { FrameworkHooks } from '../framework-hooks.js';
import type { Recipe } from '../lazy-instrumentations.js';
import { AMQPLIB_MODULES, patchAmqplib } from './amqplib.js';
import { BULLMQ_MODULES, patchBullmq } from './bullmq.js';
import { CRONER_MODULES, patchCroner } from './croner.js';
import { CONFLUENT_MODULES, KAFKAJS_MODULES, patchConfluentKafka, patchKafkajs } from './kafka.js';
import { NODE_CRON_MODULES, patchNodeCron } from './node-cron.js';
import { patchSqsConsumer, SQS_CONSUMER_MODULES } from './sqs-consumer.js';

/** Names of what only we instrument, beside OpenTelemetry's. */
export const WORK_LIBRARIES = ['node-cron', 'croner', 'bullmq', 'sqs-consumer', 'confluent-kafka'];

/**
 * Patches of what starts work without a request, by the names by which they can be disabled. They come after OpenTelemetry's
 * instrumentations of the same libraries, so that the application's handler runs inside of both, and ours is the inner one.
 */
export function workRecipes(hooks: FrameworkHooks): Recipe[] {
  return [
    { name: 'node-cron', modules: NODE_CRON_MODULES, create: () => patchNodeCron(hooks) },
    { name: 'croner', modules: CRONER_MODULES, create: () => patchCroner(hooks) },
    { name: 'bullmq', modules: BULLMQ_MODULES, create: () => patchBullmq(hooks) },
    { name: 'sqs-consumer', modules: SQS_CONSUMER_MODULES, create: () => patchSqsConsumer(hooks) },
    { name: 'confluent-kafka', modules: CONFLUENT_MODULES, create: () => patchConfluentKafka(hooks) },
    { name: 'kafkajs', modules: KAFKAJS_MODULES, create: () => patchKafkajs(hooks) },
    { name: 'amqplib', modules: AMQPLIB_MODULES, create: () => patchAmqplib(hooks) },
  ];
}

import { context } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { containedAwsSdk } from './contained/aws-sdk.js';
import { containedDataloader, DATALOADER_RULES } from './contained/dataloader.js';
import { GRPC_RULES } from './contained/grpc.js';
import { containedKafkaJs } from './contained/kafkajs.js';
import { containedLruMemoizer } from './contained/lru-memoizer.js';
import { containedMemcached } from './contained/memcached.js';
import { AMQPLIB_RULES, KAFKAJS_RULES } from './contained/messages.js';
import { containedMysql } from './contained/mysql.js';
import { containedMysql2 } from './contained/mysql2.js';
import { OPENAI_RULES } from './contained/openai.js';
import { containedPg, PG_RULES } from './contained/pg.js';
import { containedRestify } from './contained/restify.js';
import {
  CONNECT_RULES,
  HANDLER_RULES,
  ioredisRules,
  knexRules,
  SOCKET_IO_RULES,
  WINSTON_RULES,
} from './contained/rules.js';
import { removeTraceHeaders } from './contained/trace-headers.js';
import { containedUndici } from './contained/undici.js';
import type { CallRules } from './containment/call-rule.js';
import { type LambdaHooks, lambdaOptions } from './lambda-hooks.js';
import { addXrayTraceId } from './log-correlation.js';
import { ignoreOutgoingRequest, isSuppressed } from './outgoing-calls.js';
import type { UnsampledContext } from './unsampled-calls.js';
import type { UndiciRequest } from './unsampled-fetch-calls.js';
import { withUnsampledQueries } from './unsampled-pg-queries.js';

export type RequestPath = 'short' | 'full';

/** What the options of an instrumentation may depend on. */
export interface InstrumentationSurroundings {
  readonly requestPath: RequestPath;
  /** Whether a call is one of an unsampled request, and taken care of already. */
  readonly takesFetch: (request: UndiciRequest) => boolean;
  readonly unsampledContext: UnsampledContext;
  /** Of a Lambda function. */
  readonly lambda?: LambdaHooks | undefined;
  /** Whether the settings ask for the instrumentation of that name. */
  readonly isInstrumented: (name: string) => boolean;
}

/** One of OpenTelemetry's instrumentations: what loads it and how it is set up. */
export interface CatalogueEntry {
  /** As in `OTEL_NODE_ENABLED_INSTRUMENTATIONS`. */
  readonly name: string;
  readonly package: string;
  readonly className: string;
  /** The modules that it patches, as one imports them; the first load of any of them creates it. */
  readonly modules: readonly string[];
  /** `lambda`: at the start of a Lambda function; patches no module, so that no load can create it. */
  readonly createdAt?: 'lambda';
  /** The diagnostics channel whose first message creates it, and its method that takes what is told there. */
  readonly listens?: { readonly channel: string; readonly method: string };
  /** `full`: when it also has to instrument incoming requests (`MONITORING_REQUEST_PATH=full`). */
  readonly byDefault: boolean | 'full';
  /** Versions of the modules that it supports besides those that it declares; tested here. */
  readonly moreVersions?: readonly string[];
  /** What the containment has to know of the methods that it wraps. */
  readonly rules?: (surroundings: InstrumentationSurroundings) => CallRules;
  /** Its class, where it has to be contained from inside. */
  readonly contained?: (Class: never) => new (config: object) => Instrumentation;
  /** Modules whose newer versions only export another module of the list. */
  readonly reexports?: readonly string[];
  readonly options?: (surroundings: InstrumentationSurroundings) => object;
  /** Its class, but what unsampled requests do goes past it; with `MONITORING_REQUEST_PATH=short`. */
  readonly shorten?: (Class: never, unsampledContext: UnsampledContext) => new (config: object) => Instrumentation;
}

const AWS_SDK_MODULES = [
  '@aws-sdk/middleware-stack',
  '@aws-sdk/smithy-client',
  '@smithy/core',
  '@smithy/core/client',
  '@smithy/middleware-stack',
  '@smithy/smithy-client',
];
/** Calls outside of any trace are measured as well; the tracer begins no trace for them (durations/measured-clients.ts). */
const ALSO_WITHOUT_PARENT = { requireParentSpan: false };
const LOG_OPTIONS = { disableLogSending: true, logHook: addXrayTraceId };

export const CATALOGUE: readonly CatalogueEntry[] = [
  entry('http', 'HttpInstrumentation', ['http', 'https'], {
    options: ({ requestPath }) => ({
      disableIncomingRequestInstrumentation: requestPath === 'short',
      ignoreOutgoingRequestHook: ignoreOutgoingRequest,
    }),
  }),
  // Node's own fetch loads no module that could be seen.
  entry('undici', 'UndiciInstrumentation', [], {
    contained: containedUndici,
    listens: { channel: 'undici:request:create', method: 'onRequestCreated' },
    options: ({ takesFetch }) => ({
      ignoreRequestHook: (request: UndiciRequest) => {
        if (isSuppressed() || takesFetch(request)) return true;
        removeTraceHeaders(request, context.active());
        return false;
      },
    }),
  }),
  entry('grpc', 'GrpcInstrumentation', ['@grpc/grpc-js'], { rules: () => GRPC_RULES }),
  entry('graphql', 'GraphQLInstrumentation', ['graphql'], {
    options: () => ({ mergeItems: true, ignoreTrivialResolveSpans: true }),
  }),
  entry('socket.io', 'SocketIoInstrumentation', ['socket.io'], { rules: () => SOCKET_IO_RULES }),
  entry('aws-sdk', 'AwsInstrumentation', AWS_SDK_MODULES, {
    contained: containedAwsSdk,
    options: () => ({ suppressInternalInstrumentation: true }),
  }),
  entry('aws-lambda', 'AwsLambdaInstrumentation', [], {
    createdAt: 'lambda',
    options: ({ lambda }) => (lambda ? lambdaOptions(lambda) : {}),
  }),
  entry('openai', 'OpenAIInstrumentation', ['openai'], {
    // What it patches is the same in version 7.
    moreVersions: ['>=7.0.0 <8'],
    rules: () => OPENAI_RULES,
  }),

  entry('cassandra-driver', 'CassandraDriverInstrumentation', ['cassandra-driver']),
  entry('dataloader', 'DataloaderInstrumentation', ['dataloader'], {
    contained: containedDataloader,
    rules: () => DATALOADER_RULES,
  }),
  entry('ioredis', 'IORedisInstrumentation', ['ioredis'], {
    rules: ioredisRules,
    options: () => ALSO_WITHOUT_PARENT,
  }),
  entry('knex', 'KnexInstrumentation', ['knex'], { rules: ({ isInstrumented }) => knexRules(isInstrumented) }),
  entry('memcached', 'MemcachedInstrumentation', ['memcached'], { contained: containedMemcached }),
  entry('mongodb', 'MongoDBInstrumentation', ['mongodb'], { options: () => ALSO_WITHOUT_PARENT }),
  entry('mongoose', 'MongooseInstrumentation', ['mongoose']),
  entry('mysql', 'MySQLInstrumentation', ['mysql'], { contained: containedMysql }),
  entry('mysql2', 'MySQL2Instrumentation', ['mysql2', 'mysql2/promise'], { contained: containedMysql2 }),
  entry('oracledb', 'OracleInstrumentation', ['oracledb']),
  entry('pg', 'PgInstrumentation', ['pg', 'pg-pool'], {
    contained: containedPg,
    rules: () => PG_RULES,
    shorten: withUnsampledQueries,
  }),
  entry('redis', 'RedisInstrumentation', ['redis', '@redis/client', '@node-redis/client'], {
    reexports: ['redis'],
    rules: () => CONNECT_RULES,
  }),
  entry('tedious', 'TediousInstrumentation', ['tedious'], { rules: () => CONNECT_RULES }),

  entry('amqplib', 'AmqplibInstrumentation', ['amqplib', 'amqplib/callback_api'], {
    rules: () => AMQPLIB_RULES,
  }),
  entry('kafkajs', 'KafkaJsInstrumentation', ['kafkajs'], { contained: containedKafkaJs, rules: () => KAFKAJS_RULES }),

  entry('bunyan', 'BunyanInstrumentation', ['bunyan'], {
    // What it patches (`_emit`, `createLogger`) is the same in version 2.
    moreVersions: ['>=2.0.0 <3'],
    options: () => LOG_OPTIONS,
  }),
  entry('pino', 'PinoInstrumentation', ['pino'], { options: () => LOG_OPTIONS }),
  entry('winston', 'WinstonInstrumentation', ['winston'], {
    options: () => LOG_OPTIONS,
    rules: () => WINSTON_RULES,
  }),

  entry('express', 'ExpressInstrumentation', ['express'], { byDefault: 'full' }),
  entry('hapi', 'HapiInstrumentation', ['@hapi/hapi'], { byDefault: 'full' }),
  entry('koa', 'KoaInstrumentation', ['koa'], { byDefault: 'full', rules: () => HANDLER_RULES }),
  entry('nestjs-core', 'NestInstrumentation', ['@nestjs/core'], { byDefault: 'full' }),
  entry('restify', 'RestifyInstrumentation', ['restify'], { byDefault: 'full', contained: containedRestify }),

  entry('connect', 'ConnectInstrumentation', ['connect'], { byDefault: false, rules: () => HANDLER_RULES }),
  entry('dns', 'DnsInstrumentation', ['dns', 'dns/promises'], { byDefault: false }),
  entry('fs', 'FsInstrumentation', ['fs', 'fs/promises'], { byDefault: false }),
  entry('generic-pool', 'GenericPoolInstrumentation', ['generic-pool'], { byDefault: false }),
  entry('lru-memoizer', 'LruMemoizerInstrumentation', ['lru-memoizer'], {
    byDefault: false,
    contained: containedLruMemoizer,
  }),
  entry('net', 'NetInstrumentation', ['net'], { byDefault: false }),
  entry('router', 'RouterInstrumentation', ['router'], { byDefault: false }),
];

function entry(
  name: string,
  className: string,
  modules: readonly string[],
  more: Partial<CatalogueEntry> = {},
): CatalogueEntry {
  return { name, package: `@opentelemetry/instrumentation-${name}`, className, modules, byDefault: true, ...more };
}

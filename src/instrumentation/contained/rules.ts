import { alike, type Callable } from '../containment/alike.js';
import type { CallRules } from '../containment/call-rule.js';
import { isError } from '../observe.js';

/** A connection outlives the call that opens it: its later events do not belong to the span of that call. */
export const CONNECT_RULES: CallRules = { connect: { inCallerContext: true } };

/**
 * connect, koa: the instrumentation replaces handlers. A handler that stands for one of the application has its name,
 * length and properties. What is no function reaches the framework, which refuses it.
 */
export const HANDLER_RULES: CallRules = {
  use: {
    passes: (_, args) => typeof args.at(-1) !== 'function',
    forward: (replacements, handlers) => {
      for (const [i, handler] of handlers.entries()) {
        const replacement = replacements[i];
        if (typeof handler !== 'function' || typeof replacement !== 'function' || replacement === handler) continue;
        alike(handler as Callable, replacement);
      }
    },
  },
};

/** A command that waits for a connection is sent twice. */
export function ioredisRules(): CallRules {
  const sent = new WeakSet<object>();
  return {
    ...CONNECT_RULES,
    sendCommand: {
      passes: (_, [command]) => {
        if (typeof command !== 'object' || command === null) return false;
        const again = sent.has(command);
        sent.add(command);
        return again;
      },
    },
  };
}

/** The instrumentations of the drivers that knex uses, by knex's `driverName`. */
const KNEX_DRIVERS: Readonly<Record<string, string>> = {
  pg: 'pg',
  mysql: 'mysql',
  mysql2: 'mysql2',
  tedious: 'tedious',
  mssql: 'tedious',
  oracledb: 'oracledb',
};

/** A query whose driver is instrumented has a span of the driver, with the statement and the duration. */
export function knexRules(isInstrumented: (name: string) => boolean): CallRules {
  return {
    query: {
      passes: (self) => {
        const { client } = self as { client: { driverName: string } };
        const driver = KNEX_DRIVERS[client.driverName];
        return driver !== undefined && isInstrumented(driver);
      },
    },
  };
}

/**
 * The instrumentation wraps listeners. `EventEmitter` finds a wrapped listener by its property `listener`. One of `once`
 * is wrapped already, and takes itself off by its own name.
 */
export const SOCKET_IO_RULES: CallRules = {
  on: {
    passes: (_, [, listener]) => typeof listener !== 'function' || 'listener' in listener,
    forward: ([, passedOn], [, listener]) => {
      if (typeof passedOn === 'function') Object.assign(passedOn, { listener });
    },
  },
};

const WINSTON_KEYS: readonly PropertyKey[] = [
  'trace_id',
  'span_id',
  'trace_flags',
  'xray_trace_id',
  Symbol.for('opentelemetry.js.contrib.winston.context'),
];

/** `logger.error(error)` writes the application's Error itself, which the instrumentation adds the trace to. */
export const WINSTON_RULES: CallRules = {
  write: {
    restore: ([record]) => {
      if (!isError(record)) return undefined;
      const before = WINSTON_KEYS.map((key) => [key, Object.getOwnPropertyDescriptor(record, key)] as const);
      return () => {
        for (const [key, descriptor] of before) {
          if (descriptor) Object.defineProperty(record, key, descriptor);
          else Reflect.deleteProperty(record, key);
        }
      };
    },
  },
};

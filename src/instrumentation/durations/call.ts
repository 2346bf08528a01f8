import type { Attributes, AttributeValue } from '@opentelemetry/api';
import {
  ATTR_DB_NAMESPACE,
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_RESPONSE_STATUS_CODE,
  ATTR_DB_SYSTEM_NAME,
  ATTR_ERROR_TYPE,
  ATTR_RPC_METHOD,
  ATTR_RPC_STATUS_CODE,
  ATTR_RPC_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ERROR_TYPE_VALUE_OTHER,
} from '@opentelemetry/semantic-conventions';
import { readProperty } from '../observe.js';
import type { CallMetric } from './measured-clients.js';

/** Deprecated, and the only name of a called service that is not one for each method: the dimension in CloudWatch. */
const ATTR_RPC_SERVICE = 'rpc.service';
const OLD_GRPC_STATUS_CODE = 'rpc.grpc.status_code';

/** What is noted of a span: its attributes' names, old and new, and the name by which the metric has them. */
const NOTED: Readonly<Record<string, string>> = {
  [ATTR_DB_SYSTEM_NAME]: ATTR_DB_SYSTEM_NAME,
  'db.system': ATTR_DB_SYSTEM_NAME,
  [ATTR_DB_NAMESPACE]: ATTR_DB_NAMESPACE,
  'db.name': ATTR_DB_NAMESPACE,
  [ATTR_DB_OPERATION_NAME]: ATTR_DB_OPERATION_NAME,
  'db.operation': ATTR_DB_OPERATION_NAME,
  [ATTR_DB_RESPONSE_STATUS_CODE]: ATTR_DB_RESPONSE_STATUS_CODE,
  [ATTR_RPC_SYSTEM_NAME]: ATTR_RPC_SYSTEM_NAME,
  'rpc.system': ATTR_RPC_SYSTEM_NAME,
  [ATTR_RPC_SERVICE]: ATTR_RPC_SERVICE,
  [ATTR_RPC_METHOD]: ATTR_RPC_METHOD,
  [ATTR_RPC_STATUS_CODE]: ATTR_RPC_STATUS_CODE,
  [OLD_GRPC_STATUS_CODE]: OLD_GRPC_STATUS_CODE,
  [ATTR_SERVER_ADDRESS]: ATTR_SERVER_ADDRESS,
  'net.peer.name': ATTR_SERVER_ADDRESS,
  [ATTR_SERVER_PORT]: ATTR_SERVER_PORT,
  'net.peer.port': ATTR_SERVER_PORT,
  [ATTR_ERROR_TYPE]: ATTR_ERROR_TYPE,
};

const DATABASE_ATTRIBUTES = [
  ATTR_DB_SYSTEM_NAME,
  ATTR_DB_NAMESPACE,
  ATTR_DB_OPERATION_NAME,
  ATTR_DB_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
] as const;
const RPC_ATTRIBUTES = [ATTR_RPC_SYSTEM_NAME, ATTR_RPC_SERVICE, ATTR_SERVER_ADDRESS, ATTR_SERVER_PORT] as const;

/** Systems that an instrumentation names otherwise than the conventions. */
const SYSTEMS: Readonly<Record<string, string>> = { dynamodb: 'aws.dynamodb', mssql: 'microsoft.sql_server' };

/** Status codes by number: https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const GRPC_STATUS = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

/** Names that tell no error from another. */
const PLAIN: ReadonlySet<string> = new Set(['Error', 'Object', 'String']);

/** A code or a name of an error that is no text of its own. */
const IDENTIFIER = /^[\w.$-]{1,64}$/;

export interface Measurement {
  readonly metric: CallMetric;
  readonly attributes: Attributes;
}

/** One call: what its span has been told, whether the span records or not. */
export class Call {
  readonly startedAt: number;
  isEnded = false;
  hasFailed = false;
  errorType: string | undefined;
  readonly #noted: Record<string, AttributeValue> = {};
  readonly #outer: Call | undefined;

  /** @param outer the call during which this call is made, as that of a pool that then asks one of its connections */
  constructor(startedAt: number, attributes: Attributes | undefined, outer?: Call) {
    this.startedAt = startedAt;
    this.#outer = outer;
    if (attributes) this.noteAll(attributes);
  }

  noteAll(attributes: Attributes): void {
    for (const name in attributes) this.note(name, attributes[name]);
  }

  note(name: string, value: AttributeValue | undefined): void {
    const known = NOTED[name];
    if (known === undefined || value === undefined || value === null || Number.isNaN(value)) return;
    this.#noted[known] = value;
  }

  noteException(exception: unknown): void {
    this.errorType ??= errorTypeOf(exception);
  }

  /** A call that is of a database and an RPC, as one to DynamoDB, counts as one of the database. */
  get metric(): CallMetric | undefined {
    if (this.#noted[ATTR_DB_SYSTEM_NAME] !== undefined) return 'db.client.operation.duration';
    return this.#noted[ATTR_RPC_SYSTEM_NAME] === undefined ? undefined : 'rpc.client.call.duration';
  }

  /** What is to be recorded; undefined for a span that is no call of a database or an RPC, and for a part of such a call. */
  measurement(): Measurement | undefined {
    const { metric } = this;
    if (metric === undefined || metric === this.#outer?.metric) return undefined;
    const attributes = metric === 'db.client.operation.duration' ? this.#ofDatabase() : this.#ofRpc();
    return { metric, attributes };
  }

  #ofDatabase(): Attributes {
    const attributes = this.#some(DATABASE_ATTRIBUTES);
    const system = attributes[ATTR_DB_SYSTEM_NAME];
    if (typeof system === 'string') attributes[ATTR_DB_SYSTEM_NAME] = SYSTEMS[system] ?? system;
    return this.#withError(attributes, undefined);
  }

  #ofRpc(): Attributes {
    const noted = this.#noted;
    const attributes = this.#some(RPC_ATTRIBUTES);
    const [service, method] = [noted[ATTR_RPC_SERVICE], noted[ATTR_RPC_METHOD]];
    // The conventions want the method with its service; the old ones have it alone.
    if (method !== undefined) {
      const isQualified = service === undefined || String(method).includes('/');
      attributes[ATTR_RPC_METHOD] = isQualified ? method : `${service}/${method}`;
    }
    const status = noted[ATTR_RPC_STATUS_CODE] ?? GRPC_STATUS[Number(noted[OLD_GRPC_STATUS_CODE])];
    if (status !== undefined) attributes[ATTR_RPC_STATUS_CODE] = status;
    return this.#withError(attributes, typeof status === 'string' && status !== 'OK' ? status : undefined);
  }

  #withError(attributes: Attributes, status: string | undefined): Attributes {
    const told = this.#noted[ATTR_ERROR_TYPE] ?? status;
    if (told !== undefined) attributes[ATTR_ERROR_TYPE] = told;
    else if (this.hasFailed) attributes[ATTR_ERROR_TYPE] = this.errorType ?? ERROR_TYPE_VALUE_OTHER;
    return attributes;
  }

  #some(names: readonly string[]): Attributes {
    const attributes: Attributes = {};
    for (const name of names) {
      const value = this.#noted[name];
      if (value !== undefined) attributes[name] = value;
    }
    return attributes;
  }
}

/** The code of an error, else its name or that of its class; undefined where these say no more than `Error`. */
export function errorTypeOf(error: unknown): string | undefined {
  const code = readProperty(error, 'code');
  const names = [
    typeof code === 'number' ? String(code) : code,
    readProperty(error, 'name'),
    readProperty(readProperty(error, 'constructor'), 'name'),
  ];
  return names.find((name): name is string => typeof name === 'string' && IDENTIFIER.test(name) && !PLAIN.has(name));
}

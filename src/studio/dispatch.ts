import { Input } from '../cloudwatch/input.js';
import { type Account, type Arrival, type Route, regionOf } from './arrival.js';
import { AwsError } from './aws-error.js';
import { jsonReply, xmlReply } from './aws-replies.js';
import type { Reply } from './http.js';
import type { Receiver } from './otlp-model.js';
import { parseForm, toXml } from './query-protocol.js';
import { formOf, signalOf } from './routing.js';
import {
  answerCloudWatch,
  CLOUDWATCH_NAMESPACE,
  inputFromForm,
  itemsOf,
  QUERY_ACTIONS,
} from './services/cloudwatch.js';
import { answerLogs } from './services/logs.js';
import { OtlpError, receiveExport } from './services/otlp.js';
import { answerSts } from './services/sts.js';
import { invalid, type XRayOperation } from './services/xray.js';
import type { Store } from './store/store.js';

export interface Outcome {
  readonly reply: Reply;
  /** Datums, events, spans, points or records in the request. */
  readonly items: number;
  /** Those of them that were refused although the call succeeded. */
  readonly rejected?: { readonly count: number; readonly message: string };
}

/** What the services answer from. */
export interface Backend {
  readonly store: Store;
  readonly account: Account;
  readonly xrayOperations: readonly XRayOperation[];
}

/** Lets the service that the route names answer. @throws AwsError */
export function dispatch(route: Route, arrival: Arrival, { store, account, xrayOperations }: Backend): Outcome {
  switch (route.protocol) {
    case 'otlp':
      return exportData(route, arrival, store);
    case 'rest-json':
      return xray(route, arrival, { store, xrayOperations });
    case 'query':
      return query(route, arrival, store, account);
    case 'json':
      return awsJson(route, arrival, store, account);
    case 'cbor':
      throw new AwsError('UnsupportedProtocol', 'The local endpoint does not speak Smithy RPC v2 CBOR; use AWS JSON.');
    default:
      throw unknownOperation(route);
  }
}

const unknownOperation = (route: Route): AwsError =>
  new AwsError('UnknownOperationException', `The operation ${route.action} is not known to the local endpoint.`, {
    shape: 'com.amazon.coral.service#UnknownOperationException',
  });

const SIGNED_RECEIVERS: Readonly<Partial<Record<Route['service'], Receiver>>> = {
  xray: 'xray',
  cloudwatch: 'monitoring',
  logs: 'logs',
};

function exportData(route: Route, arrival: Arrival, store: Store): Outcome {
  const signal = signalOf(arrival.path);
  if (signal === undefined) throw unknownOperation(route);
  try {
    return receiveExport(signal, arrival, { store, receiver: SIGNED_RECEIVERS[route.service] ?? 'otlp' });
  } catch (error) {
    if (error instanceof OtlpError) throw new AwsError('InvalidOtlpRequest', error.message, { status: error.status });
    throw error;
  }
}

function xray(route: Route, arrival: Arrival, { store, xrayOperations }: Omit<Backend, 'account'>): Outcome {
  const operation = xrayOperations.find(({ name }) => name === route.action);
  if (operation === undefined) throw unknownXRayPath(route, xrayOperations);
  const input = Input.parse(arrival.body.toString());
  const { output, items = 0, ...rejected } = operation.answer(input, { store, now: arrival.now, invalid });
  return { reply: jsonReply(route, arrival, output), items, ...rejected };
}

function unknownXRayPath(route: Route, operations: readonly XRayOperation[]): AwsError {
  const taken = operations.map(({ name, path }) => `${name} (${path})`).join(', ');
  return new AwsError(
    'UnknownOperationException',
    `The local endpoint does not answer X-Ray's ${route.action}. It takes spans by OTLP (/v1/traces) and answers ${taken}.`,
    { status: 404 },
  );
}

function awsJson(route: Route, arrival: Arrival, store: Store, account: Account): Outcome {
  const input = Input.parse(arrival.body.toString());
  const context = { now: arrival.now, account: account.id, region: regionOf(arrival) };
  if (route.service === 'logs') {
    const answer = answerLogs(
      route.action,
      { ...context, store: store.logs, metrics: store.metrics, traces: store.traces },
      input,
    );
    if (answer === undefined) throw unknownOperation(route);
    const reply = jsonReply(route, arrival, answer.output);
    return { reply, items: answer.items ?? 0, ...(answer.rejected === undefined ? {} : { rejected: answer.rejected }) };
  }
  if (route.service !== 'cloudwatch') throw unknownOperation(route);
  const answer = answerCloudWatch(route.action, { ...context, store, bytes: arrival.body.length }, input);
  if (answer === undefined) throw unknownOperation(route);
  return { reply: jsonReply(route, arrival, answer.output, answer.headers), items: answer.items ?? 0 };
}

function query(route: Route, arrival: Arrival, store: Store, account: Account): Outcome {
  if (route.service === 'sts') {
    return { reply: xmlReply(arrival, answerSts(route.action, account, arrival.requestId)), items: 0 };
  }
  if (!QUERY_ACTIONS.has(route.action)) {
    throw new AwsError(
      'InvalidAction',
      `The local endpoint answers ${[...QUERY_ACTIONS].join(' and ')} by the Query protocol; use AWS JSON for ${route.action}.`,
    );
  }
  const input = inputFromForm(parseForm(formOf(arrival)));
  const context = {
    store,
    now: arrival.now,
    account: account.id,
    region: regionOf(arrival),
    bytes: arrival.body.length,
  };
  const answer = answerCloudWatch(route.action, context, input);
  if (answer === undefined) throw unknownOperation(route);
  return {
    reply: xmlReply(arrival, queryXml(route.action, answer.output, arrival.requestId)),
    items: answer.items ?? 0,
  };
}

function queryXml(action: string, output: Record<string, unknown>, requestId: string): string {
  const result = action === 'PutMetricData' ? {} : { [`${action}Result`]: output as Parameters<typeof toXml>[0] };
  const body = toXml({ ...result, ResponseMetadata: { RequestId: requestId } });
  return `<${action}Response xmlns="${CLOUDWATCH_NAMESPACE}">${body}</${action}Response>`;
}

/** How many items a refused call carried, as far as it can be read. */
export function refusedItems(route: Route, arrival: Arrival, xrayOperations: readonly XRayOperation[]): number {
  if (route.protocol !== 'json' && route.protocol !== 'rest-json') return 0;
  try {
    const input = Input.parse(arrival.body.toString());
    if (route.protocol === 'rest-json') {
      return xrayOperations.find(({ name }) => name === route.action)?.countItems?.(input) ?? 0;
    }
    return route.service === 'logs' ? (input.list('logEvents')?.length ?? 0) : itemsOf(route.action, input);
  } catch {
    return 0;
  }
}

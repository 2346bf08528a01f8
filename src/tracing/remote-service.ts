import { type Attributes, SpanKind } from '@opentelemetry/api';

/** Whom a span called and what for, in the terms of Application Signals. */
export interface RemoteCall {
  service: string;
  operation: string;
  /** CloudFormation's type of what was called, and its name. */
  resource?: { type: string; identifier: string };
}

export const UNKNOWN_SERVICE = 'UnknownRemoteService';
export const UNKNOWN_OPERATION = 'UnknownRemoteOperation';

/** Undefined for a span that called nobody outside. A message that is fetched from SQS is a call of SQS, though its kind is that of a consumer. */
export function remoteCall(kind: SpanKind, attributes: Attributes): RemoteCall | undefined {
  const aws = awsCall(attributes);
  if (aws === undefined && kind !== SpanKind.CLIENT && kind !== SpanKind.PRODUCER) return undefined;
  const call =
    aws ?? databaseCall(attributes) ?? messagingCall(attributes) ?? rpcCall(attributes) ?? httpCall(attributes);
  const peer = text(attributes['peer.service']) ?? text(attributes['service.peer.name']);
  return peer === undefined ? call : { ...call, service: peer };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function first(value: unknown): string | undefined {
  return text(Array.isArray(value) ? value[0] : value);
}

/** Where CloudFormation's name of a service differs from that of its client, the spaces left out. */
const AWS_SERVICES = new Map([
  ['BedrockAgent', 'Bedrock'],
  ['BedrockAgentRuntime', 'Bedrock'],
  ['SFN', 'StepFunctions'],
]);

function awsCall(attributes: Attributes): RemoteCall | undefined {
  const name = text(attributes['rpc.service'])?.replaceAll(' ', '');
  if (attributes['rpc.system'] !== 'aws-api' || name === undefined) return undefined;
  const service = `AWS::${AWS_SERVICES.get(name) ?? name}`;
  const operation = text(attributes['rpc.method']) ?? UNKNOWN_OPERATION;
  const resource = AWS_RESOURCES.get(name)?.(attributes);
  return { service, operation, ...(resource !== undefined && { resource }) };
}

type ResourceOf = (attributes: Attributes) => RemoteCall['resource'];

function named(type: string, nameOf: (attributes: Attributes) => string | undefined): ResourceOf {
  return (attributes) => {
    const identifier = nameOf(attributes);
    return identifier === undefined ? undefined : { type, identifier };
  };
}

/** What follows the last colon or slash of an ARN or a URL. */
function lastPart(value: unknown): string | undefined {
  return text(text(value)?.split(/[:/]/).pop());
}

const AWS_RESOURCES = new Map<string, ResourceOf>([
  ['DynamoDB', named('AWS::DynamoDB::Table', (a) => first(a['aws.dynamodb.table_names']))],
  ['Kinesis', named('AWS::Kinesis::Stream', (a) => text(a['aws.kinesis.stream.name']))],
  ['Lambda', named('AWS::Lambda::Function', (a) => lastPart(a['faas.invoked_name']))],
  ['S3', named('AWS::S3::Bucket', (a) => text(a['aws.s3.bucket']))],
  ['SecretsManager', named('AWS::SecretsManager::Secret', (a) => lastPart(a['aws.secretsmanager.secret.arn']))],
  ['SFN', named('AWS::StepFunctions::StateMachine', (a) => lastPart(a['aws.step_functions.state_machine.arn']))],
  ['SNS', named('AWS::SNS::Topic', (a) => lastPart(a['aws.sns.topic.arn']))],
  ['SQS', named('AWS::SQS::Queue', (a) => lastPart(a['messaging.destination.name']))],
]);

function databaseCall(attributes: Attributes): RemoteCall | undefined {
  const service = text(attributes['db.system.name']) ?? text(attributes['db.system']);
  if (service === undefined) return undefined;
  const statement = attributes['db.query.text'] ?? attributes['db.statement'];
  const named = text(attributes['db.operation.name']) ?? text(attributes['db.operation']);
  const operation = named ?? verbOf(statement) ?? UNKNOWN_OPERATION;
  const resource = databaseOf(attributes);
  return { service, operation, ...(resource !== undefined && { resource }) };
}

/** Comments before a statement say who made it. */
const VERB = /^(?:\s|--[^\n]*\n|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/|\()*([a-z]{2,20})\b/i;
/** A verb that ends after this many characters is none, so that no statement takes long. */
const VERB_WITHIN = 500;

function verbOf(statement: unknown): string | undefined {
  // One character more shows whether a verb goes on.
  const match = VERB.exec(text(statement)?.slice(0, VERB_WITHIN + 1) ?? '');
  return match === null || match[0].length > VERB_WITHIN ? undefined : match[1]?.toUpperCase();
}

/** `database|host|port`, which is how Application Signals tells databases apart. */
function databaseOf(attributes: Attributes): RemoteCall['resource'] {
  const host = text(attributes['server.address']) ?? text(attributes['net.peer.name']);
  if (host === undefined) return undefined;
  const database = text(attributes['db.namespace']) ?? text(attributes['db.name']);
  const port = portOf(attributes);
  const parts = [database, host, port].filter((part) => part !== undefined).map(escaped);
  return { type: 'DB::Connection', identifier: parts.join('|') };
}

function escaped(part: string): string {
  return part.replaceAll('^', '^^').replaceAll('|', '^|');
}

function portOf(attributes: Attributes): string | undefined {
  const port = attributes['server.port'] ?? attributes['net.peer.port'];
  return typeof port === 'number' || typeof port === 'string' ? String(port) : undefined;
}

function messagingCall(attributes: Attributes): RemoteCall | undefined {
  const service = text(attributes['messaging.system']);
  if (service === undefined) return undefined;
  const operation =
    attributes['messaging.operation.type'] ??
    attributes['messaging.operation.name'] ??
    attributes['messaging.operation'];
  return { service, operation: text(operation) ?? UNKNOWN_OPERATION };
}

function rpcCall(attributes: Attributes): RemoteCall | undefined {
  const service = text(attributes['rpc.service']);
  if (service === undefined) return undefined;
  return { service, operation: text(attributes['rpc.method']) ?? UNKNOWN_OPERATION };
}

/** `payments:8080` and `POST /pay`: of the path only its first part, which has no ids as a rule. */
function httpCall(attributes: Attributes): RemoteCall {
  const url = urlOf(attributes['url.full'] ?? attributes['http.url']);
  const host = text(attributes['server.address']) ?? text(attributes['net.peer.name']) ?? text(url?.hostname);
  const port = portOf(attributes) ?? url?.port;
  const method = text(attributes['http.request.method']) ?? text(attributes['http.method']);
  const service = host === undefined ? UNKNOWN_SERVICE : port ? `${host}:${port}` : host;
  const operation = method === undefined ? UNKNOWN_OPERATION : `${method} ${firstPart(url?.pathname)}`;
  return { service, operation };
}

function urlOf(value: unknown): URL | undefined {
  const address = text(value);
  return address !== undefined && URL.canParse(address) ? new URL(address) : undefined;
}

/** `/pay` of `/pay/7/card`; `/` where there is no path. */
export function firstPart(path: string | undefined): string {
  return `/${path?.split('/')[1] ?? ''}`;
}

import assert from 'node:assert/strict';
import { type Attributes, SpanKind } from '@opentelemetry/api';
import fc from 'fast-check';
import { type RemoteCall, remoteCall } from '../../src/tracing/remote-service.js';

const aws = (service: string, method: string, more: Attributes = {}): Attributes => ({
  'rpc.system': 'aws-api',
  'rpc.service': service,
  'rpc.method': method,
  ...more,
});
const sql = (more: Attributes): Attributes => ({
  'db.system.name': 'postgresql',
  'db.namespace': 'shop',
  'server.address': 'db.local',
  'server.port': 5432,
  ...more,
});
const SHOP = { type: 'DB::Connection', identifier: 'shop|db.local|5432' };

const CASES: [what: string, attributes: Attributes, expected: RemoteCall][] = [
  [
    'DynamoDB',
    aws('DynamoDB', 'GetItem', { 'aws.dynamodb.table_names': ['orders', 'x'] }),
    {
      service: 'AWS::DynamoDB',
      operation: 'GetItem',
      resource: { type: 'AWS::DynamoDB::Table', identifier: 'orders' },
    },
  ],
  [
    'S3',
    aws('S3', 'PutObject', { 'aws.s3.bucket': 'files' }),
    { service: 'AWS::S3', operation: 'PutObject', resource: { type: 'AWS::S3::Bucket', identifier: 'files' } },
  ],
  [
    'SQS',
    aws('SQS', 'SendMessage', { 'messaging.system': 'aws_sqs', 'messaging.destination.name': 'jobs' }),
    { service: 'AWS::SQS', operation: 'SendMessage', resource: { type: 'AWS::SQS::Queue', identifier: 'jobs' } },
  ],
  [
    'SNS',
    aws('SNS', 'Publish', { 'aws.sns.topic.arn': 'arn:aws:sns:us-west-2:1:news' }),
    { service: 'AWS::SNS', operation: 'Publish', resource: { type: 'AWS::SNS::Topic', identifier: 'news' } },
  ],
  [
    'Kinesis',
    aws('Kinesis', 'PutRecord', { 'aws.kinesis.stream.name': 'clicks' }),
    {
      service: 'AWS::Kinesis',
      operation: 'PutRecord',
      resource: { type: 'AWS::Kinesis::Stream', identifier: 'clicks' },
    },
  ],
  [
    'Lambda, called by its ARN',
    aws('Lambda', 'Invoke', { 'faas.invoked_name': 'arn:aws:lambda:us-west-2:1:function:pay' }),
    { service: 'AWS::Lambda', operation: 'Invoke', resource: { type: 'AWS::Lambda::Function', identifier: 'pay' } },
  ],
  [
    'Step Functions',
    aws('SFN', 'StartExecution', { 'aws.step_functions.state_machine.arn': 'arn:aws:states:x:1:stateMachine:m' }),
    {
      service: 'AWS::StepFunctions',
      operation: 'StartExecution',
      resource: { type: 'AWS::StepFunctions::StateMachine', identifier: 'm' },
    },
  ],
  [
    'Secrets Manager',
    aws('Secrets Manager', 'GetSecretValue', {
      'aws.secretsmanager.secret.arn': 'arn:aws:secretsmanager:x:1:secret:key-a1',
    }),
    {
      service: 'AWS::SecretsManager',
      operation: 'GetSecretValue',
      resource: { type: 'AWS::SecretsManager::Secret', identifier: 'key-a1' },
    },
  ],
  ['CloudWatch', aws('CloudWatch', 'PutMetricData'), { service: 'AWS::CloudWatch', operation: 'PutMetricData' }],
  ['Bedrock', aws('Bedrock Runtime', 'InvokeModel'), { service: 'AWS::BedrockRuntime', operation: 'InvokeModel' }],
  [
    'an AWS call of no name',
    { 'rpc.system': 'aws-api', 'rpc.service': 'S3' },
    { service: 'AWS::S3', operation: 'UnknownRemoteOperation' },
  ],

  [
    'SQL by its operation',
    sql({ 'db.operation.name': 'SELECT' }),
    { service: 'postgresql', operation: 'SELECT', resource: SHOP },
  ],
  [
    'SQL by its text',
    sql({ 'db.query.text': 'insert into t values ($1)' }),
    { service: 'postgresql', operation: 'INSERT', resource: SHOP },
  ],
  [
    'SQL after comments and brackets',
    sql({ 'db.query.text': '/* app=shop */ -- by us\n ((select 1) union (select 2))' }),
    { service: 'postgresql', operation: 'SELECT', resource: SHOP },
  ],
  [
    'SQL that says nothing',
    sql({ 'db.query.text': '$$$' }),
    { service: 'postgresql', operation: 'UnknownRemoteOperation', resource: SHOP },
  ],
  [
    'a database by the former names',
    {
      'db.system': 'mysql',
      'db.statement': 'DELETE FROM t',
      'db.name': 'a|b',
      'net.peer.name': 'h^',
      'net.peer.port': 3306,
    },
    { service: 'mysql', operation: 'DELETE', resource: { type: 'DB::Connection', identifier: 'a^|b|h^^|3306' } },
  ],
  ['Redis', { 'db.system.name': 'redis', 'db.operation.name': 'get' }, { service: 'redis', operation: 'get' }],

  [
    'a queue',
    { 'messaging.system': 'rabbitmq', 'messaging.operation.type': 'send' },
    { service: 'rabbitmq', operation: 'send' },
  ],
  [
    'gRPC',
    { 'rpc.system': 'grpc', 'rpc.service': 'shop.Pay', 'rpc.method': 'Charge' },
    { service: 'shop.Pay', operation: 'Charge' },
  ],

  [
    'HTTP',
    {
      'http.request.method': 'POST',
      'url.full': 'https://pay.example/v2/cards/7?x',
      'server.address': 'pay.example',
      'server.port': 443,
    },
    { service: 'pay.example:443', operation: 'POST /v2' },
  ],
  [
    'HTTP to a root',
    { 'http.request.method': 'GET', 'url.full': 'http://a.example:8080' },
    { service: 'a.example:8080', operation: 'GET /' },
  ],
  [
    'HTTP by the former names',
    { 'http.method': 'GET', 'http.url': 'http://b.example/x/y' },
    { service: 'b.example', operation: 'GET /x' },
  ],
  [
    'a peer with a name',
    { 'http.request.method': 'GET', 'url.full': 'http://10.0.0.7/x', 'peer.service': 'pay' },
    { service: 'pay', operation: 'GET /x' },
  ],
  [
    'a URL that names no host',
    { 'http.request.method': 'GET', 'url.full': 'file:///x/y' },
    { service: 'UnknownRemoteService', operation: 'GET /x' },
  ],
  ['anything else', {}, { service: 'UnknownRemoteService', operation: 'UnknownRemoteOperation' }],
];

describe('remoteCall', () => {
  for (const [what, attributes, expected] of CASES) {
    it(`tells ${what}`, () => assert.deepEqual(remoteCall(SpanKind.CLIENT, attributes), expected));
  }

  it('is of spans that call: clients and producers, and of whatever fetches from AWS', () => {
    const { PRODUCER, CONSUMER, SERVER, INTERNAL } = SpanKind;
    const http = { 'http.request.method': 'GET' };
    assert.equal(remoteCall(PRODUCER, { 'messaging.system': 'kafka' })?.service, 'kafka');
    assert.equal(remoteCall(CONSUMER, aws('SQS', 'ReceiveMessage'))?.service, 'AWS::SQS');
    for (const kind of [SERVER, INTERNAL, CONSUMER]) assert.equal(remoteCall(kind, http), undefined);
  });

  it('takes the verb of a statement from its first 500 characters, and only a whole one', () => {
    const statement = (verb: string, end: number) => `${' '.repeat(end - verb.length)}${verb} 1`;
    const operation = (text: string) => remoteCall(SpanKind.CLIENT, sql({ 'db.query.text': text }))?.operation;
    assert.equal(operation(statement('select', 500)), 'SELECT');
    assert.equal(operation(statement('select', 500).trimEnd()), 'SELECT');
    assert.equal(operation(statement('select', 501)), 'UnknownRemoteOperation');
    assert.equal(operation(statement('select', 503)), 'UnknownRemoteOperation');
  });

  it('takes any attributes', () => {
    const values = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(undefined), fc.array(fc.string()));
    const keys = [...new Set(CASES.flatMap(([, attributes]) => Object.keys(attributes)))];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), values), (attributes) => {
        const call = remoteCall(SpanKind.CLIENT, attributes as Attributes);
        assert.ok(call?.service && call.operation);
      }),
    );
  });
});

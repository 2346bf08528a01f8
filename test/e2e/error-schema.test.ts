import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type LocalAws, stage } from './support/aws.js';
import { ROOT } from './support/process.js';

const FILE = join(ROOT, 'test/e2e/fixtures/error-schema.cjs');
const TRACE = '6b03f71590eb674388259cde0b827598';
const NUMBER = 'a number';
const TEXT = 'a text';

/** Every leaf by its path, in order; of those that differ from run to run only what they are. */
function leaves(value: unknown, path = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  if (Array.isArray(value)) return value.flatMap((item, index) => leaves(item, `${path}[${index}]`));
  return Object.entries(value).flatMap(([key, held]) => leaves(held, path === '' ? key : `${path}.${key}`));
}

/** With what differs from run to run replaced by what it is, where `varies` names it. */
function shape(event: unknown, varies: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    leaves(event).map(([path, value]) => {
      if (!varies.includes(path)) return [path, value];
      return [
        path,
        typeof value === 'number' && value > 0 ? NUMBER : typeof value === 'string' && value ? TEXT : value,
      ];
    }),
  );
}

/** Of every event: where it comes from. */
function origin({ pid }: { pid?: number | undefined }): Record<string, unknown> {
  return {
    'resource.attributes.service.name': 'shop',
    'resource.attributes.service.version': '1.2.3',
    'resource.attributes.deployment.environment.name': 'prod',
    'resource.attributes.host.name': hostname(),
    'resource.attributes.process.pid': pid,
    'resource.attributes.service.instance.id': TEXT,
    'resource.attributes.process.runtime.version': process.versions.node,
    'scope.name': '@org/monitoring/errors',
    'scope.version': '0.1.0',
  };
}

const OF_THE_PROCESS = {
  'attributes.process.runtime.version': process.versions.node,
  'attributes.process.uptime': NUMBER,
  'attributes.process.memory.usage': NUMBER,
  'attributes.v8js.memory.heap.used': NUMBER,
};

const VARIES = [
  'timestamp',
  'resource.attributes.service.instance.id',
  'spanId',
  'attributes.log.record.uid',
  'attributes.error.fingerprint',
  'attributes.process.uptime',
  'attributes.process.memory.usage',
  'attributes.v8js.memory.heap.used',
  'attributes.exception.stacktrace',
];

/** Of the application's own frames the first two of an error thrown by `name`; where they are in the file is the file's business. */
const STACK = (header: string, name: string) =>
  new RegExp(`^${header}\\n {4}at ${name} \\(.*error-schema\\.cjs:\\d+:\\d+\\)\\n`);

describe('the event of an error', () => {
  const on = stage();

  const env = (aws: LocalAws) =>
    aws.env({
      OTEL_TRACES_SAMPLER: 'always_on',
      OTEL_RESOURCE_ATTRIBUTES: 'service.version=1.2.3,deployment.environment.name=prod',
    });
  const events = async () => (await on.aws.errors()) as unknown as Record<string, unknown>[];

  it('of a request has these fields and no others, with these values', async () => {
    const app = on.start('error-schema.cjs', { env: env(on.aws) });
    const response = await fetch(`${await app.url()}/pay/81?token=hunter2`, {
      method: 'POST',
      headers: { 'user-agent': 'curl/8.5.0', 'x-request-id': 'req-1', traceparent: `00-${TRACE}-53995c3f42cd8ad8-01` },
    });
    assert.equal(response.status, 502);
    app.kill('SIGTERM');
    await app.ended();
    const [event, ...more] = await events();
    assert.equal(more.length, 0);
    const causes = [0, 1, 2].map((index) => `attributes.exception.cause[${index}]`);
    const sources = [0, 1].map((index) => `attributes.exception.source[${index}]`);
    const varies = [
      ...VARIES,
      ...causes.map((cause) => `${cause}.stacktrace`),
      ...sources.flatMap((source) => [`${source}.line`, `${source}.column`, `${source}.code`]),
    ];
    assert.deepEqual(shape(event, varies), {
      timestamp: TEXT,
      severityText: 'ERROR',
      severityNumber: 17,
      body: 'payment 81 failed',
      eventName: 'exception',
      traceId: TRACE,
      spanId: TEXT,
      flags: 1,
      xrayTraceId: `1-${TRACE.slice(0, 8)}-${TRACE.slice(8)}`,
      'attributes.exception.type': 'PaymentError',
      'attributes.exception.message': 'payment 81 failed',
      'attributes.exception.code': 'E_PAY',
      'attributes.exception.stacktrace': TEXT,
      [`${sources[0]}.file`]: FILE,
      [`${sources[0]}.line`]: NUMBER,
      [`${sources[0]}.column`]: NUMBER,
      [`${sources[0]}.function`]: 'pay',
      [`${sources[0]}.code`]: TEXT,
      [`${sources[1]}.file`]: FILE,
      [`${sources[1]}.line`]: NUMBER,
      [`${sources[1]}.column`]: NUMBER,
      [`${sources[1]}.code`]: TEXT,
      [`${causes[0]}.path`]: 'cause',
      [`${causes[0]}.type`]: 'AggregateError',
      [`${causes[0]}.message`]: 'two parts',
      [`${causes[0]}.stacktrace`]: TEXT,
      [`${causes[1]}.path`]: 'cause.errors[0]',
      [`${causes[1]}.type`]: 'RangeError',
      [`${causes[1]}.message`]: 'drawer',
      [`${causes[1]}.stacktrace`]: TEXT,
      [`${causes[2]}.path`]: 'cause.errors[1]',
      [`${causes[2]}.type`]: 'Error',
      [`${causes[2]}.message`]: 'printer',
      [`${causes[2]}.code`]: 'E_INK',
      [`${causes[2]}.stacktrace`]: TEXT,
      'attributes.error.fingerprint': TEXT,
      'attributes.log.record.uid': TEXT,
      'attributes.error.mechanism': 'express',
      'attributes.error.handled': true,
      'attributes.http.request.method': 'POST',
      'attributes.http.request.id': 'req-1',
      'attributes.http.route': '/pay/:id',
      'attributes.http.response.status_code': 502,
      'attributes.url.path': '/pay/81',
      'attributes.user_agent.original': 'curl/8.5.0',
      ...OF_THE_PROCESS,
      ...origin(app.child),
    });
    const { exception, error } = (event?.attributes ?? {}) as Record<string, Record<string, string>>;
    assert.match(String(exception?.stacktrace), STACK('Error: payment 81 failed', 'pay'));
    assert.match(String(error?.fingerprint), /^[0-9a-f]{16}$/);
    assert.ok(Math.abs(Date.parse(String(event?.timestamp)) - Date.now()) < 60_000);
    const [span] = await on.aws.spans();
    assert.deepEqual([span?.traceId, span?.resource?.['aws.log.group.names']], [TRACE, ['/shop/errors']]);
    assert.equal((span as unknown as { spanId: string }).spanId, event?.spanId);
  });

  for (const way of ['die', 'end']) {
    it(`of a storm has these fields and no others, with these values, when the process comes to its ${way}`, async () => {
      const app = on.start('error-schema.cjs', { env: env(on.aws), args: [way] });
      await app.url();
      app.kill('SIGUSR2');
      await app.ended();
      const told = await events();
      const kind = {
        'attributes.exception.type': 'TypeError',
        'attributes.error.fingerprint': TEXT,
        'attributes.log.record.uid': TEXT,
      };
      const place = {
        'attributes.exception.stacktrace': TEXT,
        'attributes.exception.source[0].file': FILE,
        'attributes.exception.source[0].line': NUMBER,
        'attributes.exception.source[0].column': NUMBER,
        'attributes.exception.source[0].function': 'fail',
        'attributes.exception.source[0].code': TEXT,
        'attributes.exception.source[1].file': FILE,
        'attributes.exception.source[1].line': NUMBER,
        'attributes.exception.source[1].column': NUMBER,
        'attributes.exception.source[1].function': 'Immediate.storm',
        'attributes.exception.source[1].code': TEXT,
      };
      const varies = [...VARIES, ...Object.keys(place).filter((path) => /(?:line|column|code)$/.test(path))];
      assert.equal(told.length, 11);
      const ids = told.map((each) => (each.attributes as { log: { record: { uid: string } } }).log.record.uid);
      assert.equal(new Set(ids).size, 11);
      assert.ok(
        ids.every((id) => /^[0-9a-f]{32}$/.test(id)),
        ids.join(),
      );
      assert.deepEqual(shape(told[0], varies), {
        timestamp: TEXT,
        severityText: 'ERROR',
        severityNumber: 17,
        body: 'order 1 failed',
        eventName: 'exception',
        ...kind,
        'attributes.exception.message': 'order 1 failed',
        ...place,
        'attributes.error.mechanism': 'captureError',
        'attributes.error.handled': true,
        'attributes.error.context.order': 1,
        ...OF_THE_PROCESS,
        ...origin(app.child),
      });
      const last = shape(told.at(-1), varies);
      const counted = { ...kind, 'attributes.error.suppressed': 2, timestamp: TEXT, ...origin(app.child) };
      if (way === 'die') {
        assert.deepEqual(last, {
          ...counted,
          severityText: 'FATAL',
          severityNumber: 21,
          body: 'order 13 failed',
          eventName: 'exception',
          'attributes.exception.message': 'order 13 failed',
          ...place,
          'attributes.error.mechanism': 'uncaughtException',
          'attributes.error.handled': false,
          ...OF_THE_PROCESS,
        });
      } else {
        assert.match(String(last.body), /^2 more since .*: TypeError: order 11 failed$/);
        assert.deepEqual(last, {
          ...counted,
          severityText: 'ERROR',
          severityNumber: 17,
          body: last.body,
          eventName: 'exception.summary',
          'attributes.exception.message': 'order 11 failed',
        });
      }
    });
  }
});

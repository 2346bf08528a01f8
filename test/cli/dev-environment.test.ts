import assert from 'node:assert/strict';
import { accountOf, devEnvironment } from '../../src/cli/dev-environment.js';

const WHERE = { url: 'http://127.0.0.1:1', register: '/x/register.cjs', command: 'node' };
const ACCOUNT = { credentials: true, region: true };

const settings = (env: Record<string, string>, { account = ACCOUNT, where = WHERE } = {}): Record<string, string> =>
  Object.fromEntries(devEnvironment(env, account, where).map(({ name, value }) => [name, value]));

describe('The environment of a command under monitoring dev', () => {
  it('sends what monitoring sends to the page, and other calls of AWS where they always go', () => {
    const set = settings({});
    assert.deepEqual(
      [
        set.AWS_ENDPOINT_URL_CLOUDWATCH,
        set.AWS_ENDPOINT_URL_CLOUDWATCH_LOGS,
        set.AWS_ENDPOINT_URL_XRAY,
        set.AWS_ENDPOINT_URL,
      ],
      [WHERE.url, WHERE.url, WHERE.url, undefined],
    );
  });

  it('leaves account and region alone where there are some, and gives placeholders where there are none', () => {
    const own = settings({});
    assert.deepEqual([own.AWS_ACCESS_KEY_ID, own.AWS_REGION], [undefined, undefined]);
    const none = settings({}, { account: { credentials: false, region: false } });
    assert.deepEqual(
      [none.AWS_ACCESS_KEY_ID, none.AWS_SECRET_ACCESS_KEY, none.AWS_REGION],
      ['local', 'local', 'us-east-1'],
    );
  });

  it('appends the preload to the NODE_OPTIONS that there are', () => {
    assert.equal(settings({}).NODE_OPTIONS, '--require /x/register.cjs');
    assert.equal(settings({ NODE_OPTIONS: '--inspect' }).NODE_OPTIONS, '--inspect --require /x/register.cjs');
  });

  it('quotes a path as NODE_OPTIONS wants it', () => {
    const where = { ...WHERE, register: 'C:\\my "x"\\register.cjs' };
    assert.equal(settings({}, { where }).NODE_OPTIONS, '--require "C:\\\\my \\"x\\"\\\\register.cjs"');
  });

  for (const command of ['npm', '/usr/bin/npx', 'C:\\node\\npm.cmd', 'pnpm']) {
    it(`lets ${command} hand the preload to its scripts, not to itself`, () => {
      const set = settings({}, { where: { ...WHERE, command } });
      assert.deepEqual([set.NODE_OPTIONS, set.npm_config_node_options], [undefined, '--require /x/register.cjs']);
    });
  }

  it('takes short intervals and traces everything, unless the environment says otherwise', () => {
    const set = settings({ OTEL_TRACES_SAMPLER: 'always_off' });
    assert.deepEqual([set.OTEL_METRIC_EXPORT_INTERVAL, set.OTEL_TRACES_SAMPLER], ['2000', undefined]);
  });

  it('sends to the page what the environment would send to a collector', () => {
    const set = settings({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces',
    });
    assert.deepEqual(
      [set.OTEL_EXPORTER_OTLP_ENDPOINT, set.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, set.OTEL_EXPORTER_OTLP_LOGS_ENDPOINT],
      [WHERE.url, `${WHERE.url}/v1/traces`, undefined],
    );
  });

  it('sends to the page by HTTP what the environment would send by gRPC', () => {
    const set = settings({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/json' });
    assert.deepEqual(
      [set.OTEL_EXPORTER_OTLP_PROTOCOL, set.OTEL_EXPORTER_OTLP_LOGS_PROTOCOL],
      ['http/protobuf', undefined],
    );
  });

  it('finds an account in the environment or in the files of the AWS CLI', () => {
    const files = { credentials: false, region: false };
    assert.deepEqual(accountOf({}, files), files);
    assert.deepEqual(accountOf({ AWS_PROFILE: 'p', AWS_DEFAULT_REGION: 'r' }, files), ACCOUNT);
    assert.deepEqual(accountOf({}, ACCOUNT), ACCOUNT);
  });
});

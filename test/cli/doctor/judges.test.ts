import assert from 'node:assert/strict';
import { satisfies } from 'semver';
import type { AwsAnswer } from '../../../src/cli/aws/call.js';
import { judgeCopies } from '../../../src/cli/doctor/checks/api-version.js';
import { judgeClock } from '../../../src/cli/doctor/checks/clock.js';
import { judgeTrail } from '../../../src/cli/doctor/checks/cloudtrail.js';
import { judgeChainError, judgeExpiry } from '../../../src/cli/doctor/checks/credentials-load.js';
import { judgeReach } from '../../../src/cli/doctor/checks/endpoints.js';
import { judgeIdentity } from '../../../src/cli/doctor/checks/identity.js';
import { judgeInstrumented } from '../../../src/cli/doctor/checks/instrumented.js';
import { judgeLimits } from '../../../src/cli/doctor/checks/limits.js';
import { judgeMetrics } from '../../../src/cli/doctor/checks/metrics-there.js';
import { judgeNodeVersion } from '../../../src/cli/doctor/checks/node-version.js';
import { judgeOverhead } from '../../../src/cli/doctor/checks/overhead.js';
import { judgePermission } from '../../../src/cli/doctor/checks/permission.js';
import { judgePm2 } from '../../../src/cli/doctor/checks/pm2.js';
import { judgeRetention } from '../../../src/cli/doctor/checks/retention.js';
import { judgeRoutes } from '../../../src/cli/doctor/checks/routes.js';
import { judgeSampler } from '../../../src/cli/doctor/checks/sampling.js';
import { ancestorsOf, judgeAncestors, judgeCommand } from '../../../src/cli/doctor/checks/stop-signal.js';
import { judgeDestination } from '../../../src/cli/doctor/checks/transaction-search.js';
import { isPrivate } from '../../../src/cli/doctor/reach.js';
import { readConfiguration } from '../../../src/config/read.js';

const answer = (body: unknown): AwsAnswer => ({ status: 200, duration: 1, body });
const error = (
  name: string,
  message: string,
  kind: 'denied' | 'refused' | 'retry' | 'throttled' = 'denied',
): AwsAnswer => ({
  status: 400,
  duration: 1,
  error: { name, message, kind },
});
const MINUTE = 60_000;

describe('what a check makes of what it sees', () => {
  for (const [version, state] of [
    ['18.20.0', 'failed'],
    ['20.18.9', 'failed'],
    ['20.19.0', 'warning'],
    ['22.14.9', 'warning'],
    ['22.15.0', 'pass'],
    ['26.0.0', 'pass'],
  ] as const) {
    it(`Node.js ${version}: ${state}`, () => assert.equal(judgeNodeVersion(version).state, state));
  }

  for (const [offset, state] of [
    [undefined, 'info'],
    [0, 'pass'],
    [MINUTE, 'pass'],
    [MINUTE + 1, 'warning'],
    [5 * MINUTE, 'warning'],
    [5 * MINUTE + 1, 'failed'],
    [-5 * MINUTE, 'warning'],
    [-5 * MINUTE - 1, 'failed'],
  ] as const) {
    it(`a clock that is off by ${offset} ms: ${state}`, () => assert.equal(judgeClock(offset).state, state));
  }

  for (const [left, state] of [
    [0, 'failed'],
    [1, 'warning'],
    [15 * MINUTE - 1, 'warning'],
    [15 * MINUTE, 'pass'],
  ] as const) {
    it(`credentials that hold for ${left} ms more: ${state}`, () =>
      assert.equal(judgeExpiry(new Date(1e12 + left), 1e12, 5).state, state));
  }

  for (const [name, message, says] of [
    [
      'TokenProviderError',
      'Token is expired. To refresh this SSO session run aws sso login',
      /single sign-on session is not valid/,
    ],
    [
      'CredentialsProviderError',
      'The SSO session associated with this profile has expired or is otherwise invalid.',
      /single sign-on/,
    ],
    ['TimeoutError', 'TimeoutError from http://169.254.169.254/latest', /metadata service gives no credentials/],
    [
      'AccessDenied',
      'User: arn is not authorized to perform: sts:AssumeRole on resource: arn',
      /role can't be assumed/,
    ],
    ['CredentialsProviderError', 'Could not load credentials from any providers', /the source gives no credentials/],
  ] as const) {
    it(`the chain's error "${message}": ${says.source}`, () => {
      const error_ = Object.assign(new Error(message), { name });
      const verdict = judgeChainError(error_, 'shop');
      assert.equal(verdict.state, 'failed');
      assert.match(verdict.says, says);
    });
  }

  it('an identity is its ARN; SignatureDoesNotMatch is a wrong secret', () => {
    assert.match(judgeIdentity(answer('<Arn>arn:aws:iam::1:user/x</Arn>'), 'env').says, /^arn:aws:iam::1:user\/x/);
    assert.match(judgeIdentity(error('SignatureDoesNotMatch', 'x'), 'env').says, /the secret does not belong/);
    assert.match(
      judgeIdentity(error('ExpiredTokenException', 'x'), 'profile "a" (~/.aws/config, SSO)').remedy ?? '',
      /aws sso login --profile a/,
    );
  });

  const values = {
    action: 'logs:PutLogEvents',
    lost: 'no errors arrive',
    allowed: ['ResourceNotFoundException'],
    region: 'cn-north-1',
    account: '1',
    logGroup: '/g',
  };
  for (const [text, cause] of [
    ['… because no identity-based policy allows the logs:PutLogEvents action', /no policy of the identity/],
    ['… with an explicit deny in an identity-based policy', /denies it explicitly/],
    ['… with an explicit deny in a service control policy', /service control policy/],
    ['… because no VPC endpoint policy allows the logs:PutLogEvents action', /VPC endpoint/],
    ['… because no permissions boundary allows the logs:PutLogEvents action', /permissions boundary/],
    ['… because no session policy allows the logs:PutLogEvents action', /session/],
  ] as const) {
    it(`denied "${text}": ${cause.source}`, () => {
      const verdict = judgePermission(
        error('AccessDeniedException', `User: arn is not authorized to perform: logs:PutLogEvents ${text}`),
        values,
      );
      assert.equal(verdict.state, 'failed');
      assert.match(verdict.cause ?? '', cause);
      assert.match(verdict.remedy ?? '', /arn:aws-cn:logs:cn-north-1:1:log-group:\/g:\*/);
    });
  }

  it('a permission is proven by the error that only the allowed get, and left open by others', () => {
    assert.equal(judgePermission(error('ResourceNotFoundException', 'x', 'refused'), values).state, 'pass');
    assert.equal(judgePermission(error('ThrottlingException', 'Rate exceeded', 'throttled'), values).state, 'info');
    assert.equal(judgePermission(error('InternalFailure', 'x', 'retry'), values).state, 'warning');
    assert.equal(judgePermission(error('InvalidParameterException', 'x', 'refused'), values).state, 'warning');
  });

  it('a private address is that of a VPC endpoint', () => {
    const seen = { title: 'X-Ray', what: 'traces', env: {}, vpcService: 'x' };
    const steps = [{ step: 'HTTP' as const, duration: 12, detail: 'status 404' }];
    const of = (addresses: string[]) =>
      judgeReach({ url: 'https://xray.us-west-2.amazonaws.com', steps, addresses }, seen).says;
    assert.equal(of(['10.0.3.4']), 'answers after 12 ms, by a VPC endpoint');
    assert.equal(of(['52.94.5.1']), 'answers after 12 ms');
    assert.equal(of(['127.0.0.1']), 'answers after 12 ms, on this machine');
    assert.deepEqual(
      ['172.15.0.1', '172.16.0.1', '172.31.255.1', '172.32.0.1', '192.168.1.1', 'fd00::1', '2600::1'].map(isPrivate),
      [false, true, true, false, true, true, false],
    );
  });

  for (const [duration, state] of [
    [1000, 'pass'],
    [1001, 'warning'],
  ] as const) {
    it(`a first byte after ${duration} ms: ${state}`, () => {
      const steps = [{ step: 'HTTP' as const, duration, detail: '' }];
      const seen = { title: 'X-Ray', what: 'traces', env: {}, vpcService: 'x' };
      assert.equal(judgeReach({ url: 'https://x', steps, addresses: ['52.1.1.1'] }, seen).state, state);
    });
  }

  it('a log group without retention is a warning; not being allowed to look is none', () => {
    const asked = { group: '/g', wanted: 30, region: 'us-west-2' };
    const groups = (retentionInDays?: number) =>
      answer({
        logGroups: [{ logGroupName: '/g2' }, { logGroupName: '/g', ...(retentionInDays && { retentionInDays }) }],
      });
    assert.equal(judgeRetention(groups(), asked).state, 'warning');
    assert.equal(judgeRetention(groups(14), asked).says, '14 days');
    assert.equal(judgeRetention(error('AccessDeniedException', 'x'), asked).state, 'info');
    assert.equal(judgeRetention(answer({ logGroups: [] }), asked).state, 'info');
  });

  it('no metric is a warning once the application has run for a quarter of an hour', () => {
    const none = answer({ Metrics: [] });
    const of = (uptime?: number) => judgeMetrics(none, { namespace: 'n', service: 's', uptime }).state;
    assert.deepEqual([of(), of(899), of(900)], ['info', 'info', 'warning']);
    assert.equal(
      judgeMetrics(answer({ Metrics: [{ MetricName: 'a' }] }), { namespace: 'n', service: 's' }).state,
      'pass',
    );
  });

  it('a refused call in the event history is a warning, with who made it', () => {
    const event = (errorCode?: string) => ({
      EventName: 'CreateLogGroup',
      Username: 'task',
      CloudTrailEvent: JSON.stringify(errorCode ? { errorCode } : {}),
    });
    const none = judgeTrail([answer({ Events: [event()] })]);
    assert.equal(none.state, 'info', 'the history has no deliveries');
    assert.match(
      `${none.evidence?.join()} ${none.remedy}`,
      /not seen: PutMetricData.*never recorded by CloudTrail: PutLogEvents.*put-event-selectors/,
    );
    const refused = judgeTrail([answer({ Events: [event()] }), answer({ Events: [event('AccessDenied')] })]);
    assert.deepEqual([refused.state, refused.evidence], ['warning', ['CreateLogGroup by task: AccessDenied']]);
    assert.equal(judgeTrail([error('AccessDeniedException', 'cloudtrail:LookupEvents')]).state, 'info');
  });

  it('X-Ray as the destination of segments fails, CloudWatch Logs passes', () => {
    assert.equal(judgeDestination(answer({ Destination: 'XRay', Status: 'ACTIVE' }), 'r').state, 'failed');
    assert.equal(judgeDestination(answer({ Destination: 'CloudWatchLogs', Status: 'ACTIVE' }), 'r').state, 'pass');
    assert.equal(judgeDestination(answer({ Destination: 'CloudWatchLogs', Status: 'PENDING' }), 'r').state, 'info');
    assert.equal(judgeDestination(error('AccessDeniedException', 'x'), 'r').state, 'info');
  });

  it('a copy of the API fits up to the minor version of ours', () => {
    const of = (...versions: string[]) =>
      judgeCopies(
        versions.map((version, index) => ({ name: '@opentelemetry/api', version, path: `/${index}` })),
        false,
      ).state;
    assert.deepEqual(
      [of('1.9.0'), of('1.10.9'), of('1.11.0'), of('2.0.0'), of('0.18.0')],
      ['pass', 'pass', 'failed', 'failed', 'failed'],
    );
    assert.equal(judgeCopies([], true).state, 'info', 'a search that ended early is no pass');
  });

  it('a version that the instrumentation does not support is a warning, unless it is switched off', () => {
    const of = (version: string, switchedOff = false) =>
      judgeInstrumented([
        {
          group: 'pg',
          module: 'pg',
          version,
          switchedOff,
          supported: { known: true, ranges: ['>=8 <9'], includes: (v) => v.startsWith('8.') },
        },
      ]).state;
    assert.deepEqual([of('8.1.0'), of('9.0.0'), of('9.0.0', true)], ['pass', 'warning', 'info']);
  });

  for (const [app, state] of [
    ["exec_mode: 'cluster', env: { NODE_OPTIONS: '--require /srv/register.cjs' }, kill_timeout: 8000", 'failed'],
    ["env: { NODE_OPTIONS: '--require /srv/register.cjs' }, kill_timeout: 8000", 'pass'],
    ["exec_mode: 'cluster', node_args: '--require /srv/register.cjs', kill_timeout: 8000", 'pass'],
    ["node_args: '--require ./node_modules/@org/monitoring/dist/register.cjs', kill_timeout: 8000", 'failed'],
    ["node_args: '--require /srv/register.cjs'", 'warning'],
    ["node_args: '--require @org/monitoring/register', kill_timeout: 8000", 'info'],
    ["script: 'app.js'", 'info'],
  ] as const) {
    it(`an application under PM2 with ${app}: ${state}`, () =>
      assert.equal(judgePm2(`module.exports = { apps: [{ ${app} }] };`).state, state));
  }

  for (const [total, unmatched, state] of [
    [9, 9, 'info'],
    [10, 10, 'warning'],
    [10, 5, 'warning'],
    [10, 4, 'pass'],
    [0, 0, 'info'],
  ] as const) {
    it(`${unmatched} of ${total} requests without a route: ${state}`, () => {
      const verdict = judgeRoutes({ total, unmatched }, ['koa']);
      assert.equal(verdict.state, state);
      assert.deepEqual(verdict.evidence, ['framework: koa']);
    });
  }

  it('modules of one instrumentation are alternatives, and nobody is advised to take an older one', () => {
    const redis = (version: string, client?: string) => {
      const of = (module: string, each: string, range: string) => ({
        ...{ group: 'redis', module, version: each, switchedOff: false },
        supported: { known: true, ranges: [range], includes: (v: string) => satisfies(v, range) },
      });
      return judgeInstrumented([
        of('redis', version, '>=2.6.0 <4'),
        ...(client ? [of('@redis/client', client, '>=1.0.0 <6')] : []),
      ]);
    };
    assert.equal(redis('5.8.0', '5.8.0').state, 'pass');
    assert.equal(redis('5.8.0', '6.0.0').state, 'warning');
    const { state, remedy } = redis('5.8.0');
    assert.deepEqual([state, /redis@"/.test(remedy ?? '')], ['warning', false]);
    assert.match(redis('2.5.0').remedy ?? '', /^npm install redis@">=2\.6\.0 <4"$/);
  });

  for (const [names, state] of [
    [['npm', 'sh', 'node'], 'warning'],
    [['npm', 'dash', 'node'], 'warning'],
    [['sh', 'node'], 'warning'],
    [['npm', 'node'], 'pass'],
    [['tini', 'node'], 'pass'],
    [['systemd', 'bash', 'npm', 'sh', 'node'], 'pass'],
    [['node'], 'pass'],
  ] as const) {
    it(`a container whose processes are ${names.join(' > ')}: ${state}`, () => {
      const readFile = (path: string) => {
        const [, pid, file] = /^\/proc\/(\d+)\/(\w+)$/.exec(path) ?? [];
        if (file === 'status') return `Name:\tx\nPPid:\t${Number(pid) - 1}\n`;
        const name = names[Number(pid) - 1];
        return name === 'npm' ? 'npm start\0' : `/bin/${name}\0-c\0node app.js\0`;
      };
      const ancestors = ancestorsOf(names.length, readFile);
      assert.equal(ancestors?.length, names.length - 1);
      assert.equal(judgeAncestors(ancestors ?? []).state, state);
    });
  }

  for (const [command, state] of [
    ['CMD ["npm", "start"]', 'warning'],
    ['CMD npm start', 'warning'],
    ['CMD node app.js', 'warning'],
    ['ENTRYPOINT ["sh", "-c", "node app.js"]', 'warning'],
    ['CMD ["node", "app.js"]', 'pass'],
    ['CMD ["/usr/bin/tini", "--", "node", "app.js"]', 'pass'],
    ['CMD exec node app.js', 'pass'],
    ['FROM node:24', 'info'],
  ] as const) {
    it(`an image with ${command}: ${state}`, () => {
      const startFiles = new Map([
        ['Dockerfile', `FROM node:24\nCMD ["old"]\n${command}\n`.replace(/CMD \["old"\]\nFROM.*/, '')],
      ]);
      assert.equal(judgeCommand({ startFiles }).state, state);
    });
  }

  it('a container without a limit of memory is a warning, the machine itself is none', () => {
    const memory = { bytes: 2 ** 33, source: 'host' as const };
    const cpu = { cpus: 4, source: 'host' as const };
    assert.deepEqual(
      [judgeLimits({ memory, cpu }, true).state, judgeLimits({ memory, cpu }, false).state],
      ['warning', 'info'],
    );
    assert.equal(judgeLimits({ memory: { ...memory, source: 'cgroup' }, cpu }, true).state, 'info');
  });

  for (const [env, state] of [
    [{}, 'pass'],
    [{ OTEL_METRIC_EXPORT_INTERVAL: '10000', OTEL_METRIC_EXPORT_TIMEOUT: '9000' }, 'pass'],
    [{ OTEL_METRIC_EXPORT_INTERVAL: '9999', OTEL_METRIC_EXPORT_TIMEOUT: '9000' }, 'warning'],
    [{ MONITORING_HOST_METRICS_SAMPLE_RATIO: '0.5' }, 'pass'],
    [{ MONITORING_HOST_METRICS_SAMPLE_RATIO: '0.51' }, 'warning'],
    [{ MONITORING_HOST_METRICS_TTL: '100' }, 'pass'],
    [{ MONITORING_HOST_METRICS_TTL: '99' }, 'warning'],
    [{ OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,fs' }, 'warning'],
  ] as const) {
    it(`the cost in CPU of ${JSON.stringify(env)}: ${state}`, () =>
      assert.equal(judgeOverhead(readConfiguration(env).configuration).state, state));
  }

  for (const [name, ratio, reservoirPerSecond, state] of [
    ['parentbased_reservoir', 0.05, 1, 'info'],
    ['parentbased_reservoir', 0, 0, 'warning'],
    ['parentbased_reservoir', 0, 1, 'info'],
    ['traceidratio', 0, 1, 'warning'],
    ['traceidratio', 0.001, 0, 'info'],
    ['always_off', 1, 1, 'warning'],
    ['always_on', 1, 1, 'info'],
  ] as const) {
    it(`the sampler ${name} ${ratio} ${reservoirPerSecond}/s: ${state}`, () =>
      assert.equal(judgeSampler({ name, ratio, reservoirPerSecond }).state, state));
  }
});

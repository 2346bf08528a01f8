import assert from 'node:assert/strict';
import { createServer as createTlsServer } from 'node:https';
import { createServer } from 'node:net';
import type { Studio } from '../../../src/studio/endpoint.js';
import { GrpcReceiver } from '../../otlp/grpc-receiver.js';
import { CERTIFICATE, KEY } from '../../requests/localhost-certificate.js';
import { frontOf, opened } from './front.js';
import { doctorStage, LIMITS, type Stage } from './stage.js';

/** What keeps telemetry from arriving, staged one by one: the doctor names that cause, and no other. */

describe('the doctor, of a staged trouble', () => {
  const world = doctorStage();
  const { diagnose, failuresOf, resultOf, textOf, front } = world;

  it('none', async () => {
    const report = await diagnose({});
    assert.deepEqual(failuresOf(report), []);
    assert.equal(report.exitCode, 0);
    for (const id of ['MON-CRED-003', 'MON-PERM-001', 'MON-PERM-002', 'MON-PERM-004', 'MON-NET-001', 'MON-CLOCK-001']) {
      assert.equal(resultOf(report, id).state, 'pass', id);
    }
    const written = world.studio.store.calls.list().filter(({ status, items }) => status === 200 && items > 0);
    assert.deepEqual(written, [], 'nothing was written');
  });

  it('asks the endpoints and the region of the profile', async () => {
    const report = await diagnose({
      env: { AWS_ENDPOINT_URL: undefined, AWS_REGION: undefined },
      files: {
        '.aws/config': `[default]
region = eu-west-1
services = local
[services local]
${['cloudwatch', 'cloudwatch_logs', 'xray', 'sts'].map((name) => `${name} =\n  endpoint_url = ${world.studio.url}`).join('\n')}
`,
      },
    });
    assert.deepEqual(failuresOf(report), []);
    assert.match(textOf(report, 'MON-CONF-004'), /eu-west-1/);
    for (const id of ['MON-NET-002', 'MON-NET-003', 'MON-NET-004']) {
      assert.match(textOf(report, id), /on this machine/);
    }
  });

  const staged: [string, Stage, string, RegExp][] = [
    [
      'a profile that does not exist',
      { env: { AWS_PROFILE: 'shop-prod' } },
      'MON-CRED-001',
      /"shop-prod" is not in ~\/\.aws\/credentials or ~\/\.aws\/config/,
    ],
    [
      'no credentials',
      { env: { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined } },
      'MON-CRED-001',
      /no credentials are to be found[\s\S]*AWS_PROFILE=<profile>/,
    ],
    [
      'half a pair of keys',
      { env: { AWS_SECRET_ACCESS_KEY: undefined } },
      'MON-CRED-001',
      /AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY/,
    ],
    [
      'credentials of a file that have expired',
      {
        env: { AWS_PROFILE: 'shop', AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
        files: {
          '.aws/config': '[profile shop]\ncredential_process = cat .aws/expired.json\n',
          '.aws/expired.json': JSON.stringify({
            Version: 1,
            AccessKeyId: 'AKIDOFPROCESS1234',
            SecretAccessKey: 'secret-of-process',
            Expiration: '2020-01-01T00:00:00Z',
          }),
        },
      },
      'MON-CRED-002',
      /^the credentials of the source have expired/,
    ],
    ['no region', { env: { AWS_REGION: undefined } }, 'MON-CONF-004', /no region is set[\s\S]*AWS_REGION=<region>/],
    [
      'an endpoint of another region',
      { env: { AWS_ENDPOINT_URL_CLOUDWATCH: 'https://vpce-1.monitoring.us-east-1.vpce.amazonaws.com' } },
      'MON-CONF-004',
      /signed for us-west-2, but the endpoint of CloudWatch is in us-east-1[\s\S]*AWS_REGION=us-east-1/,
    ],
    [
      'a region that does not exist',
      {
        env: { AWS_ENDPOINT_URL: undefined, AWS_REGION: 'us-wst-2' },
        network: {
          lookup: async (host) => {
            if (host === 'sts.amazonaws.com') return ['192.0.2.1'];
            throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' });
          },
        },
      },
      'MON-CONF-005',
      /there is no region us-wst-2/,
    ],
    [
      'a name server that knows nothing',
      {
        env: { AWS_ENDPOINT_URL: undefined },
        network: {
          lookup: async (host) => {
            throw Object.assign(new Error(`getaddrinfo EAI_AGAIN ${host}`), { code: 'EAI_AGAIN' });
          },
        },
      },
      'MON-NET-001',
      /DNS EAI_AGAIN[\s\S]*resolv\.conf/,
    ],
    [
      'a name that is not known',
      {
        env: { AWS_ENDPOINT_URL: 'http://collector.internal.invalid:1' },
        network: {
          lookup: async (host) => {
            throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' });
          },
        },
      },
      'MON-NET-001',
      /no address is known for collector\.internal\.invalid/,
    ],
    [
      'a name server that does not answer',
      {
        env: { AWS_ENDPOINT_URL: undefined, AWS_REGION: 'eu-central-1' },
        network: { lookup: () => new Promise(() => {}), limits: { ...LIMITS, DNS: 50 } },
        options: {},
      },
      'MON-NET-001',
      /name server does not answer/,
    ],
    [
      'a setting that is no number',
      { env: { MONITORING_MAX_SERIES: 'many' } },
      'MON-CONF-001',
      /MONITORING_MAX_SERIES="many" \(environment\): expected a whole number/,
    ],
    [
      'a setting with a slip in its name',
      { env: { MONITORING_NAMESPCE: 'Shop' } },
      'MON-CONF-001',
      /perhaps MONITORING_NAMESPACE/,
    ],
    [
      'a configuration file that is not there',
      { env: { OTEL_CONFIG_FILE: '/nonexistent/otel.yaml' } },
      'MON-CONF-001',
      /OTEL_CONFIG_FILE=.*ENOENT/,
    ],
    [
      'monitoring switched off',
      { env: { OTEL_SDK_DISABLED: 'true' } },
      'MON-CONF-002',
      /OTEL_SDK_DISABLED is true[\s\S]*unset OTEL_SDK_DISABLED/,
    ],
    [
      'another agent that is preloaded',
      { env: { NODE_OPTIONS: '--require @org/monitoring/register --require dd-trace/init' } },
      'MON-LOAD-002',
      /dd-trace is preloaded as well/,
    ],
    [
      'a preload that comes too late',
      {
        env: { NODE_OPTIONS: undefined },
        files: {
          'package.json':
            '{"name":"shop","scripts":{"start":"node -r ./metrics.js -r @org/monitoring/register app.js"}}',
          'app.js': '',
        },
        options: { app: 'app.js' },
      },
      'MON-LOAD-001',
      /\.\/metrics\.js comes before the preload[\s\S]*--require @org\/monitoring\/register first/,
    ],
    [
      'start() after what it should instrument',
      {
        env: { NODE_OPTIONS: undefined },
        files: {
          'app.js': "const express = require('express');\n// require('pg')\nrequire('@org/monitoring').start();\n",
        },
        options: { app: 'app.js' },
      },
      'MON-LOAD-001',
      /express comes before the preload/,
    ],
    ...[
      "const express = require('express');\nconst { captureError } = require('@org/monitoring');\n",
      "import express from 'express';\nimport { captureError, setRoute } from '@org/monitoring';\nrobot.start();\n",
      "import express from 'express';\nimport * as monitoring from '@org/monitoring';\nmonitoring.setRoute('/');\n",
    ].map((source): (typeof staged)[number] => [
      `the API without the preload: ${source.split('\n')[1]}`,
      { env: { NODE_OPTIONS: undefined }, files: { 'app.js': source }, options: { app: 'app.js', offline: true } },
      'MON-LOAD-001',
      /nothing preloads it/,
    ]),
    ...[
      "import express from 'express';\nimport { start } from '@org/monitoring';\nstart();\n",
      "const express = require('express');\nconst monitoring = require('@org/monitoring');\nmonitoring.start();\n",
    ].map((source): (typeof staged)[number] => [
      `start() too late: ${source.split('\n')[1]}`,
      { env: { NODE_OPTIONS: undefined }, files: { 'app.js': source }, options: { app: 'app.js' } },
      'MON-LOAD-001',
      /express comes before the preload/,
    ]),
    [
      'nothing that preloads',
      { env: { NODE_OPTIONS: undefined }, files: { 'app.js': "require('express')" }, options: { app: 'app.js' } },
      'MON-LOAD-001',
      /nothing preloads it[\s\S]*node --require @org\/monitoring\/register app\.js/,
    ],
    [
      'a preload that is not installed',
      { files: { 'node_modules/@org/monitoring/package.json': '{}' } },
      'MON-LOAD-001',
      /preloaded, but not installed[\s\S]*npm install @org\/monitoring/,
    ],
    [
      'an SDK that the application starts itself',
      {
        files: {
          'package.json': '{"name":"shop","dependencies":{"@opentelemetry/sdk-node":"*"}}',
          'node_modules/@opentelemetry/sdk-node/package.json': '{"version":"0.57.0"}',
          'app.js': "new (require('@opentelemetry/sdk-node').NodeSDK)().start()",
        },
        options: { app: 'app.js' },
      },
      'MON-LOAD-002',
      /@opentelemetry\/sdk-node is started by the application/,
    ],
    [
      'a later copy of the API deep in a dependency',
      {
        files: {
          'node_modules/orm/node_modules/@opentelemetry/api/package.json': '{"version":"1.11.0"}',
          'node_modules/orm/package.json': '{"version":"1.0.0"}',
        },
      },
      'MON-LOAD-003',
      /1\.11\.0 does not fit the preload's 1\.10\.0[\s\S]*overrides/,
    ],
    [
      'two copies of the distro',
      {
        files: {
          'node_modules/@org/monitoring/package.json': '{"version":"0.1.0"}',
          'node_modules/lib/node_modules/@org/monitoring/package.json': '{"version":"0.0.9"}',
        },
      },
      'MON-LOAD-003',
      /2 copies of @org\/monitoring/,
    ],
  ];
  for (const [what, stage, id, text] of staged) {
    it(what, async () => {
      const report = await diagnose(stage);
      assert.deepEqual(
        failuresOf(report),
        [id],
        JSON.stringify(report.checks.filter(({ state }) => state === 'failed')),
      );
      assert.match(textOf(report, id), text);
      assert.equal(report.exitCode, 1);
    });
  }

  const answered: [string, Parameters<Studio['faults']['add']>[0], string, RegExp][] = [
    [
      'a session that has expired',
      { kind: 'expired-token', service: 'sts' },
      'MON-CRED-003',
      /the credentials have expired/,
    ],
    [
      'keys that AWS does not know',
      { kind: 'invalid-credentials', service: 'sts' },
      'MON-CRED-003',
      /AWS does not know these credentials/,
    ],
    [
      'PutMetricData denied',
      { kind: 'denied', service: 'cloudwatch', action: 'PutMetricData' },
      'MON-PERM-001',
      /no policy of the identity allows it[\s\S]*"Action":"cloudwatch:PutMetricData","Resource":"\*","Condition":\{"StringEquals":\{"cloudwatch:namespace":"shop"\}\}/,
    ],
    [
      'PutLogEvents denied',
      { kind: 'denied', service: 'logs', action: 'PutLogEvents' },
      'MON-PERM-002',
      /"Action":"logs:PutLogEvents","Resource":"arn:aws:logs:us-west-2:000000000000:log-group:\/shop\/errors:\*"/,
    ],
    [
      'traces denied',
      { kind: 'denied', service: 'xray', action: 'v1/traces' },
      'MON-PERM-004',
      /"Action":"xray:PutSpans"/,
    ],
  ];
  for (const [what, fault, id, text] of answered) {
    it(what, async () => {
      world.studio.faults.add(fault);
      const report = await diagnose({});
      assert.deepEqual(failuresOf(report), [id]);
      assert.match(textOf(report, id), text);
    });
  }

  it('CreateLogStream denied, where the group has streams', async () => {
    const url = await front((incoming, outgoing, pass) => {
      const action = String(incoming.headers['x-amz-target']).split('.')[1];
      const json = (status: number, body: object) =>
        outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
      if (action === 'DescribeLogStreams') return json(200, { logStreams: [{ logStreamName: 'shop/host/1' }] });
      if (action === 'PutLogEvents')
        return json(400, { __type: 'ResourceNotFoundException', message: 'The specified log stream does not exist.' });
      if (action !== 'CreateLogStream') return pass();
      const message =
        'User: arn:aws:iam::000000000000:user/local is not authorized to perform: logs:CreateLogStream on resource: arn:aws:logs:us-west-2:000000000000:log-group:/shop/errors:log-stream:shop/host/1 with an explicit deny in a service control policy';
      return json(400, { __type: 'AccessDeniedException', message });
    });
    const report = await diagnose({ env: { AWS_ENDPOINT_URL: url } });
    assert.deepEqual(failuresOf(report), ['MON-PERM-003']);
    assert.match(textOf(report, 'MON-PERM-003'), /a service control policy of the organization denies it/);
  });

  it('a refused connection', async () => {
    const closed = await frontOf(world.studio.url, () => {});
    await closed.close();
    const report = await diagnose({ env: { AWS_ENDPOINT_URL: closed.url } });
    assert.deepEqual(failuresOf(report), ['MON-NET-001']);
    assert.match(textOf(report, 'MON-NET-001'), /nothing listens on 127\.0\.0\.1:\d+[\s\S]*TCP ECONNREFUSED/);
    assert.equal(resultOf(report, 'MON-PERM-001').because, 'MON-NET-001');
  });

  it('a refused connection to one service only', async () => {
    const closed = await frontOf(world.studio.url, () => {});
    await closed.close();
    const report = await diagnose({ env: { AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: closed.url } });
    assert.deepEqual(failuresOf(report), ['MON-NET-003']);
    assert.match(textOf(report, 'MON-NET-003'), /CloudWatch Logs can't be reached: no errors arrive/);
    assert.equal(resultOf(report, 'MON-PERM-001').state, 'pass');
  });

  it('an endpoint that takes requests and never answers', async () => {
    const url = await front(() => {});
    const report = await diagnose({ env: { AWS_ENDPOINT_URL: url } });
    assert.deepEqual(failuresOf(report), ['MON-NET-001']);
    assert.match(
      textOf(report, 'MON-NET-001'),
      /takes the request and does not answer[\s\S]*HTTP TIMEOUT: no first byte within 1500 ms/,
    );
  });

  it('an endpoint that takes connections and drops them', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const report = await diagnose({ env: { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` } });
    server.close();
    assert.deepEqual(failuresOf(report), ['MON-NET-001']);
    assert.match(textOf(report, 'MON-NET-001'), /the connection broke before an answer/);
  });

  it('a certificate of an authority that is not known', async () => {
    const server = await opened(
      createTlsServer({ cert: CERTIFICATE, key: KEY }, (_incoming, outgoing) => void outgoing.end()),
      'https',
    );
    const report = await diagnose({
      env: { AWS_ENDPOINT_URL: server.url.replace('127.0.0.1', 'localhost') },
      network: { lookup: async () => ['127.0.0.1'] },
    });
    assert.deepEqual(failuresOf(report), ['MON-NET-001']);
    assert.match(textOf(report, 'MON-NET-001'), /authority that Node\.js does not know[\s\S]*NODE_EXTRA_CA_CERTS/);
  });

  for (const [hours, direction] of [
    [1, 'behind'],
    [-1, 'ahead of'],
  ] as const) {
    it(`a clock that is an hour ${direction} AWS's`, async () => {
      const url = await front((_incoming, outgoing, pass) => {
        outgoing.sendDate = false;
        outgoing.setHeader('date', new Date(Date.now() + hours * 3_600_000).toUTCString());
        pass();
      });
      world.studio.faults.add({ kind: 'clock-skew', offsetMs: hours * 3_600_000 });
      const report = await diagnose({ env: { AWS_ENDPOINT_URL: url } });
      assert.deepEqual(failuresOf(report), ['MON-CLOCK-001']);
      assert.match(textOf(report, 'MON-CLOCK-001'), new RegExp(`this clock is 60 minutes ${direction} AWS's`));
      assert.equal(resultOf(report, 'MON-CRED-003').because, 'MON-CLOCK-001');
    });
  }

  it('sampling rules that may not be read', async () => {
    const env = { OTEL_TRACES_SAMPLER: 'xray' };
    const denied = world.studio.faults.add({ kind: 'denied', service: 'xray', action: 'GetSamplingRules' });
    const report = await diagnose({ env });
    assert.deepEqual([failuresOf(report), resultOf(report, 'MON-XRAY-005').state], [[], 'warning']);
    assert.match(textOf(report, 'MON-XRAY-005'), /"Action":"xray:GetSamplingRules"/);
    world.studio.faults.remove(denied);
    assert.match(textOf(await diagnose({ env }), 'MON-XRAY-005'), /1 rule: Default/);
  });

  it('a call that CloudTrail saw refused, with --cloudtrail', async () => {
    const asked: string[] = [];
    const url = await front((incoming, outgoing, pass) => {
      const target = String(incoming.headers['x-amz-target']);
      if (!target.endsWith('LookupEvents')) return pass();
      asked.push(target);
      const CloudTrailEvent = JSON.stringify({ errorCode: 'AccessDenied', errorMessage: 'not allowed' });
      const Events = [{ EventName: 'CreateLogGroup', Username: 'shop-task', CloudTrailEvent }];
      outgoing.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify({ Events }));
    });
    const report = await diagnose({ env: { AWS_ENDPOINT_URL: url }, options: { cloudTrail: true } });
    assert.deepEqual([failuresOf(report), asked.length], [[], 3]);
    assert.match(
      textOf(report, 'MON-PERM-005'),
      /3 calls were refused[\s\S]*CreateLogGroup by shop-task: AccessDenied not allowed/,
    );
  });

  it('Transaction Search that is switched off', async () => {
    const url = await front((incoming, outgoing, pass) => {
      if (incoming.url !== '/v1/traces') return pass();
      const message = 'The OTLP API is supported with CloudWatch Logs as a Trace Segment Destination.';
      outgoing
        .writeHead(400, { 'content-type': 'application/json', 'x-amzn-errortype': 'InvalidRequestException' })
        .end(JSON.stringify({ message }));
    });
    const report = await diagnose({ env: { AWS_ENDPOINT_URL: url } });
    assert.deepEqual(failuresOf(report), ['MON-PERM-004']);
    assert.match(
      textOf(report, 'MON-PERM-004'),
      /update-trace-segment-destination --destination CloudWatchLogs --region us-west-2/,
    );
  });

  it('a collector that does not run', async () => {
    const closed = await frontOf(world.studio.url, () => {});
    await closed.close();
    const report = await diagnose({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: closed.url } });
    assert.deepEqual(failuresOf(report), ['MON-NET-005']);
    assert.match(textOf(report, 'MON-NET-005'), /start the collector, or correct OTEL_EXPORTER_OTLP_ENDPOINT/);
  });

  describe('a collector by gRPC', () => {
    const GRPC = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
    let receiver: GrpcReceiver | undefined;
    afterEach(() => receiver?.close());

    it('answers with the settings of HTTP/2, and no request is made', async () => {
      receiver = await GrpcReceiver.start();
      const report = await diagnose({ env: { ...GRPC, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } });
      assert.deepEqual(failuresOf(report), []);
      assert.match(textOf(report, 'MON-NET-005'), new RegExp(`127.0.0.1:${receiver.port} answers[\\s\\S]*HTTP/2`));
      assert.deepEqual(receiver.received, []);
    });

    it('is known by the authority in the settings', async () => {
      receiver = await GrpcReceiver.start({ tls: { key: KEY, certificate: CERTIFICATE } });
      const env = { ...GRPC, OTEL_EXPORTER_OTLP_ENDPOINT: `https://localhost:${receiver.port}` };
      assert.match(textOf(await diagnose({ env }), 'MON-NET-005'), /an authority that Node\.js does not know/);
      const files = { 'ca.pem': CERTIFICATE };
      const trusted = { ...env, OTEL_EXPORTER_OTLP_CERTIFICATE: 'ca.pem' };
      assert.deepEqual(failuresOf(await diagnose({ env: trusted, files })), []);
    });

    it('that speaks HTTP only is said to', async () => {
      const report = await diagnose({ env: { ...GRPC, OTEL_EXPORTER_OTLP_ENDPOINT: world.studio.url } });
      assert.deepEqual(failuresOf(report), ['MON-NET-005']);
      assert.match(textOf(report, 'MON-NET-005'), /does not speak gRPC[\s\S]*usually 4317/);
    });

    it('is not taken for one by HTTP', async () => {
      receiver = await GrpcReceiver.start();
      const report = await diagnose({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } });
      assert.deepEqual(failuresOf(report), ['MON-NET-005']);
      assert.match(textOf(report, 'MON-NET-005'), /does not speak HTTP[\s\S]*usually 4318/);
    });
  });

  for (const kind of ['throttle', 'unavailable', 'error5xx'] as const) {
    it(`does not take ${kind} for a cause`, async () => {
      world.studio.faults.add({ kind });
      assert.deepEqual(failuresOf(await diagnose({})), []);
    });
  }

  const warned: [string, Stage, string, RegExp][] = [
    [
      'a log group that is missing',
      {},
      'MON-LOGS-001',
      /\/shop\/errors does not exist yet[\s\S]*aws logs create-log-group --log-group-name \/shop\/errors --region us-west-2/,
    ],
    [
      'a region that the profile contradicts',
      {
        env: {
          AWS_PROFILE: 'shop',
          AWS_REGION: 'eu-west-1',
          AWS_ACCESS_KEY_ID: undefined,
          AWS_SECRET_ACCESS_KEY: undefined,
        },
        files: {
          '.aws/config': '[profile shop]\nregion = us-west-2\n',
          '.aws/credentials':
            '[shop]\naws_access_key_id = AKIDOFTHEFILE1234\naws_secret_access_key = secret-of-the-file\n',
        },
      },
      'MON-CONF-004',
      /data goes to eu-west-1; whoever looks in us-west-2 sees nothing/,
    ],
    [
      'settings that cost CPU',
      {
        env: {
          OTEL_METRIC_EXPORT_INTERVAL: '1000',
          OTEL_METRIC_EXPORT_TIMEOUT: '1000',
          MONITORING_REQUEST_PATH: 'full',
          MONITORING_HOST_METRICS_SAMPLE_RATIO: '1',
          MONITORING_HOST_METRICS_TTL: '0',
        },
      },
      'MON-HOST-002',
      /every 1000 ms[\s\S]*100 % of the requests/,
    ],
    ['nothing that is traced', { env: { OTEL_TRACES_SAMPLER: 'always_off' } }, 'MON-XRAY-003', /nothing is traced/],
    [
      'no name of the service',
      { files: { 'package.json': '{}' } },
      'MON-CONF-003',
      /unknown_service:node[\s\S]*OTEL_SERVICE_NAME/,
    ],
    [
      'another SDK that is installed',
      {
        files: {
          'package.json': '{"name":"shop","dependencies":{"newrelic":"*"}}',
          'node_modules/newrelic/package.json': '{"version":"12.0.0"}',
        },
      },
      'MON-LOAD-002',
      /newrelic 12\.0\.0[\s\S]*npm uninstall newrelic/,
    ],
    [
      'a bundle',
      {
        files: { 'dist/app.js': 'var __commonJS = (cb) => {};\nvar __webpack_require__ = 1;' },
        options: { app: 'dist/app.js' },
      },
      'MON-LOAD-005',
      /is a bundle[\s\S]*--packages=external/,
    ],
  ];
  for (const [what, stage, id, text] of warned) {
    it(`warns of ${what}, and fails with --strict only`, async () => {
      const report = await diagnose(stage);
      assert.deepEqual(failuresOf(report), []);
      assert.equal(resultOf(report, id).state, 'warning');
      assert.match(textOf(report, id), text);
      assert.equal(report.exitCode, 0);
    });
  }

  it('nothing is asked with --offline', async () => {
    const calls = world.studio.store.calls.length;
    const report = await diagnose({ options: { offline: true } });
    assert.deepEqual(failuresOf(report), []);
    assert.equal(world.studio.store.calls.length, calls);
    assert.equal(resultOf(report, 'MON-NET-001').says, 'nothing is asked with --offline');
  });
});

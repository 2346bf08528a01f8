import assert from 'node:assert/strict';
import fc from 'fast-check';
import { INSTRUMENTATION_NAMES } from '../../src/config/instrumentation-names.js';
import { readConfiguration } from '../../src/config/read.js';
import { SETTING_NAMES, type SettingName, settingOf } from '../../src/config/settings.js';
import { CATALOGUE } from '../../src/instrumentation/catalogue.js';
import { WORK_LIBRARIES } from '../../src/instrumentation/jobs/jobs.js';

function problemsOf(env: Record<string, string>) {
  return readConfiguration(env).problems;
}

/** A value that each setting refuses. */
const REFUSED: Partial<Record<SettingName, string>> = {
  OTEL_SERVICE_NAME: 'x'.repeat(256),
  OTEL_RESOURCE_ATTRIBUTES: 'nonsense',
  AWS_REGION: 'us-west-2a',
  AWS_DEFAULT_REGION: 'nowhere',
  AWS_PROFILE: 'x'.repeat(256),
  OTEL_TRACES_SAMPLER_ARG: 'a lot',
  OTEL_EXPORTER_OTLP_HEADERS: 'nonsense',
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'nonsense',
  OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'nonsense',
  OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'nonsense',
  MONITORING_NAMESPACE: 'AWS/EC2',
  MONITORING_ERROR_LOG_GROUP: 'no spaces please',
  MONITORING_REDACT: '/(/',
  OTEL_CONFIG_FILE: '/nowhere/otel.yaml',
};
const PEM_FILE = /_(CERTIFICATE|CLIENT_KEY)$/;

describe('the limits of requests to AWS', () => {
  for (const [name, key, byDefault, first, last] of [
    ['MONITORING_CONNECT_TIMEOUT', 'connectTimeout', 2000, 10, 60_000],
    ['MONITORING_REQUEST_TIMEOUT', 'requestTimeout', 10_000, 100, 60_000],
    ['MONITORING_MAX_ATTEMPTS', 'maxAttempts', 2, 1, 10],
  ] as const) {
    it(`${name} is ${byDefault}, and goes from ${first} to ${last}`, () => {
      assert.equal(readConfiguration({}).configuration.delivery[key], byDefault);
      for (const accepted of [first, last]) {
        const { configuration, problems } = readConfiguration({ [name]: String(accepted) });
        assert.deepEqual(problems, []);
        assert.equal(configuration.delivery[key], accepted);
      }
      for (const refused of [first - 1, last + 1]) {
        const { configuration, problems } = readConfiguration({ [name]: String(refused) });
        assert.deepEqual(
          problems.map((problem) => [problem.key, problem.used]),
          [[name, String(byDefault)]],
        );
        assert.equal(configuration.delivery[key], byDefault);
      }
    });
  }
});

describe('readConfiguration', () => {
  it('takes every setting at its default from an empty environment, without a problem', () => {
    const { configuration, problems, origins } = readConfiguration({});
    assert.deepEqual(problems, []);
    assert.deepEqual(new Set(Object.values(origins)), new Set(['default']));
    assert.deepEqual(configuration.metrics.exporters, ['cloudwatch']);
    assert.deepEqual(configuration.traces.exporters, ['xray']);
    const attributes = { attributeCountLimit: 128, attributeValueLengthLimit: Number.POSITIVE_INFINITY };
    assert.deepEqual(configuration.logs, { exporters: ['cloudwatch'], retentionDays: 30, limits: attributes });
    assert.deepEqual(configuration.traces.limits, {
      ...attributes,
      eventCountLimit: 128,
      linkCountLimit: 128,
      attributePerEventCountLimit: 128,
      attributePerLinkCountLimit: 128,
    });
    assert.equal(configuration.sdkMetrics, false);
    assert.deepEqual(configuration.traces.sampler, {
      name: 'parentbased_reservoir',
      reservoirPerSecond: 1,
      ratio: 0.05,
    });
    assert.deepEqual(configuration.traces.propagators, ['xray', 'tracecontext', 'baggage']);
    assert.equal(configuration.metrics.interval, 60_000);
    assert.equal(configuration.metrics.maxSeries, 500);
    assert.equal(configuration.metrics.temporality, 'delta');
    assert.equal(configuration.host.sampleRatio, 0.1);
    assert.equal(configuration.shutdownTimeout, 5000);
    assert.equal(configuration.requestPath, 'short');
    assert.equal(configuration.serviceName, undefined);
  });

  const variables = SETTING_NAMES.filter((name) => !PEM_FILE.test(name) && !settingOf(name).onlyInFile);
  for (const name of variables) {
    it(`${name}: a value that can't be used is one problem and leaves the default in force`, () => {
      const { problems, values } = readConfiguration({ [name]: REFUSED[name] ?? '\u0007 no such thing' });
      assert.equal(problems.length, 1);
      assert.equal(problems[0]?.key, name);
      assert.equal(problems[0]?.from, 'environment');
      const expected = readConfiguration({}).values;
      if (name !== 'OTEL_CONFIG_FILE') assert.deepEqual(values, expected);
    });

    it(`${name}: an empty value counts as not set`, () => {
      const { problems, origins } = readConfiguration({ [name]: '  ' });
      assert.deepEqual(problems, []);
      assert.equal(origins[name], 'default');
    });
  }

  it('never throws, and says at most one thing about a setting, whatever the environment holds', () => {
    const name = fc.constantFrom(...SETTING_NAMES);
    const plausible = fc.constantFrom(
      'none',
      'true',
      '0',
      '-1',
      '1/s',
      'a=b',
      '/(',
      '/(/',
      'http://x',
      'otlp,none',
      '"q"',
      ',',
    );
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), plausible, fc.double().map(String));
    fc.assert(
      fc.property(fc.dictionary(name, value, { noNullPrototype: true }), (env) => {
        const { configuration, problems } = readConfiguration(env, { readFile: () => env.OTEL_SERVICE_NAME ?? '' });
        const keys = problems.map(({ key }) => key);
        assert.equal(new Set(keys).size, keys.length);
        assert.ok(configuration.metrics.timeout <= configuration.metrics.interval);
        assert.ok(configuration.traces.batch.maxExportBatchSize <= configuration.traces.batch.maxQueueSize);
        assert.ok(configuration.traces.sampler.ratio >= 0 && configuration.traces.sampler.ratio <= 1);
        for (const signal of ['metrics', 'traces', 'logs'] as const) new URL(configuration.otlp[signal].url);
        structuredClone(configuration);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads again what it wrote: a value in its own words means the same', () => {
    for (const name of SETTING_NAMES) {
      const { type, default: value } = settingOf(name);
      const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
      if (value === undefined || value === null || isEmpty) continue;
      assert.deepEqual(type.parse(type.format(value)).value, value, name);
    }
  });

  it('says where each value came from', () => {
    const { origins } = readConfiguration({ MONITORING_MAX_SERIES: '7', AWS_REGION: 'bad' });
    assert.equal(origins.MONITORING_MAX_SERIES, 'environment');
    assert.equal(origins.MONITORING_REDACT, 'default');
  });

  it('takes a value out of the quotes that an env file left around it, and says so', () => {
    const { configuration, problems } = readConfiguration({
      OTEL_SERVICE_NAME: '"checkout"',
      MONITORING_MAX_SERIES: "'9'",
    });
    assert.equal(configuration.serviceName, 'checkout');
    assert.equal(configuration.metrics.maxSeries, 9);
    assert.deepEqual(
      problems.map(({ key }) => key),
      ['OTEL_SERVICE_NAME', 'MONITORING_MAX_SERIES'],
    );
  });

  it('hands out defaults that may be changed without changing those of the next reading', () => {
    readConfiguration({}).configuration.traces.propagators.push('b3');
    readConfiguration({}).configuration.resourceAttributes.x = 'y';
    assert.deepEqual(readConfiguration({}).configuration.traces.propagators, ['xray', 'tracecontext', 'baggage']);
    assert.deepEqual(readConfiguration({}).configuration.resourceAttributes, {});
  });

  it('knows the instrumentations that there are', () => {
    assert.deepEqual(
      [...INSTRUMENTATION_NAMES].sort(),
      [...CATALOGUE.map(({ name }) => name), ...WORK_LIBRARIES].sort(),
    );
  });

  it('takes well under a millisecond once warm', () => {
    const env = { ...process.env };
    const times = Array.from({ length: 500 }, () => {
      const start = performance.now();
      readConfiguration(env);
      return performance.now() - start;
    }).sort((a, b) => a - b);
    assert.ok((times[250] ?? Number.POSITIVE_INFINITY) < 1, `median ${times[250]} ms`);
  });
});

describe('service and AWS settings', () => {
  it('OTEL_SERVICE_NAME wins over service.name among the attributes', () => {
    const OTEL_RESOURCE_ATTRIBUTES = 'service.name=from-attributes';
    assert.equal(readConfiguration({ OTEL_RESOURCE_ATTRIBUTES }).configuration.serviceName, 'from-attributes');
    const both = { OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME: 'from-variable' };
    assert.equal(readConfiguration(both).configuration.serviceName, 'from-variable');
  });

  it('AWS_REGION wins over AWS_DEFAULT_REGION, which stands in for a bad one', () => {
    const AWS_DEFAULT_REGION = 'eu-west-1';
    assert.equal(readConfiguration({ AWS_DEFAULT_REGION }).configuration.aws.region, 'eu-west-1');
    assert.equal(
      readConfiguration({ AWS_DEFAULT_REGION, AWS_REGION: 'us-west-2' }).configuration.aws.region,
      'us-west-2',
    );
    assert.equal(
      readConfiguration({ AWS_DEFAULT_REGION, AWS_REGION: 'us-west-2b' }).configuration.aws.region,
      'eu-west-1',
    );
  });

  it("a service's own endpoint wins over AWS_ENDPOINT_URL", () => {
    const env = { AWS_ENDPOINT_URL: 'http://all:1', AWS_ENDPOINT_URL_XRAY: 'http://xray:2' };
    assert.deepEqual(readConfiguration(env).configuration.aws.endpoints, {
      cloudwatch: 'http://all:1',
      cloudwatchLogs: 'http://all:1',
      xray: 'http://xray:2',
      sts: 'http://all:1',
    });
    const ignoring = { ...env, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' };
    assert.deepEqual(readConfiguration(ignoring).configuration.aws.endpoints, {});
  });
});

describe('OTLP settings', () => {
  it('an endpoint for all signals makes otlp the default of all', () => {
    const { configuration, problems } = readConfiguration({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/otlp/',
    });
    assert.deepEqual(problems, []);
    for (const signal of ['metrics', 'traces', 'logs'] as const) {
      assert.deepEqual(configuration[signal].exporters, ['otlp']);
      assert.equal(configuration.otlp[signal].url, `http://collector:4318/otlp/v1/${signal}`);
    }
  });

  it('an endpoint for one signal makes otlp the default of that one and is used as it is', () => {
    const { configuration } = readConfiguration({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/mine' });
    assert.deepEqual(configuration.traces.exporters, ['otlp']);
    assert.equal(configuration.otlp.traces.url, 'http://collector:4318/mine');
    assert.deepEqual(configuration.metrics.exporters, ['cloudwatch']);
    assert.deepEqual(configuration.logs.exporters, ['cloudwatch']);
  });

  it('exporters that are named stay as named beside an endpoint', () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_METRICS_EXPORTER: 'cloudwatch' };
    assert.deepEqual(readConfiguration(env).configuration.metrics.exporters, ['cloudwatch']);
    assert.deepEqual(readConfiguration(env).problems, []);
  });

  it("a signal's own option wins over the one for all, and headers are joined", () => {
    const { otlp } = readConfiguration({
      OTEL_EXPORTER_OTLP_HEADERS: 'a=all,b=all',
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'B=logs',
      OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
      OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '2000',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: 'none',
      OTEL_EXPORTER_OTLP_CERTIFICATE: '/ca.pem',
      OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY: '/key.pem',
    }).configuration;
    assert.deepEqual(otlp.traces.headers, { a: 'all', b: 'all' });
    assert.deepEqual(otlp.logs, {
      url: 'http://localhost:4318/v1/logs',
      headers: { a: 'all', b: 'logs' },
      protocol: 'http/json',
      timeout: 2000,
      compression: 'none',
      tls: { certificateAuthority: '/ca.pem', clientKey: '/key.pem' },
    });
    assert.equal(otlp.traces.timeout, 1000);
    assert.equal(otlp.traces.compression, 'gzip');
  });

  describe('for gRPC', () => {
    const GRPC = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
    const OTLP = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_TRACES_EXPORTER: 'otlp', OTEL_LOGS_EXPORTER: 'otlp' };
    const urlOf = (env: Record<string, string>) =>
      readConfiguration({ ...OTLP, ...GRPC, ...env }).configuration.otlp.traces.url;

    it('go to port 4317 of this machine, without a path', () => {
      const { configuration, problems } = readConfiguration({ ...OTLP, ...GRPC });
      assert.deepEqual(problems, []);
      for (const signal of ['metrics', 'traces', 'logs'] as const) {
        assert.equal(configuration.otlp[signal].protocol, 'grpc');
        assert.equal(configuration.otlp[signal].url, 'http://localhost:4317');
      }
    });

    it('are of one signal when that signal alone is set', () => {
      const { otlp } = readConfiguration({ ...OTLP, OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'grpc' }).configuration;
      assert.deepEqual(
        [otlp.logs, otlp.traces].map(({ protocol, url }) => [protocol, url]),
        [
          ['grpc', 'http://localhost:4317'],
          ['http/protobuf', 'http://localhost:4318/v1/traces'],
        ],
      );
    });

    for (const [endpoint, insecure, url] of [
      ['http://collector:4317', 'false', 'http://collector:4317'],
      ['https://collector:4317', 'true', 'https://collector:4317'],
      ['HTTPS://collector:4317/', undefined, 'https://collector:4317'],
      ['collector:4317', undefined, 'https://collector:4317'],
      ['collector:4317', 'false', 'https://collector:4317'],
      ['collector:4317', 'true', 'http://collector:4317'],
      ['[::1]:4317', 'true', 'http://[::1]:4317'],
    ] as const) {
      it(`an endpoint ${endpoint} with insecure ${insecure ?? 'not set'} is ${url}, without a word`, () => {
        const env = {
          OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
          ...(insecure && { OTEL_EXPORTER_OTLP_INSECURE: insecure }),
        };
        assert.equal(urlOf(env), url);
        assert.deepEqual(problemsOf({ ...GRPC, ...env }), []);
      });
    }

    it("a signal's own insecure wins over the one for all", () => {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'c:1', OTEL_EXPORTER_OTLP_INSECURE: 'true' };
      assert.equal(urlOf({ ...env, OTEL_EXPORTER_OTLP_TRACES_INSECURE: 'false' }), 'https://c:1');
    });

    for (const [endpoint, used] of [
      ['http://collector:4317/v1/traces', 'http://collector:4317'],
      ['http://collector:4317/?a=b', 'http://collector:4317'],
      ['collector:4317/v1/traces', 'collector:4317'],
    ] as const) {
      it(`an endpoint ${endpoint} is said to be ${used} alone`, () => {
        const env = { ...GRPC, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint };
        const [problem, ...more] = problemsOf(env);
        assert.equal(more.length, 0);
        assert.match(problem?.expected ?? '', /scheme, host and port alone/);
        assert.equal(problem?.used, used);
        assert.match(urlOf(env), /^https?:\/\/collector:4317$/);
      });
    }

    it('the port of HTTP is pointed out', () => {
      const [problem] = problemsOf({ ...GRPC, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' });
      assert.match(problem?.expected ?? '', /gRPC port, usually 4317/);
    });

    it('the path of an endpoint that HTTP uses as well stays without a word', () => {
      const env = { ...OTLP, OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:1/otlp' };
      const { configuration, problems } = readConfiguration(env);
      assert.deepEqual(problems, []);
      assert.equal(configuration.otlp.logs.url, 'http://c:1');
      assert.equal(configuration.otlp.traces.url, 'http://c:1/otlp/v1/traces');
    });
  });

  it('an endpoint without a scheme is mended for HTTP', () => {
    const reading = readConfiguration({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' });
    assert.equal(reading.configuration.otlp.traces.url, 'http://collector:4318/v1/traces');
    const [problem, ...more] = reading.problems;
    assert.deepEqual([problem?.used, more], ['http://collector:4318', []]);
  });
});

describe('contradictions', () => {
  function only(env: Record<string, string>) {
    const reading = readConfiguration(env);
    assert.equal(reading.problems.length, 1);
    const [problem] = reading.problems;
    assert.ok(problem);
    return { ...reading, problem };
  }

  it('a metric timeout equal to the interval stands, a longer one is cut', () => {
    const env = { OTEL_METRIC_EXPORT_INTERVAL: '1000', OTEL_METRIC_EXPORT_TIMEOUT: '1000' };
    assert.deepEqual(problemsOf(env), []);
    const { problem, configuration } = only({ ...env, OTEL_METRIC_EXPORT_TIMEOUT: '1001' });
    assert.equal(problem.key, 'OTEL_METRIC_EXPORT_TIMEOUT');
    assert.equal(problem.used, '1000');
    assert.equal(configuration.metrics.timeout, 1000);
  });

  it('a timeout that nobody gave follows a short interval without a word', () => {
    const { configuration, problems } = readConfiguration({ OTEL_METRIC_EXPORT_INTERVAL: '1000' });
    assert.equal(configuration.metrics.timeout, 1000);
    assert.deepEqual(problems, []);
  });

  it('a batch as large as the queue stands, a larger one is cut', () => {
    const env = { OTEL_BSP_MAX_QUEUE_SIZE: '10', OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '10' };
    assert.deepEqual(problemsOf(env), []);
    const { configuration } = only({ ...env, OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '11' });
    assert.equal(configuration.traces.batch.maxExportBatchSize, 10);
    assert.deepEqual(problemsOf({ OTEL_BSP_MAX_QUEUE_SIZE: '10' }), []);
  });

  it('an instrumentation both enabled and disabled is disabled', () => {
    const { problem, configuration } = only({
      OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,pg',
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'pg',
    });
    assert.match(problem.expected, /\(pg\)/);
    assert.equal(problem.used, 'http');
    assert.deepEqual(configuration.instrumentations, { enabled: ['http'], disabled: ['pg'] });
  });

  it('none beside other exporters is left out', () => {
    const { configuration } = only({ OTEL_METRICS_EXPORTER: 'none,console' });
    assert.deepEqual(configuration.metrics.exporters, ['console']);
    assert.deepEqual(readConfiguration({ OTEL_METRICS_EXPORTER: 'none' }).configuration.metrics.exporters, []);
  });

  it('an OTLP endpoint that no exporter uses is said to be of no use', () => {
    const endpoint = 'http://collector:4318';
    const none = { OTEL_METRICS_EXPORTER: 'none', OTEL_TRACES_EXPORTER: 'xray', OTEL_LOGS_EXPORTER: 'none' };
    assert.equal(only({ ...none, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }).problem.used, 'nothing of it');
    const { problem } = only({ OTEL_TRACES_EXPORTER: 'xray', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint });
    assert.equal(problem.key, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  });

  it('the port of gRPC is pointed out for HTTP, and the endpoint used as it is', () => {
    const { problem, configuration } = only({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317' });
    assert.match(problem.expected, /4318/);
    assert.equal(configuration.otlp.traces.url, 'http://collector:4317/v1/traces');
  });

  it('FIPS yields to an endpoint for everything and stands beside one for a single service', () => {
    const all = only({ AWS_USE_FIPS_ENDPOINT: 'true', AWS_ENDPOINT_URL: 'http://x:1' });
    assert.equal(all.configuration.aws.useFips, false);
    const one = only({ AWS_USE_DUALSTACK_ENDPOINT: 'true', AWS_ENDPOINT_URL_XRAY: 'http://x:1' });
    assert.equal(one.configuration.aws.useDualStack, true);
    const ignored = {
      AWS_USE_FIPS_ENDPOINT: 'true',
      AWS_ENDPOINT_URL: 'http://x:1',
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true',
    };
    assert.deepEqual(problemsOf(ignored), []);
  });
});

describe('the sampler', () => {
  const SAMPLERS: [string, string | undefined, object][] = [
    ['always_on', undefined, { name: 'always_on', reservoirPerSecond: 0, ratio: 1 }],
    ['parentbased_always_off', undefined, { name: 'parentbased_always_off', reservoirPerSecond: 0, ratio: 0 }],
    ['traceidratio', '0.25', { name: 'traceidratio', reservoirPerSecond: 0, ratio: 0.25 }],
    ['parentbased_traceidratio', undefined, { name: 'parentbased_traceidratio', reservoirPerSecond: 0, ratio: 1 }],
    ['parentbased_reservoir', '5/s,0.1', { name: 'parentbased_reservoir', reservoirPerSecond: 5, ratio: 0.1 }],
    ['parentbased_reservoir', '5/s', { name: 'parentbased_reservoir', reservoirPerSecond: 5, ratio: 0.05 }],
    ['parentbased_reservoir', '0.2', { name: 'parentbased_reservoir', reservoirPerSecond: 1, ratio: 0.2 }],
    ['parentbased_reservoir', '0/s, 0', { name: 'parentbased_reservoir', reservoirPerSecond: 0, ratio: 0 }],
    ['', '0.2', { name: 'parentbased_reservoir', reservoirPerSecond: 1, ratio: 0.2 }],
    ['xray', undefined, { name: 'xray', reservoirPerSecond: 1, ratio: 0.05 }],
    [
      'xray',
      'endpoint=http://localhost:2000,polling_interval=60',
      { name: 'xray', reservoirPerSecond: 1, ratio: 0.05, endpoint: 'http://localhost:2000', pollingInterval: 60_000 },
    ],
  ];
  for (const [name, argument, sampler] of SAMPLERS) {
    it(`${name || 'unset'} with ${argument ?? 'no argument'}`, () => {
      const env = { OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: argument };
      const { configuration, problems } = readConfiguration(env);
      assert.deepEqual(configuration.traces.sampler, sampler);
      assert.deepEqual(problems, []);
    });
  }

  const BAD: [string, string, string][] = [
    ['traceidratio', '1.01', '1'],
    ['parentbased_reservoir', '1.5/s', '1/s,0.05'],
    ['parentbased_reservoir', '1/s,2', '1/s,0.05'],
    ['parentbased_reservoir', '1/s,', '1/s,0.05'],
    ['parentbased_reservoir', '-1/s', '1/s,0.05'],
    ['always_on', '0.5', 'always_on without one'],
    ['xray', 'polling_interval=9', 'xray without one'],
    ['xray', 'endpoint=http://localhost:2000,polling_interval=3601', 'endpoint=http://localhost:2000'],
  ];
  for (const [name, argument, used] of BAD) {
    it(`${name} can't use ${argument}`, () => {
      const { problems } = readConfiguration({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: argument });
      assert.deepEqual(
        problems.map((problem) => [problem.key, problem.used]),
        [['OTEL_TRACES_SAMPLER_ARG', used]],
      );
    });
  }
});

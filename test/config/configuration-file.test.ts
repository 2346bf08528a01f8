import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse } from 'yaml';
import { readConfiguration } from '../../src/config/read.js';
import { SETTING_NAMES, settings } from '../../src/config/settings.js';

const PATH = '/etc/otel.yaml';

function read(text: string, env: Record<string, string> = {}) {
  const readFile = (path: string) => {
    assert.equal(path, PATH);
    return text;
  };
  return readConfiguration({ OTEL_CONFIG_FILE: PATH, ...env }, { readFile });
}

/** Everything that a file can say. */
const FULL = `
file_format: "1.0"
disabled: true
log_level: debug2
attribute_limits: { attribute_count_limit: 128, attribute_value_length_limit: 65536 }
resource:
  attributes:
    - { name: service.name, value: checkout }
    - { name: answer, value: 42, type: int }
    - { name: odd, value: "a=b,c%" }
  attributes_list: service.name=from-list,team=shop
propagator:
  composite: [{ tracecontext: }, { baggage: }]
  composite_list: xray,baggage
tracer_provider:
  sampler:
    parent_based:
      root: { trace_id_ratio_based: { ratio: 0.25 } }
      remote_parent_sampled: { always_on: }
  limits:
    attribute_count_limit: 64
    attribute_value_length_limit: 4096
    event_count_limit: 10
    link_count_limit: 10
    event_attribute_count_limit: 10
    link_attribute_count_limit: 10
  processors:
    - batch:
        schedule_delay: 1000
        export_timeout: 2000
        max_queue_size: 100
        max_export_batch_size: 50
        exporter:
          otlp_http:
            endpoint: https://collector:4318/v1/traces
            headers_list: "a=list,b=list"
            headers: [{ name: A, value: "b c=" }]
            compression: none
            timeout: 3000
            encoding: json
            tls: { ca_file: /ca.pem, key_file: /key.pem, cert_file: /cert.pem }
    - simple: { exporter: { console: } }
meter_provider:
  readers:
    - periodic:
        interval: 10000
        timeout: 5000
        exporter:
          otlp_http:
            endpoint: https://collector:4318/v1/metrics
            headers: [{ name: m, value: 1 }]
            compression: gzip
            timeout: 3001
            encoding: protobuf
            temporality_preference: low_memory
            default_histogram_aggregation: explicit_bucket_histogram
            tls: { ca_file: /ca.pem, key_file: /key.pem, cert_file: /cert.pem }
    - periodic: { exporter: { cloudwatch: } }
  views:
    - { selector: { instrument_name: "http.client.*" }, stream: { attribute_keys: { excluded: [server.address] } } }
logger_provider:
  limits: { attribute_count_limit: 64, attribute_value_length_limit: 4096 }
  processors:
    - batch:
        exporter:
          otlp_http:
            endpoint: https://collector:4318/v1/logs
            headers_list: l=1
            compression: none
            timeout: 3002
            encoding: json
            tls: { ca_file: /ca.pem, key_file: /key.pem, cert_file: /cert.pem }
distribution:
  monitoring:
    max_series: 7
    redact: [ssn, iban]
  node: { anything: else }
`;

describe('configuration file', () => {
  it('says everything that the table of settings promises', () => {
    const { configuration, problems, origins } = read(FULL);
    assert.deepEqual(problems, []);
    const inFile = (name: string) => origins[name] === 'configuration file';
    const general = SETTING_NAMES.filter((name) => /^OTEL_EXPORTER_OTLP_(?!TRACES|METRICS|LOGS)/.test(name));
    const expected = SETTING_NAMES.filter((name) => settings[name].file !== undefined && !general.includes(name));
    // Those that others say here, and those of gRPC alone.
    const saidByAnother = (name: string) => /^OTEL_SERVICE_NAME$|^OTEL_SPAN_ATTRIBUTE_PER_|_INSECURE$/.test(name);
    assert.deepEqual(
      expected.filter((name) => !inFile(name) && !saidByAnother(name)),
      [],
    );
    assert.equal(configuration.disabled, true);
    assert.equal(configuration.logLevel, 'debug');
    assert.equal(configuration.serviceName, 'checkout');
    assert.deepEqual(configuration.resourceAttributes, {
      'service.name': 'checkout',
      team: 'shop',
      answer: '42',
      odd: 'a=b,c%',
    });
    assert.deepEqual(configuration.traces.propagators, ['tracecontext', 'baggage', 'xray']);
    assert.deepEqual(configuration.traces.sampler, {
      name: 'parentbased_traceidratio',
      reservoirPerSecond: 0,
      ratio: 0.25,
    });
    assert.deepEqual(configuration.traces.exporters, ['otlp', 'console']);
    assert.deepEqual(configuration.metrics.exporters, ['otlp', 'cloudwatch']);
    assert.deepEqual(configuration.logs.exporters, ['otlp']);
    assert.deepEqual(configuration.otlp.traces, {
      url: 'https://collector:4318/v1/traces',
      headers: { a: 'b c=', b: 'list' },
      protocol: 'http/json',
      timeout: 3000,
      compression: 'none',
      tls: { certificateAuthority: '/ca.pem', clientKey: '/key.pem', clientCertificate: '/cert.pem' },
    });
    assert.equal(configuration.metrics.temporality, 'lowmemory');
    assert.deepEqual(configuration.metrics.views, [
      {
        path: 'meter_provider.views[0]',
        selector: { instrumentName: 'http.client.*' },
        attributeKeys: { excluded: ['server.address'] },
      },
    ]);
    assert.equal(configuration.metrics.maxSeries, 7);
    assert.deepEqual(configuration.redact, ['ssn', 'iban']);
    assert.deepEqual(configuration.traces.batch, {
      maxQueueSize: 100,
      maxExportBatchSize: 50,
      scheduledDelay: 1000,
      exportTimeout: 2000,
    });
  });

  it('leaves the defaults where the file says nothing, and exporters to none', () => {
    const { configuration, problems, origins } = read('file_format: "1.0"');
    assert.deepEqual(problems, []);
    const { metrics, traces, logs, ...others } = readConfiguration({}).configuration;
    assert.deepEqual(configuration, {
      ...others,
      metrics: { ...metrics, exporters: [] },
      traces: { ...traces, exporters: [] },
      logs: { ...logs, exporters: [] },
    });
    assert.equal(origins.OTEL_TRACES_EXPORTER, 'configuration file');
  });

  it('turns a signal off that it names no exporter of, and says why when it names one that is not known', () => {
    const { configuration, problems } = read(`
file_format: "1.0"
tracer_provider: { processors: [{ batch: { exporter: { zipkin: { endpoint: "http://zipkin:9411" } } } }] }
meter_provider: { readers: [{ pull: { exporter: { prometheus/development: } } }] }`);
    assert.deepEqual(configuration.traces.exporters, []);
    assert.deepEqual(configuration.metrics.exporters, []);
    assert.deepEqual(configuration.logs.exporters, []);
    assert.deepEqual(
      problems.map(({ key, expected }) => [key, expected]),
      [
        ['tracer_provider.processors[0].batch.exporter.zipkin', 'one of otlp_http, otlp_grpc, xray, console'],
        ['meter_provider.readers[0].pull', 'one of periodic'],
      ],
    );
  });

  it('sends by gRPC where it names otlp_grpc alone, and never to AWS', () => {
    const { configuration } = read(`
file_format: "1.0"
tracer_provider:
  processors:
    - batch: { exporter: { otlp_grpc: { endpoint: "http://collector:4317", timeout: 500, headers: [{ name: a, value: b }] } } }
meter_provider:
  readers: [{ periodic: { exporter: { otlp_grpc: { endpoint: "collector:4317", tls: { insecure: true } } } } }]
logger_provider:
  processors: [{ batch: { exporter: { otlp_grpc: { endpoint: "collector:4317" } } } }]`);
    const { otlp, traces, metrics, logs } = configuration;
    assert.deepEqual([traces.exporters, metrics.exporters, logs.exporters], [['otlp'], ['otlp'], ['otlp']]);
    assert.equal(otlp.traces.url, 'http://collector:4317');
    assert.equal(otlp.traces.timeout, 500);
    assert.deepEqual(otlp.traces.headers, { a: 'b' });
    assert.equal(otlp.metrics.url, 'http://collector:4317');
    assert.equal(otlp.logs.url, 'https://collector:4317');
    assert.deepEqual([otlp.traces.protocol, otlp.metrics.protocol, otlp.logs.protocol], ['grpc', 'grpc', 'grpc']);
  });

  it('sends by gRPC to the default port where otlp_grpc says nothing more, and by HTTP what otlp_http sends', () => {
    const { configuration, problems } = read(`
file_format: "1.0"
tracer_provider: { processors: [{ batch: { exporter: { otlp_grpc: } } }] }
logger_provider: { processors: [{ batch: { exporter: { otlp_http: } } }] }`);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      [configuration.otlp.traces.url, configuration.otlp.traces.protocol],
      ['http://localhost:4317', 'grpc'],
    );
    assert.deepEqual(
      [configuration.otlp.logs.url, configuration.otlp.logs.protocol],
      ['http://localhost:4318/v1/logs', 'http/protobuf'],
    );
  });

  it('checks a value as it checks a variable, naming the key and the file', () => {
    const { problems, configuration } = read(`
file_format: "1.0"
meter_provider: { readers: [{ periodic: { interval: soon, exporter: { console: } } }] }`);
    assert.deepEqual(problems, [
      {
        key: 'meter_provider.readers[0].periodic.interval',
        value: 'soon',
        from: PATH,
        expected: 'a whole number of milliseconds from 100 to 86400000',
        used: '60000',
      },
    ]);
    assert.equal(configuration.metrics.interval, 60_000);
  });

  it('reports together, each at its top, the keys that mean nothing here', () => {
    const { problems, configuration } = read(`
file_format: "1.0"
instrumentation/development: { general: { http: { client: { known_methods: [GET] } } }, js: { http: { a: 1 } } }
resource: { schema_url: "https://x/1", detection/development: { attributes: { included: [a] } } }
meter_provider:
  exemplar_filter: trace_based
  readers:
    - periodic: { exporter: { console: }, cardinality_limits: { default: 3 } }
tracer_provider: { processors: [{ batch: { exporter: { console: } } }], limits: { event_count_limit: 5 } }
constructor: 1`);
    assert.deepEqual(problems, [
      {
        key: 'OTEL_CONFIG_FILE',
        value: PATH,
        from: 'environment',
        expected: `only keys that mean something here, unlike ${[
          'instrumentation/development',
          'resource.schema_url',
          'resource.detection/development',
          'meter_provider.exemplar_filter',
          'meter_provider.readers[0].periodic.cardinality_limits',
          'constructor',
        ].join(', ')}`,
        used: 'the rest of the file',
      },
    ]);
    assert.equal(configuration.traces.limits.eventCountLimit, 5);
  });

  it('reports each key that the model does not allow, and takes the others', () => {
    const { problems, configuration } = read(`
file_format: "1.0"
resource: { attributes: [] }
tracer_provider:
  limits: { event_count_limits: 5, link_count_limit: 6 }
  processors:
    - x
    - {}
    - batch: { exporter: { console: , xray: } }
    - batch: { schedule_delays: 1, max_queue_size: 4000, exporter: { xray: } }
logger_provider: { processors: [{ batch: { exporter: {} } }] }
meter_provider: { views: [{ selector: {}, stream: {} }] }`);
    const unknown = "a key of OpenTelemetry's configuration model";
    assert.deepEqual(problems.map(({ key, value, expected }) => `${key}=${value}: ${expected}`).sort(), [
      'logger_provider.processors[0].batch.exporter={…}: at least 1 in it',
      'meter_provider={…}: readers in it',
      'resource.attributes=[…]: at least 1 in it',
      `tracer_provider.limits.event_count_limits=5: ${unknown}`,
      'tracer_provider.processors[1]={…}: at least 1 in it',
      'tracer_provider.processors[2].batch.exporter={…}: at most 1 in it',
      `tracer_provider.processors[3].batch.schedule_delays=1: ${unknown}`,
      'tracer_provider.processors[]=x: a mapping',
    ]);
    assert.deepEqual(configuration.traces.exporters, ['xray']);
    assert.equal(configuration.traces.batch.maxQueueSize, 4000);
    assert.equal(configuration.traces.limits.linkCountLimit, 6);
    assert.deepEqual(configuration.logs.exporters, []);
  });

  for (const [count, keys] of [
    [100, 100],
    [101, 1],
  ] as const) {
    it(`with ${count} keys that the model does not allow is ${keys} problems`, () => {
      const wrong = Array.from({ length: count }, (_, index) => `x${index}: 1`);
      const { problems, configuration } = read(`{ file_format: "1.0", attribute_limits: { ${wrong.join(', ')} } }`);
      assert.equal(problems.length, keys);
      assert.deepEqual(configuration.traces.exporters, count === 100 ? [] : ['xray']);
      if (count > 100) assert.match(problems[0]?.expected ?? '', /^OpenTelemetry's configuration model/);
    });
  }

  it('names a key by its place in the file, also after items that it takes out', () => {
    const { problems } = read(`
file_format: "1.0"
tracer_provider: { processors: [{}, x, { batch: { schedule_delay: soon, exporter: { xray: } } }] }`);
    assert.equal(problems.at(-1)?.key, 'tracer_provider.processors[2].batch.schedule_delay');
  });

  it('says nothing of keys that are empty or say what is so anyway', () => {
    const { problems } = read(`
file_format: "1.0"
attribute_limits:
  attribute_value_length_limit: \${LIMIT}
  attribute_count_limit: 128
distribution: { somebody: { else: 1 } }
resource: { detection/development: { detectors: [{ host: }, { process: }] } }
meter_provider:
  exemplar_filter: always_off
  readers:
    - periodic: { exporter: { otlp_http: { default_histogram_aggregation: base2_exponential_bucket_histogram } } }
tracer_provider:
  id_generator: { random: }
  processors: [{ batch: { exporter: { xray: } } }]
  sampler: { parent_based: { root: { always_on: }, local_parent_not_sampled: { always_off: } } }`);
    assert.deepEqual(problems, []);
  });

  it('reports a generator of ids, a sampler and a key of ours that it does not know', () => {
    const { problems, configuration } = read(`
file_format: "1.0"
distribution: { monitoring: { max_serie: 1 } }
tracer_provider:
  id_generator: { ulid: }
  processors: [{ batch: { exporter: { xray: } } }]
  sampler: { parent_based: { root: { jaeger_remote/development: { endpoint: x, initial_sampler: { always_on: } } } } }`);
    assert.deepEqual(
      problems.map(({ key, expected }) => [key, expected.split(';').at(-1)?.trim()]),
      [
        [
          'tracer_provider.sampler.parent_based.root.jaeger_remote/development',
          'one of always_on, always_off, trace_id_ratio_based, reservoir, xray',
        ],
        ['tracer_provider.id_generator.ulid', 'random, which cannot be changed'],
        ['distribution.monitoring.max_serie', 'perhaps max_series'],
      ],
    );
    assert.equal(configuration.traces.sampler.name, 'parentbased_reservoir');
  });

  it('reports a second exporter of a signal that wants the same setting otherwise', () => {
    const { problems, configuration } = read(`
file_format: "1.0"
tracer_provider:
  processors:
    - batch: { exporter: { otlp_http: { endpoint: "http://one:4318/v1/traces" } } }
    - batch: { exporter: { otlp_http: { endpoint: "http://two:4318/v1/traces" } } }`);
    assert.equal(problems.length, 1);
    assert.equal(problems[0]?.key, 'tracer_provider.processors[1].batch.exporter.otlp_http.endpoint');
    assert.equal(configuration.otlp.traces.url, 'http://one:4318/v1/traces');
    assert.deepEqual(configuration.traces.exporters, ['otlp']);
  });

  const SAMPLERS: [string, string, object][] = [
    ['{ always_off: }', 'always_off', { ratio: 0 }],
    ['{ trace_id_ratio_based: { ratio: 0.5 } }', 'traceidratio', { ratio: 0.5 }],
    ['{ parent_based: }', 'parentbased_always_on', { ratio: 1 }],
    ['{ parent_based: { root: { always_off: } } }', 'parentbased_always_off', { ratio: 0 }],
    [
      '{ parent_based: { root: { reservoir: { per_second: 3, ratio: 0 } } } }',
      'parentbased_reservoir',
      { reservoirPerSecond: 3, ratio: 0 },
    ],
    ['{ parent_based: { root: { reservoir: } } }', 'parentbased_reservoir', { reservoirPerSecond: 1, ratio: 0.05 }],
    [
      '{ parent_based: { root: { reservoir: { ratio: 0.5, per_second: 2 } } } }',
      'parentbased_reservoir',
      { reservoirPerSecond: 2, ratio: 0.5 },
    ],
    ['{ xray: { endpoint: "http://localhost:2000" } }', 'xray', { endpoint: 'http://localhost:2000' }],
    ['{ xray: { polling_interval: 60 } }', 'xray', { pollingInterval: 60_000 }],
  ];
  for (const [yaml, name, more] of SAMPLERS) {
    it(`understands the sampler ${yaml}`, () => {
      const { configuration, problems } = read(
        `{ file_format: "1.0", tracer_provider: { processors: [{ simple: { exporter: { xray: } } }], sampler: ${yaml} } }`,
      );
      assert.deepEqual(problems, []);
      const { sampler } = configuration.traces;
      assert.deepEqual({ ...sampler, ...more, name }, sampler);
    });
  }

  it('never throws, whatever stands in the place of any of its parts', () => {
    const odd = fc.constantFrom<unknown>(
      { toString: 1 },
      {},
      null,
      '',
      'none',
      -1,
      true,
      [null],
      [[]],
      { name: 'x' },
      'a=%',
    );
    const place = fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 7 });
    const whole: unknown = parse(FULL);
    let refused = 0;
    fc.assert(
      fc.property(place, odd, (steps, value) => {
        const parsed = replaced(whole, steps, value);
        const { problems } = read(JSON.stringify(parsed) ?? '');
        const keys = problems.map(({ key }) => key);
        assert.equal(new Set(keys).size, keys.length);
        if (keys.length > 0) refused += 1;
      }),
      { numRuns: 1000 },
    );
    assert.ok(refused > 100);
  });

  it('is refused with one problem when it runs in a circle', () => {
    const { problems } = read('file_format: "1.0"\nresource: &circle { attributes: *circle }');
    assert.deepEqual(
      problems.map(({ key }) => key),
      ['OTEL_CONFIG_FILE'],
    );
  });

  it('takes an empty list of processors for none', () => {
    const { configuration } = read('{ file_format: "1.0", tracer_provider: { processors: [] } }');
    assert.deepEqual(configuration.traces.exporters, []);
  });
});

describe('configuration file and environment', () => {
  const NAMED = `
file_format: "1.0"
resource: { attributes: [{ name: service.name, value: "\${OTEL_SERVICE_NAME:-fallback}" }] }`;

  it('puts variables in where the file refers to them, and their defaults', () => {
    assert.equal(read(NAMED, { OTEL_SERVICE_NAME: 'checkout' }).configuration.serviceName, 'checkout');
    assert.deepEqual(read(NAMED, { OTEL_SERVICE_NAME: 'checkout' }).problems, []);
    assert.equal(read(NAMED).configuration.serviceName, 'fallback');
  });

  it('ignores the other variables that a file can say, and reports them', () => {
    const { configuration, problems, origins } = read(NAMED, { OTEL_LOG_LEVEL: 'debug', OTEL_BSP_SCHEDULE_DELAY: '1' });
    assert.equal(configuration.logLevel, 'info');
    assert.equal(origins.OTEL_LOG_LEVEL, 'default');
    assert.deepEqual(
      problems.map(({ key, used }) => [key, used]),
      [
        ['OTEL_BSP_SCHEDULE_DELAY', 'the default'],
        ['OTEL_LOG_LEVEL', 'the default'],
      ],
    );
  });

  it('lets variables decide that the file can not say, and MONITORING_* ones over the file', () => {
    const { configuration, problems } = read(FULL, {
      AWS_REGION: 'us-west-2',
      MONITORING_MAX_SERIES: '9',
      OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'pg',
    });
    assert.deepEqual(problems, []);
    assert.equal(configuration.aws.region, 'us-west-2');
    assert.equal(configuration.metrics.maxSeries, 9);
    assert.deepEqual(configuration.instrumentations.disabled, ['pg']);
  });

  it('stays switched off when the environment says so, and can be switched off by the file', () => {
    assert.equal(
      read('{ file_format: "1.0", disabled: false }', { OTEL_SDK_DISABLED: 'true' }).configuration.disabled,
      true,
    );
    assert.equal(read('{ file_format: "1.0", disabled: true }').configuration.disabled, true);
  });

  it('never shows the headers that an ignored variable or a key of the file holds', () => {
    const { problems } = read(
      '{ file_format: "1.0", tracer_provider: { processors: [{ batch: { exporter: { otlp_http: { headers_list: "s3cret" } } } }] } }',
      { OTEL_EXPORTER_OTLP_HEADERS: 'x=s3cret' },
    );
    assert.equal(problems.length, 2);
    assert.doesNotMatch(JSON.stringify(problems), /s3cret/);
  });
});

describe('a configuration file that is not used', () => {
  const BROKEN: [string, string, RegExp][] = [
    ['is no YAML', '{ a: [', /^a YAML file \(/],
    ['has no version', 'disabled: true', /^file_format "1.0" in it \(none/],
    ['is of another version', 'file_format: "2.0"', /\(2\.0\)/],
    ['is a list', '[1]', /none is there/],
    ['is empty', '', /none is there/],
    ['refers to no variable', `file_format: "1.0"\ndisabled: \${1X}`, /\$\{1X\}/],
    ['is full of aliases', `file_format: "1.0"\na: &a [1,1]\nb: [${'*a,'.repeat(200)}]`, /^a YAML file/],
  ];
  for (const [what, text, expected] of BROKEN) {
    it(`is one problem when it ${what}, and the environment decides`, () => {
      const { problems, configuration } = read(text, { OTEL_LOG_LEVEL: 'error' });
      assert.equal(problems.length, 1);
      assert.equal(problems[0]?.key, 'OTEL_CONFIG_FILE');
      assert.match(problems[0]?.expected ?? '', expected);
      assert.equal(configuration.logLevel, 'error');
      assert.equal(configuration.disabled, false);
    });
  }

  it('is one problem when it is missing', () => {
    const { problems } = readConfiguration({ OTEL_CONFIG_FILE: '/nowhere/at-all.yaml' });
    assert.deepEqual(problems, [
      {
        key: 'OTEL_CONFIG_FILE',
        value: '/nowhere/at-all.yaml',
        from: 'environment',
        expected: 'a file that can be read (ENOENT)',
        used: 'the environment and the defaults',
      },
    ]);
  });

  it('is not looked for when there is no such setting', () => {
    readConfiguration({}, { readFile: () => assert.fail('looked at a file') });
  });
});

/** A copy of the tree with `value` in the place that the steps lead to. */
function replaced(node: unknown, [step, ...steps]: number[], value: unknown): unknown {
  if (step === undefined || typeof node !== 'object' || node === null) return value;
  const entries = Object.entries(node);
  const place = step % Math.max(entries.length, 1);
  const changed = entries.map(([key, child], index) => [key, index === place ? replaced(child, steps, value) : child]);
  return Array.isArray(node) ? changed.map(([, child]) => child) : Object.fromEntries(changed);
}

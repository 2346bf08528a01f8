import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describeConfiguration, formatProblem } from '../../src/config/print.js';
import { readConfiguration } from '../../src/config/read.js';
import { SETTING_NAMES, settings } from '../../src/config/settings.js';
import { shown } from '../../src/redaction/shown.js';

function lines(env: Record<string, string>): string[] {
  return readConfiguration(env).problems.map(formatProblem);
}

describe('formatProblem', () => {
  it('is one line: key, value, where from, what was expected, what is used', () => {
    assert.deepEqual(lines({ MONITORING_MAX_SERIES: 'abc' }), [
      'MONITORING_MAX_SERIES="abc" (environment): expected a whole number from 1 to 100000; using 500',
    ]);
  });

  it('stays one line and short whatever was given', () => {
    const value = fc.string({ unit: 'binary', maxLength: 5000 });
    fc.assert(
      fc.property(value, (given) => {
        for (const line of lines({ MONITORING_MAX_SERIES: `x\n${given}`, AWS_REGION: `-${given}` })) {
          assert.doesNotMatch(line, /[\n\r]/);
          assert.ok(line.length < 1500, line);
        }
      }),
    );
  });
});

describe('secrets', () => {
  const SECRET = /sEcr3t/;
  const secretNames = SETTING_NAMES.filter((name) => settings[name].secret);

  it('are the headers of all signals, and what is to be hidden', () => {
    assert.equal(secretNames.length, 5);
  });

  for (const name of secretNames) {
    it(`${name} is in no problem and no description`, () => {
      const value = fc.tuple(fc.string(), fc.string()).map(([a, b]) => `${a}sEcr3t${b}`);
      fc.assert(
        fc.property(value, fc.constantFrom('', 'authorization=', 'x=y,'), (given, prefix) => {
          const reading = readConfiguration({ [name]: prefix + given });
          assert.doesNotMatch(JSON.stringify(reading.problems), SECRET);
          const row = describeConfiguration(reading).find((item) => item.name === name);
          if (prefix === 'authorization=' && !/[,%]/.test(given)) assert.doesNotMatch(row?.value ?? '', SECRET);
        }),
      );
    });
  }

  it('in the user part of a URL are masked in problems and descriptions', () => {
    const env = {
      AWS_ENDPOINT_URL: 'http://me:sEcr3t@proxy:1/',
      AWS_USE_FIPS_ENDPOINT: 'true',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'ftp://u:sEcr3t@x',
    };
    const reading = readConfiguration(env);
    assert.equal(reading.problems.length, 2);
    assert.doesNotMatch(JSON.stringify(reading.problems), SECRET);
    assert.doesNotMatch(JSON.stringify(describeConfiguration(reading)), SECRET);
  });

  it('in a pattern that is none are not echoed, and the line says which entry is meant', () => {
    const line = lines({ MONITORING_REDACT: 'ssn,/sEcr3t(/' }).join();
    assert.doesNotMatch(line, SECRET);
    assert.match(line, /entry 2 is neither/);
  });

  it('that got into the wrong variable are masked', () => {
    assert.doesNotMatch(lines({ AWS_REGION: 'AKIAIOSFODNN7EXAMPLE' }).join(), /IOSFODNN/);
    assert.doesNotMatch(lines({ MONITORING_MAX_SERIES: 'Bearer sEcr3t' }).join(), SECRET);
    assert.doesNotMatch(lines({ OTEL_RESOURCE_ATTRIBUTES: 'db.password=sEcr3t,x' }).join(), SECRET);
    assert.doesNotMatch(lines({ AWS_REGION: 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY1' }).join(), /wJalr/);
  });

  it('may be behind any unknown MONITORING_ name, so its value is not shown', () => {
    assert.doesNotMatch(lines({ MONITORING_PASWORD: 'sEcr3t' }).join(), SECRET);
  });

  it('do not make ordinary values unreadable', () => {
    for (const text of [
      '/home/Node24/apps/experimentation-platform/otel.yaml',
      'http://localhost:4318/v1',
      'us-west-2a',
    ]) {
      assert.equal(shown(text), text);
    }
  });
});

describe('unknown names', () => {
  it('a slip in a MONITORING_ name is one problem with the name that is meant', () => {
    assert.match(
      lines({ MONITORING_NAMSPACE: 'x' }).join('\n'),
      /^MONITORING_NAMSPACE=.*perhaps MONITORING_NAMESPACE; using nothing of it$/,
    );
    assert.match(lines({ MONITORING_SHUTDOWN_TIMEOUT_MS: '1' }).join(), /perhaps MONITORING_SHUTDOWN_TIMEOUT;/);
  });

  it('a MONITORING_ name like no other is a problem without a suggestion', () => {
    assert.doesNotMatch(lines({ MONITORING_ZZZZZZZZZZZZ: 'x' }).join(), /perhaps/);
    assert.equal(lines({ MONITORING_ZZZZZZZZZZZZ: 'x', MONITORING_EMPTY: ' ' }).length, 1);
  });

  it('an OTEL_ name is a problem only if it is one slip away from a setting', () => {
    assert.match(lines({ OTEL_METRICS_EXPORT_INTERVAL: '1' }).join(), /perhaps OTEL_METRIC_EXPORT_INTERVAL/);
    assert.match(lines({ OTEL_SERVCIE_NAME: 'x' }).join(), /perhaps OTEL_SERVICE_NAME/);
    const standard = {
      OTEL_BLRP_SCHEDULE_DELAY: '1',
      OTEL_NODE_RESOURCE_DETECTORS: 'none',
      OTEL_SEMCONV_STABILITY_OPT_IN: 'x',
    };
    assert.deepEqual(lines(standard), []);
  });
});

describe('describeConfiguration', () => {
  it('has a row for every setting, with the value in force and who decided it', () => {
    const rows = describeConfiguration(
      readConfiguration({
        OTEL_METRIC_EXPORT_INTERVAL: '1000',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318',
        AWS_REGION: 'eu-west-1',
      }),
    );
    const row = (name: string) => rows.find((item) => item.name === name);
    assert.deepEqual(
      rows.map(({ name }) => name),
      SETTING_NAMES,
    );
    assert.deepEqual(row('AWS_REGION'), {
      section: 'AWS',
      name: 'AWS_REGION',
      value: 'eu-west-1',
      origin: 'environment',
    });
    assert.equal(row('OTEL_METRIC_EXPORT_TIMEOUT')?.value, '1000');
    assert.deepEqual(row('OTEL_TRACES_EXPORTER'), {
      section: 'Destinations',
      name: 'OTEL_TRACES_EXPORTER',
      value: 'otlp',
      origin: 'default',
    });
    assert.equal(row('OTEL_TRACES_SAMPLER_ARG')?.value, '1/s,0.05');
    assert.equal(row('MONITORING_NAMESPACE')?.value, 'service.namespace, else the name of the service');
  });
});

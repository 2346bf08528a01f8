import assert from 'node:assert/strict';
import { StandardUnit } from '@aws-sdk/client-cloudwatch';
import fc from 'fast-check';
import { Input } from '../../src/cloudwatch/input.js';
import { type AwsError, awsErrorOf } from '../../src/studio/aws-error.js';
import { MAX_MAGNITUDE, readPutMetricData, STANDARD_UNITS } from '../../src/studio/services/put-metric-data.js';

const NOW = Date.UTC(2026, 10, 22, 12);
const DAY = 24 * 3600 * 1000;

const read = (request: unknown) => readPutMetricData(Input.of(request), NOW);
const request = (datum: object) => ({ Namespace: 'N', MetricData: [{ MetricName: 'm', ...datum }] });
const text = (length: number) => 'x'.repeat(length);
const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));
const dimensions = (count: number) => times(count, (index) => ({ Name: `d${index}`, Value: 'v' }));
const set = { SampleCount: 2, Sum: 3, Minimum: 1, Maximum: 2 };
const entity = (keys: Record<string, string>, attributes: Record<string, string> = {}) => ({
  Namespace: 'N',
  EntityMetricData: [
    { Entity: { KeyAttributes: keys, Attributes: attributes }, MetricData: [{ MetricName: 'm', Value: 1 }] },
  ],
});
const SERVICE = { Type: 'Service', Name: 'checkout' };

function refusal(body: unknown): AwsError {
  try {
    read(body);
  } catch (error) {
    const answer = awsErrorOf(error);
    assert.ok(answer, String(error));
    return answer;
  }
  assert.fail(`accepted: ${JSON.stringify(body).slice(0, 200)}`);
}

interface Limit {
  readonly rule: string;
  readonly accepted: unknown;
  readonly refused: unknown;
  readonly code: string;
  readonly message: RegExp;
}

const VALUE = 'InvalidParameterValue';

const LIMITS: readonly Limit[] = [
  {
    rule: '1000 datums',
    accepted: { Namespace: 'N', MetricData: times(1000, () => ({ MetricName: 'm', Value: 1 })) },
    refused: { Namespace: 'N', MetricData: times(1001, () => ({ MetricName: 'm', Value: 1 })) },
    code: VALUE,
    message: /^The collection MetricData must not have a size greater than 1000\.$/,
  },
  {
    rule: '1000 datums over MetricData and EntityMetricData together',
    accepted: { ...entity(SERVICE), MetricData: times(999, () => ({ MetricName: 'm', Value: 1 })) },
    refused: { ...entity(SERVICE), MetricData: times(1000, () => ({ MetricName: 'm', Value: 1 })) },
    code: VALUE,
    message: /size greater than 1000/,
  },
  {
    rule: 'two entities',
    accepted: { Namespace: 'N', EntityMetricData: times(2, () => entity(SERVICE).EntityMetricData[0]) },
    refused: { Namespace: 'N', EntityMetricData: times(3, () => entity(SERVICE).EntityMetricData[0]) },
    code: VALUE,
    message: /EntityMetricData must not have a size greater than 2\./,
  },
  {
    rule: '150 values',
    accepted: request({ Values: times(150, (index) => index) }),
    refused: request({ Values: times(151, (index) => index) }),
    code: VALUE,
    message: /^The collection MetricData\.member\.1\.Values must not have a size greater than 150\.$/,
  },
  {
    rule: '30 dimensions',
    accepted: request({ Value: 1, Dimensions: dimensions(30) }),
    refused: request({ Value: 1, Dimensions: dimensions(31) }),
    code: VALUE,
    message: /Dimensions must not have a size greater than 30\./,
  },
  {
    rule: '255 characters of a metric name',
    accepted: request({ MetricName: text(255), Value: 1 }),
    refused: request({ MetricName: text(256), Value: 1 }),
    code: VALUE,
    message: /^The parameter MetricData\.member\.1\.MetricName must be shorter than 256 characters\.$/,
  },
  {
    rule: '255 characters of a namespace',
    accepted: { ...request({ Value: 1 }), Namespace: text(255) },
    refused: { ...request({ Value: 1 }), Namespace: text(256) },
    code: VALUE,
    message: /Namespace must be shorter than 256/,
  },
  {
    rule: '255 characters of a dimension name',
    accepted: request({ Value: 1, Dimensions: [{ Name: text(255), Value: 'v' }] }),
    refused: request({ Value: 1, Dimensions: [{ Name: text(256), Value: 'v' }] }),
    code: VALUE,
    message: /Dimensions\.member\.1\.Name must be shorter than 256/,
  },
  {
    rule: '1024 characters of a dimension value',
    accepted: request({ Value: 1, Dimensions: [{ Name: 'd', Value: text(1024) }] }),
    refused: request({ Value: 1, Dimensions: [{ Name: 'd', Value: text(1025) }] }),
    code: VALUE,
    message: /Dimensions\.member\.1\.Value must be shorter than 1025 characters/,
  },
  {
    rule: '2^360 as the greatest value',
    accepted: request({ Value: MAX_MAGNITUDE }),
    refused: request({ Value: MAX_MAGNITUDE * 1.0000001 }),
    code: VALUE,
    message: /for parameter MetricData\.member\.1\.Value is invalid/,
  },
  {
    rule: '-2^360 as the least value',
    accepted: request({ Values: [-MAX_MAGNITUDE] }),
    refused: request({ Values: [1, -MAX_MAGNITUDE * 1.0000001] }),
    code: VALUE,
    message: /Values\.member\.2 is invalid/,
  },
  {
    rule: '14 days in the past',
    accepted: request({ Value: 1, Timestamp: (NOW - 14 * DAY) / 1000 }),
    refused: request({ Value: 1, Timestamp: (NOW - 14 * DAY - 1) / 1000 }),
    code: VALUE,
    message: /^The parameter MetricData\.member\.1\.Timestamp must specify a time within the past two weeks\.$/,
  },
  {
    rule: '2 hours in the future',
    accepted: request({ Value: 1, Timestamp: (NOW + 2 * 3600_000) / 1000 }),
    refused: request({ Value: 1, Timestamp: (NOW + 2 * 3600_000 + 1) / 1000 }),
    code: VALUE,
    message: /no more than two hours in the future/,
  },
  {
    rule: 'as many counts as values',
    accepted: request({ Values: [1, 2], Counts: [1, 1] }),
    refused: request({ Values: [1, 2], Counts: [1] }),
    code: VALUE,
    message: /Values and MetricData\.member\.1\.Counts must be of the same size\./,
  },
  {
    rule: 'counts that are not negative',
    accepted: request({ Values: [1], Counts: [0] }),
    refused: request({ Values: [1], Counts: [-1] }),
    code: VALUE,
    message: /Counts\.member\.1 is invalid/,
  },
  {
    rule: 'a minimum up to the maximum',
    accepted: request({ StatisticValues: { ...set, Minimum: 2 } }),
    refused: request({ StatisticValues: { ...set, Minimum: 2.1 } }),
    code: VALUE,
    message: /StatisticValues\.Maximum/,
  },
  {
    rule: 'Values with StatisticValues, not with Value',
    accepted: request({ Values: [1], StatisticValues: set }),
    refused: request({ Values: [1], Value: 1 }),
    code: 'InvalidParameterCombination',
    message:
      /^The parameters MetricData\.member\.1\.Value and MetricData\.member\.1\.Values are mutually exclusive and you have specified both\.$/,
  },
  {
    rule: 'Value or StatisticValues, not both',
    accepted: request({ StatisticValues: set }),
    refused: request({ StatisticValues: set, Value: 1 }),
    code: 'InvalidParameterCombination',
    message: /Value and MetricData\.member\.1\.StatisticValues are mutually exclusive/,
  },
  {
    rule: 'at least one number',
    accepted: request({ Value: 0 }),
    refused: request({}),
    code: 'InvalidParameterCombination',
    message: /^At least one of the parameters MetricData\.member\.1\.Value and MetricData\.member\.1\.StatisticValues/,
  },
  {
    rule: 'a namespace that does not begin with a colon',
    accepted: { ...request({ Value: 1 }), Namespace: 'a:b' },
    refused: { ...request({ Value: 1 }), Namespace: ':b' },
    code: VALUE,
    message: /Namespace is invalid/,
  },
  {
    rule: 'a namespace outside AWS/',
    accepted: { ...request({ Value: 1 }), Namespace: 'AWSX/Lambda' },
    refused: { ...request({ Value: 1 }), Namespace: 'AWS/Lambda' },
    code: VALUE,
    message: /^The value AWS\/ for parameter Namespace is invalid\.$/,
  },
  {
    rule: 'dimension names that do not begin with a colon',
    accepted: request({ Value: 1, Dimensions: [{ Name: 'a:', Value: 'v' }] }),
    refused: request({ Value: 1, Dimensions: [{ Name: ':a', Value: 'v' }] }),
    code: VALUE,
    message: /Name is invalid/,
  },
  {
    rule: 'dimension values of ASCII',
    accepted: request({ Value: 1, Dimensions: [{ Name: 'd', Value: '~' }] }),
    refused: request({ Value: 1, Dimensions: [{ Name: 'd', Value: 'é' }] }),
    code: VALUE,
    message:
      /^The value for parameter MetricData\.member\.1\.Dimensions\.member\.1\.Value contains non-ASCII characters\.$/,
  },
  {
    rule: 'dimension values without control characters',
    accepted: request({ Value: 1, Dimensions: [{ Name: 'd', Value: 'a b' }] }),
    refused: request({ Value: 1, Dimensions: [{ Name: 'd', Value: 'a\tb' }] }),
    code: VALUE,
    message: /control characters/,
  },
  {
    rule: 'dimension values that are not blank',
    accepted: request({ Value: 1, Dimensions: [{ Name: 'd', Value: ' a ' }] }),
    refused: request({ Value: 1, Dimensions: [{ Name: 'd', Value: '  ' }] }),
    code: VALUE,
    message: /is invalid/,
  },
  {
    rule: 'a resolution of 1 or 60',
    accepted: request({ Value: 1, StorageResolution: 1 }),
    refused: request({ Value: 1, StorageResolution: 30 }),
    code: VALUE,
    message: /StorageResolution is invalid/,
  },
  {
    rule: 'units by their exact name',
    accepted: request({ Value: 1, Unit: 'Count/Second' }),
    refused: request({ Value: 1, Unit: 'count/second' }),
    code: VALUE,
    message:
      /^The parameter MetricData\.member\.1\.Unit must be a value in the set \[ Seconds, Microseconds, .*None \]\.$/,
  },
];

describe('PutMetricData validation', () => {
  for (const { rule, accepted, refused, code, message } of LIMITS) {
    it(`accepts ${rule} and refuses what goes beyond`, () => {
      assert.doesNotThrow(() => read(accepted));
      const error = refusal(refused);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.equal(error.status, 400);
    });
  }

  for (const special of ['NaN', 'Infinity', '-Infinity']) {
    it(`refuses ${special}, which AWS JSON writes as a string`, () => {
      assert.equal(
        refusal(request({ Value: special })).message,
        `The value ${special} for parameter MetricData.member.1.Value is invalid.`,
      );
    });
  }

  for (const member of ['SampleCount', 'Sum', 'Minimum', 'Maximum']) {
    it(`requires ${member} of a statistic set`, () => {
      const error = refusal(request({ StatisticValues: { ...set, [member]: null } }));
      assert.equal(error.code, 'MissingParameter');
      assert.equal(error.message, `The parameter MetricData.member.1.StatisticValues.${member} is required.`);
    });
  }

  it('names every bad datum, one line each, by its place', () => {
    const error = refusal({
      Namespace: 'N',
      MetricData: [
        { MetricName: 'ok', Value: 1 },
        { MetricName: 'm', Value: 'NaN' },
        { MetricName: 'm', Value: 'NaN' },
      ],
    });
    assert.deepEqual(error.message.split('\n'), [
      'The value NaN for parameter MetricData.member.2.Value is invalid.',
      'The value NaN for parameter MetricData.member.3.Value is invalid.',
    ]);
  });

  it('names a bad datum of an entity by its path there', () => {
    const body = { ...entity(SERVICE), EntityMetricData: [{ MetricData: [{ MetricName: 'm', Value: 'NaN' }] }] };
    assert.match(refusal(body).message, /parameter EntityMetricData\.member\.1\.MetricData\.member\.1\.Value is/);
  });

  it('requires the namespace, the data, a metric name and dimension values', () => {
    assert.equal(
      refusal({ MetricData: [{ MetricName: 'm', Value: 1 }] }).message,
      'The parameter Namespace is required.',
    );
    assert.equal(refusal({ Namespace: 'N', MetricData: [] }).message, 'The parameter MetricData is required.');
    assert.match(refusal(request({ MetricName: '', Value: 1 })).message, /MetricName is required/);
    assert.match(refusal(request({ Value: 1, Dimensions: [{ Name: 'd', Value: '' }] })).message, /Value is required/);
  });

  it('refuses a dimension that is given twice', () => {
    const twice = [
      { Name: 'd', Value: '1' },
      { Name: 'd', Value: '2' },
    ];
    assert.equal(refusal(request({ Value: 1, Dimensions: twice })).code, VALUE);
  });

  it('knows the units of the AWS SDK, and no other', () => {
    assert.deepEqual([...STANDARD_UNITS].sort(), Object.values(StandardUnit).sort());
    for (const unit of STANDARD_UNITS)
      assert.equal(read(request({ Value: 1, Unit: unit })).datums[0]?.datum.unit, unit);
  });

  it('takes data of an entity that it does not understand, unless it is to be strict', () => {
    const lenient = read(entity({ Type: 'Service' }));
    assert.equal(lenient.entityFailure, 'InvalidKeyAttributes');
    assert.equal(lenient.datums.length, 1);
    assert.equal(refusal({ ...entity({ Type: 'Service' }), StrictEntityValidation: true }).code, VALUE);
  });

  it('keeps 10 attributes of an entity and not 11', () => {
    const attributes = (count: number) => Object.fromEntries(times(count, (index) => [`a${index}`, 'v']));
    assert.deepEqual(read(entity(SERVICE, attributes(10))).datums[0]?.datum.entity?.attributes, attributes(10));
    assert.equal(read(entity(SERVICE, attributes(11))).entityFailure, 'InvalidAttributes');
  });

  it('stamps a datum without a time with that of its arrival', () => {
    assert.equal(read(request({ Value: 1 })).datums[0]?.datum.timestamp, NOW);
  });

  it('answers a wrong type with a serialization error', () => {
    assert.equal(refusal(request({ Value: 'one' })).code, 'SerializationException');
    assert.equal(refusal({ Namespace: 5, MetricData: [] }).code, 'SerializationException');
  });

  it('either accepts any JSON or refuses it as AWS would, and does nothing else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (namespace, data) => {
        try {
          read({ Namespace: namespace, MetricData: data });
        } catch (error) {
          assert.ok(awsErrorOf(error), String(error));
        }
      }),
    );
  });
});

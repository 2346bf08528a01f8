import assert from 'node:assert/strict';
import { dimensionSets } from '../../src/config/dimension-sets.js';
import { redactionList } from '../../src/config/redaction-list.js';
import { type SettingName, settingOf } from '../../src/config/settings.js';
import {
  attributePairs,
  flag,
  fraction,
  headerPairs,
  milliseconds,
  namesOf,
  oneOf,
  retentionDays,
  url,
} from '../../src/config/value-types.js';

const RANGES: [SettingName, number, number][] = [
  ['MONITORING_MAX_SERIES', 1, 100_000],
  ['OTEL_METRIC_EXPORT_INTERVAL', 100, 86_400_000],
  ['OTEL_METRIC_EXPORT_TIMEOUT', 1, 600_000],
  ['OTEL_BSP_MAX_QUEUE_SIZE', 1, 1_000_000],
  ['OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 1, 1_000_000],
  ['OTEL_BSP_SCHEDULE_DELAY', 0, 86_400_000],
  ['OTEL_BSP_EXPORT_TIMEOUT', 1, 600_000],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', 1, 600_000],
  ['OTEL_EXPORTER_OTLP_LOGS_TIMEOUT', 1, 600_000],
  ['MONITORING_HOST_METRICS_TTL', 0, 600_000],
  ['MONITORING_SHUTDOWN_TIMEOUT', 100, 60_000],
];

describe('types of settings', () => {
  for (const [name, least, most] of RANGES) {
    it(`${name} takes ${least} to ${most} and nothing beyond`, () => {
      const { type } = settingOf(name);
      assert.equal(type.parse(String(least)).value, least);
      assert.equal(type.parse(String(most)).value, most);
      assert.match(type.parse(String(least - 1)).flaw ?? '', new RegExp(`from ${least} to ${most}`));
      assert.match(type.parse(String(most + 1)).flaw ?? '', new RegExp(`from ${least} to ${most}`));
    });
  }

  for (const text of ['1.5', '1e3', '0x10', '+5', '-1', 'Infinity', 'NaN', '١', '5 000']) {
    it(`a whole number is not ${text}`, () => {
      assert.equal(settingOf('MONITORING_MAX_SERIES').type.parse(text).value, undefined);
    });
  }

  it('a duration with a unit is refused with the number that would do', () => {
    const type = milliseconds(1, 100_000);
    assert.match(type.parse('60s').flaw ?? '', /without a unit \(60000\)$/);
    assert.match(type.parse('1.5 min').flaw ?? '', /without a unit \(90000\)$/);
    assert.match(type.parse('10 apples').flaw ?? '', /from 1 to 100000$/);
  });

  it('a fraction is a number from 0 to 1 in decimal notation', () => {
    for (const [text, value] of [
      ['0', 0],
      ['1', 1],
      ['.5', 0.5],
      ['0.05', 0.05],
      ['1.0', 1],
      ['5e-2', 0.05],
    ] as const) {
      assert.equal(fraction().parse(text).value, value);
    }
    for (const text of ['1.0001', '-0.1', '2', 'half', '0,5', '1e1', 'Infinity']) {
      assert.equal(fraction().parse(text).value, undefined, text);
    }
    assert.match(fraction().parse('5%').flaw ?? '', /5% is 0\.05/);
  });

  it('a flag is true or false in any case and nothing else', () => {
    assert.equal(flag().parse('TRUE').value, true);
    assert.equal(flag().parse('False').value, false);
    for (const text of ['1', 'yes', 'on', 'ture']) assert.equal(flag().parse(text).value, undefined);
  });

  it('a misspelt name is answered with the nearest one', () => {
    assert.equal(oneOf(['short', 'full']).parse('FULL').value, 'full');
    assert.match(oneOf(['short', 'full']).parse('sohrt').flaw ?? '', /perhaps short/);
    assert.doesNotMatch(oneOf(['short', 'full']).parse('zzzzzz').flaw ?? '', /perhaps/);
  });

  it('a list takes each known name once and leaves out the others', () => {
    const type = namesOf(['xray', 'otlp'], { none: true });
    assert.deepEqual(type.parse('otlp, xray,,otlp'), { value: ['otlp', 'xray'] });
    assert.deepEqual(type.parse('otlp,zipkin').value, ['otlp']);
    assert.match(type.parse('otlp,zipkin').flaw ?? '', /not zipkin/);
    assert.equal(type.parse('zipkin').value, undefined);
    assert.equal(type.parse(',').value, undefined);
  });

  it('none is the empty list by itself and is left out beside names', () => {
    const type = namesOf(['xray', 'otlp'], { none: true });
    assert.deepEqual(type.parse('none'), { value: [] });
    assert.deepEqual(type.parse('none,otlp').value, ['otlp']);
    assert.match(type.parse('none,otlp').flaw ?? '', /none only by itself/);
    assert.equal(namesOf(['a']).parse('none').value, undefined);
  });

  it('a URL is http or https, and a bare host:port is mended', () => {
    for (const text of ['http://localhost:4318', 'https://collector.example/v1/x?a=b', 'http://[::1]:4318']) {
      assert.deepEqual(url().parse(text), { value: text });
    }
    assert.equal(url().parse('collector:4318').value, 'http://collector:4318');
    assert.match(url().parse('collector:4318').flaw ?? '', /http:\/\/ or https:\/\//);
    for (const text of ['ftp://x', 'http://', 'http:///x', 'nonsense', 'http://x:99999', 'localhost:99999', '//x']) {
      assert.equal(url().parse(text).value, undefined, text);
    }
  });

  it('attributes are percent-decoded pairs, and one bad pair spoils all', () => {
    const value = { 'service.namespace': 'shop', note: 'a=b,c' };
    assert.deepEqual(attributePairs().parse('service.namespace=shop, note = a%3Db%2Cc ,').value, value);
    for (const text of ['a=b,c', 'a=b=c', '=b', 'a=%zz', 'novalue']) {
      assert.equal(attributePairs().parse(text).value, undefined, text);
    }
  });

  it('headers are pairs with a value that may hold =, and bad ones are left out', () => {
    assert.deepEqual(headerPairs().parse('Authorization=Basic%20abc==').value, { authorization: 'Basic abc==' });
    assert.deepEqual(headerPairs().parse('a=b,na me=x,c=%0d%0ad').value, { a: 'b' });
    assert.equal(headerPairs().parse('nonsense').value, undefined);
  });

  it('retention is a period that CloudWatch Logs knows, else the next longer one', () => {
    assert.deepEqual(retentionDays().parse('30'), { value: 30 });
    assert.equal(retentionDays().parse('31').value, 60);
    assert.equal(retentionDays().parse('3653').flaw, undefined);
    assert.equal(retentionDays().parse('3654').value, 3653);
    assert.equal(retentionDays().parse('0').value, undefined);
    assert.equal(retentionDays().parse('a month').value, undefined);
  });

  it('dimension sets are read per metric, a repeated metric having several', () => {
    assert.deepEqual(dimensionSets().parse('LITE').value, 'lite');
    assert.deepEqual(dimensionSets().parse('a.b=x,y; a.b=x ;c=').value, { 'a.b': [['x', 'y'], ['x']], c: [[]] });
    for (const text of ['liet', 'a', 'a=b=c', '=x', ';'])
      assert.equal(dimensionSets().parse(text).value, undefined, text);
  });

  it('a dimension set has at most 28 attributes, two of the 30 being Service and Environment', () => {
    const set = (count: number) => `m=${Array.from({ length: count }, (_, index) => `a${index}`).join(',')}`;
    assert.notEqual(dimensionSets().parse(set(28)).value, undefined);
    assert.equal(dimensionSets().parse(set(29)).value, undefined);
  });

  it('redaction takes keys and patterns, a comma inside a pattern being part of it', () => {
    assert.deepEqual(redactionList().parse('ssn, /\\d{3,4}-\\d{2}/i ,card').value, [
      'ssn',
      '/\\d{3,4}-\\d{2}/i',
      'card',
    ]);
    assert.deepEqual(redactionList().parse('ssn,/(/').value, ['ssn']);
    assert.equal(redactionList().parse('/(/').value, undefined);
    assert.equal(redactionList().parse('/a/zz').value, undefined);
  });

  it('a region is not a zone and not a name in words', () => {
    const { type } = settingOf('AWS_REGION');
    for (const text of [
      'us-west-2',
      'us-gov-east-1',
      'cn-north-1',
      'eusc-de-east-1',
      'us-iso-east-1',
      'ap-southeast-7',
    ]) {
      assert.equal(type.parse(text).value, text);
    }
    for (const text of ['us-west-2a', 'US-WEST-2', 'Oregon', 'us-west', 'us west 2']) {
      assert.equal(type.parse(text).value, undefined, text);
    }
  });

  it('a namespace has 1 to 255 characters of ASCII and is not one of AWS', () => {
    const { type } = settingOf('MONITORING_NAMESPACE');
    assert.equal(type.parse('x'.repeat(255)).flaw, undefined);
    for (const text of ['x'.repeat(256), ':x', 'AWS/EC2', 'Größe', 'a\tb'])
      assert.equal(type.parse(text).value, undefined);
  });

  it('a log group has 1 to 512 characters of its alphabet and is not one of AWS', () => {
    const { type } = settingOf('MONITORING_ERROR_LOG_GROUP');
    assert.equal(type.parse(`/${'x'.repeat(511)}`).flaw, undefined);
    for (const text of [`/${'x'.repeat(512)}`, 'aws/x', '/a b', '/a:b'])
      assert.equal(type.parse(text).value, undefined);
  });
});

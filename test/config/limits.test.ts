import assert from 'node:assert/strict';
import { readConfiguration } from '../../src/config/read.js';

const NONE = Number.POSITIVE_INFINITY;
const DEFAULT = { attributeCountLimit: 128, attributeValueLengthLimit: NONE };

function limits(env: Record<string, string>) {
  const { configuration, problems } = readConfiguration(env);
  return { spans: configuration.traces.limits, logs: configuration.logs.limits, problems };
}

describe("OpenTelemetry's limits", () => {
  it('for attributes are those of spans and of log records', () => {
    const given = { OTEL_ATTRIBUTE_COUNT_LIMIT: '0', OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '1' };
    const all = { attributeCountLimit: 0, attributeValueLengthLimit: 1 };
    const { spans, logs } = limits(given);
    assert.deepEqual(logs, all);
    assert.deepEqual({ ...spans, ...all }, spans);
  });

  it('for one kind win over those for all', () => {
    const { spans, logs } = limits({
      OTEL_ATTRIBUTE_COUNT_LIMIT: '10',
      OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '20',
      OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '30',
      OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: '40',
    });
    assert.deepEqual(logs, { attributeCountLimit: 10, attributeValueLengthLimit: 40 });
    assert.equal(spans.attributeCountLimit, 20);
    assert.equal(spans.attributeValueLengthLimit, 30);
  });

  for (const [specified, former, limit] of [
    ['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', 'OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT', 'attributePerEventCountLimit'],
    ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', 'OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT', 'attributePerLinkCountLimit'],
  ] as const) {
    it(`${specified} wins over its former name ${former}`, () => {
      assert.equal(limits({ [former]: '5' }).spans[limit], 5);
      assert.equal(limits({ [former]: '5', [specified]: '6' }).spans[limit], 6);
    });
  }

  for (const [name, refused, accepted] of [
    ['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', ['0', '10000001', '-1', 'abc'], ['1', '10000000']],
    ['OTEL_SPAN_EVENT_COUNT_LIMIT', ['1000001', '-1', '1.5'], ['0', '1000000']],
  ] as const) {
    it(`${name} is one problem with ${refused.join(', ')} and none with ${accepted.join(', ')}`, () => {
      for (const text of refused) {
        const { spans, problems } = limits({ [name]: text });
        assert.equal(problems.length, 1, text);
        assert.deepEqual({ ...spans, ...DEFAULT }, spans);
        assert.equal(spans.eventCountLimit, 128);
      }
      for (const text of accepted) assert.deepEqual(limits({ [name]: text }).problems, [], text);
    });
  }

  it('of the configuration file count like the variables', () => {
    const text = `
file_format: "1.0"
attribute_limits: { attribute_count_limit: 1, attribute_value_length_limit: 2 }
tracer_provider:
  processors: [{ simple: { exporter: { console: } } }]
  limits:
    attribute_count_limit: 3
    attribute_value_length_limit: 4
    event_count_limit: 5
    link_count_limit: 6
    event_attribute_count_limit: 7
    link_attribute_count_limit: 8
logger_provider: { processors: [{ simple: { exporter: { console: } } }], limits: { attribute_value_length_limit: 9 } }`;
    const { configuration, problems } = readConfiguration({ OTEL_CONFIG_FILE: '/otel.yaml' }, { readFile: () => text });
    assert.deepEqual(problems, []);
    assert.deepEqual(configuration.traces.limits, {
      attributeCountLimit: 3,
      attributeValueLengthLimit: 4,
      eventCountLimit: 5,
      linkCountLimit: 6,
      attributePerEventCountLimit: 7,
      attributePerLinkCountLimit: 8,
    });
    assert.deepEqual(configuration.logs.limits, { attributeCountLimit: 1, attributeValueLengthLimit: 9 });
  });
});

import assert from 'node:assert/strict';
import type { Configuration } from '../../src/config/configuration.js';
import { readConfiguration } from '../../src/config/read.js';
import { SETTING_NAMES, settings } from '../../src/config/settings.js';

describe('the configuration', () => {
  it('has the types that the settings at its places have', () => {
    const { configuration } = readConfiguration({ AWS_REGION: 'eu-west-1' });
    configuration.traces.batch.maxQueueSize satisfies number;
    configuration.otlp.logs.protocol satisfies 'http/protobuf' | 'http/json' | 'grpc';
    configuration.otlp.logs.timeout satisfies number;
    configuration.metrics.exporters satisfies ('cloudwatch' | 'cloudwatch_otlp' | 'emf' | 'otlp' | 'console')[];
    configuration.aws.endpoints satisfies { cloudwatch?: string; cloudwatchLogs?: string; xray?: string; sts?: string };
    // @ts-expect-error a region may be missing
    configuration.aws.region satisfies string;
    // @ts-expect-error there is no such setting
    assert.equal(configuration.traces.nothing, undefined);
    const region: Configuration['aws']['region'] = configuration.aws.region;
    assert.equal(region, 'eu-west-1');
  });

  it('has no place that two settings stand at, and each setting behind another one', () => {
    const places = SETTING_NAMES.flatMap((name) => settings[name].place ?? []);
    assert.equal(new Set(places).size, places.length);
    const behind = SETTING_NAMES.flatMap((name) => settings[name].fallback ?? []);
    assert.deepEqual(
      behind.filter((name) => !Object.hasOwn(settings, name)),
      [],
    );
  });

  it('takes no endpoint of AWS where they are to be ignored', () => {
    const env = { AWS_ENDPOINT_URL: 'http://a:1', AWS_ENDPOINT_URL_XRAY: 'http://b:2' };
    const { endpoints } = readConfiguration(env).configuration.aws;
    assert.deepEqual(endpoints, {
      cloudwatch: 'http://a:1',
      cloudwatchLogs: 'http://a:1',
      xray: 'http://b:2',
      sts: 'http://a:1',
    });
    const ignoring = { ...env, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' };
    assert.deepEqual(readConfiguration(ignoring).configuration.aws.endpoints, {});
  });
});

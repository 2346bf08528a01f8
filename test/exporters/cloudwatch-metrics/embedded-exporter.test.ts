import assert from 'node:assert/strict';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { SelfCounters } from '../../../exporters/aws/self-counters.js';
import { EmbeddedMetricExporter } from '../../../exporters/cloudwatch-metrics/embedded-exporter.js';
import { readEmbeddedMetrics } from '../../../src/studio/services/embedded-metrics.js';

function started(write: (line: string) => void) {
  const counters = new SelfCounters();
  const exporter = new EmbeddedMetricExporter({ namespace: 'Shop', counters, write });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const resource = resourceFromAttributes({ 'service.name': 'shop', 'deployment.environment.name': 'test' });
  const provider = new MeterProvider({ readers: [reader], resource });
  return { counters, provider, meter: provider.getMeter('test') };
}

describe('EmbeddedMetricExporter', () => {
  it('writes what PutMetricData would be given: curated dimensions, units, faults', async () => {
    const lines: string[] = [];
    const { meter, provider, counters } = started((line) => lines.push(line));
    const duration = meter.createHistogram('http.server.request.duration', { unit: 's' });
    duration.record(0.5, { 'http.route': '/a', 'http.request.method': 'GET', 'http.response.status_code': 500 });
    await provider.forceFlush();
    assert.ok(lines.every((line) => line.endsWith('}\n') && !line.slice(0, -1).includes('\n')));
    const read = lines.flatMap((line) => readEmbeddedMetrics(line.trim(), Date.now())?.metrics ?? []);
    assert.deepEqual(
      read.map(({ namespace, name, dimensions, datum }) => [
        namespace,
        name,
        dimensions.map(({ value }) => value).join(' '),
        datum.unit,
        datum.value ?? datum.values,
      ]),
      [
        ['Shop', 'http.server.request.duration', 'shop test', 'Seconds', [0.5]],
        ['Shop', 'http.server.fault', 'shop test', 'Count', [1]],
        ['Shop', 'http.server.error', 'shop test', 'Count', [0]],
        ['Shop', 'http.server.request.duration', 'shop test /a GET', 'Seconds', [0.5]],
        ['Shop', 'http.server.fault', 'shop test /a GET', 'Count', [1]],
      ],
    );
    assert.equal(counters.total('sent', 'metrics', ''), read.length);
    await provider.shutdown();
  });

  it('counts as dropped what standard output does not take, and does not throw', async () => {
    const { meter, provider, counters } = started(() => {
      throw new Error('ENOSPC');
    });
    meter.createCounter('orders').add(1);
    await provider.forceFlush().catch(() => {});
    assert.equal(counters.total('dropped', 'metrics', 'standard_output'), 1);
    await provider.shutdown().catch(() => {});
  });

  it('asks for a namespace', () => {
    assert.throws(() => new EmbeddedMetricExporter({} as never), /namespace/);
  });
});

import { DiagLogLevel, diag } from '@opentelemetry/api';
import type { ExportResult } from '@opentelemetry/core';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { CloudWatchMetricExporterOptions } from '../../../exporters/cloudwatch-metrics/exporter.js';
import { CloudWatchMetricExporter } from '../../../exporters/cloudwatch-metrics/exporter.js';
import { FakeClock } from '../aws/fake-clock.js';
import { collected, counter } from './collected.js';
import type { Answer } from './fake-client.js';
import { FakeClient, serviceError } from './fake-client.js';

/** The first export loads the client; no test's time depends on it. */
export function loadClientFirst(): void {
  before(async function () {
    this.timeout(20_000);
    await import('@aws-sdk/client-cloudwatch');
  });
}

/** An exporter with a clock and a service of its own. */
export function start(
  answer?: Answer,
  options: Partial<CloudWatchMetricExporterOptions> = {},
  clock = new FakeClock(),
) {
  const fake = new FakeClient(answer);
  const exporter = new CloudWatchMetricExporter(
    { namespace: 'Test', client: fake.client, ...options },
    { clock, random: () => 0.5 },
  );
  const results: ExportResult[] = [];
  const send = (metrics: ResourceMetrics) => exporter.export(metrics, (result) => results.push(result));
  /** `count` series with the value 1 each, at the present time. */
  const ones = (count: number) =>
    collected([
      counter(
        'orders',
        Array.from({ length: count }, (_, i) => ({ value: 1, time: clock.now(), attributes: { i } })),
      ),
    ]);
  const dropped = () =>
    exporter
      .status()
      .counters.filter(({ name }) => name === 'dropped')
      .reduce((sum, { value }) => sum + value, 0);
  return { clock, fake, exporter, results, send, ones, dropped };
}

export const unavailable = () => serviceError('ServiceUnavailable', 503);

/** Lines written while `run` runs. */
export async function lines(run: () => Promise<void>): Promise<string[]> {
  const written: string[] = [];
  const write = (message: string) => {
    written.push(message);
  };
  diag.setLogger(
    { error: write, warn: write, info: write, debug: write, verbose: write },
    { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true },
  );
  try {
    await run();
  } finally {
    diag.disable();
  }
  return written;
}

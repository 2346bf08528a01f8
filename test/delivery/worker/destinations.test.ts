import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readConfiguration } from '../../../src/config/read.js';
import { LossNotices } from '../../../src/delivery/loss-notices.js';
import { openAwsAccess } from '../../../src/delivery/worker/aws-access.js';
import { Destinations } from '../../../src/delivery/worker/destinations.js';
import { descriptor, HistogramInstrument } from '../../../src/metrics/instruments.js';
import { nameDestinations } from '../../../src/resource/destination-names.js';
import { withApplicationSignals } from '../../../src/tracing/application-signals.js';
import { Ledger } from '../../../src/wire/ledger.js';
import type { PlainSpan } from '../../../src/wire/messages.js';

/** What the AWS SDK looks at by itself: it must find keys at once, and ask no metadata service. */
const ENVIRONMENT = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_EC2_METADATA_DISABLED: 'true' };

function spans(count: number): PlainSpan[] {
  const now = Math.floor(Date.now() / 1000);
  return Array.from({ length: count }, (_, index) => ({
    name: 'GET /',
    kind: 1,
    context: { traceId: 'a'.repeat(32), spanId: String(index + 1).padStart(16, '0'), traceFlags: 1 },
    startTime: [now, 0],
    endTime: [now, 1],
    status: { code: 0 },
    attributes: {},
    links: [],
    events: [],
    scope: { name: 'test' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }));
}

interface QueueStatus {
  queue: { items: number };
}

describe('Destinations', () => {
  const before: Record<string, string | undefined> = {};

  beforeEach(() => {
    for (const [name, value] of Object.entries(ENVIRONMENT)) {
      before[name] = process.env[name];
      process.env[name] = value;
    }
  });
  afterEach(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  for (const [count, held] of [
    [3, 3],
    [4, 3],
  ] as const) {
    it(`hold ${held} of ${count} spans while X-Ray is away and OTEL_BSP_MAX_QUEUE_SIZE is 3`, async () => {
      const { configuration } = readConfiguration({
        OTEL_BSP_MAX_QUEUE_SIZE: '3',
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1',
        AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      });
      const destinations = new Destinations(
        nameDestinations(configuration, { name: 'shop' }),
        { 'service.name': 'shop' },
        await openAwsAccess(configuration.aws, { region: 'us-west-2', source: 'a test' }),
        withApplicationSignals,
        new LossNotices(new Ledger('worker'), () => {}),
      );
      await destinations.deliver({ kind: 'spans', spans: spans(count) });
      const xray = destinations.status().destinations.find(({ name }) => name === 'xray');
      assert.ok(xray);
      assert.equal((xray.status as QueueStatus).queue.items, held);
    });
  }

  it('without a region are none of AWS’s, and those that need no region stay', async () => {
    const { configuration } = readConfiguration({ OTEL_METRICS_EXPORTER: 'cloudwatch,console' });
    const access = await openAwsAccess(configuration.aws, { region: undefined, source: 'none' });
    const destinations = new Destinations(
      nameDestinations(configuration, { name: 'shop' }),
      {},
      access,
      withApplicationSignals,
      new LossNotices(new Ledger('worker'), () => {}),
    );
    assert.deepEqual(
      destinations.status().destinations.map(({ name }) => name),
      ['console'],
    );
  });

  for (const [aggregation, kind] of [
    [undefined, 'exponentialHistogram'],
    ['explicit_bucket_histogram', 'histogram'],
  ] as const) {
    it(`send a collector a histogram as ${kind} where the setting is ${aggregation ?? 'not given'}`, async () => {
      const bodies: string[] = [];
      const collector = createServer((request, response) => {
        request.setEncoding('utf8');
        let body = '';
        request.on('data', (part) => {
          body += part;
        });
        request.on('end', () => {
          bodies.push(body);
          response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
        });
      }).listen(0, '127.0.0.1');
      await once(collector, 'listening');
      try {
        const { configuration } = readConfiguration({
          OTEL_METRICS_EXPORTER: 'otlp',
          OTEL_TRACES_EXPORTER: 'none',
          OTEL_LOGS_EXPORTER: 'none',
          OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
          OTEL_EXPORTER_OTLP_COMPRESSION: 'none',
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
          OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: aggregation,
        });
        const destinations = new Destinations(
          nameDestinations(configuration, { name: 'shop' }),
          {},
          await openAwsAccess(configuration.aws, { region: undefined, source: 'none' }),
          withApplicationSignals,
          new LossNotices(new Ledger('worker'), () => {}),
        );
        const instrument = new HistogramInstrument(descriptor('d', { unit: 's' }), false);
        instrument.record(0.2);
        const metric = instrument.collect([1, 0], [2, 0]);
        assert.ok(metric);
        await destinations.deliver({ kind: 'metrics', scopeMetrics: [{ scope: { name: 'test' }, metrics: [metric] }] });
        const [sent] = JSON.parse(bodies[0] ?? '{}').resourceMetrics[0].scopeMetrics[0].metrics;
        assert.equal(sent[kind].dataPoints[0].count, 1);
      } finally {
        collector.closeAllConnections();
        collector.close();
      }
    });
  }
});

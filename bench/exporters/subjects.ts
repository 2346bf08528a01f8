import { createRequire } from 'node:module';
import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { DimensionPreset, DimensionSets } from '../../exporters/cloudwatch-metrics/dimensions.js';
import { CloudWatchMetricExporter } from '../../exporters/cloudwatch-metrics/exporter.js';

export interface Subject {
  readonly name: string;
  /** Until all of it has been answered. */
  export(metrics: ResourceMetrics): Promise<void>;
}

const AWS = { region: 'us-east-1', credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' } };

export function ours(endpoint: string, dimensions: DimensionPreset | DimensionSets): Subject {
  const exporter = new CloudWatchMetricExporter({
    namespace: 'Bench',
    ...AWS,
    endpoint,
    dimensions,
    maxSeries: 50_000,
  });
  return subject('`@org/monitoring`, PutMetricData', exporter);
}

type Emf = new (
  namespace: string,
  logGroup: string,
  logStream: string,
  temporality: undefined,
  aggregation: undefined,
  client: typeof AWS & { endpoint: string },
) => PushMetricExporter;

/** Not among the package's exports: by path. */
const EMF =
  '../node_modules/@aws/aws-distro-opentelemetry-node-autoinstrumentation/build/src/exporter/aws/metrics/aws-cloudwatch-emf-exporter.js';

export function adot(endpoint: string): Subject {
  const require = createRequire(import.meta.url);
  const { AWSCloudWatchEMFExporter } = require(EMF) as { AWSCloudWatchEMFExporter: Emf };
  const client = { ...AWS, endpoint };
  const exporter = new AWSCloudWatchEMFExporter('Bench', 'bench', 'bench', undefined, undefined, client);
  return subject('ADOT JS, EMF', exporter);
}

function subject(name: string, exporter: PushMetricExporter): Subject {
  return {
    name,
    async export(metrics) {
      await new Promise<void>((resolve, reject) =>
        exporter.export(metrics, ({ code, error }) => (code === 0 ? resolve() : reject(error))),
      );
      await exporter.forceFlush();
    },
  };
}

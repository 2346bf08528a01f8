/** A program that records one value for an endpoint, given as its argument, and then has nothing more to do. */

import { CloudWatchMetricExporter } from '../../../exporters/cloudwatch-metrics/exporter.js';
import { collected, counter } from './collected.js';

const exporter = new CloudWatchMetricExporter(
  {
    namespace: 'Test',
    region: 'us-west-2',
    endpoint: process.argv[2] ?? '',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  },
  // The longest pause: were it to hold the process, the test would not be over in time.
  { random: () => 0.999 },
);

function exportAgain(left: number): void {
  exporter.export(collected([counter('orders', [{ value: 1, time: Date.now() }])]), () => {
    if (left > 0) exportAgain(left - 1);
    else process.stdout.write(`queued ${exporter.status().queue.items}\n`);
  });
}

exportAgain(0);

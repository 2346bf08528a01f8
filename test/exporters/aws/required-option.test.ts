import assert from 'node:assert/strict';
import { CloudWatchLogExporter } from '../../../exporters/cloudwatch-logs/exporter.js';
import { CloudWatchMetricExporter } from '../../../exporters/cloudwatch-metrics/exporter.js';
import { AwsOtlpMetricExporter } from '../../../exporters/otlp-aws/metric-exporter.js';
import { AwsOtlpTraceExporter } from '../../../exporters/otlp-aws/trace-exporter.js';

/** As JavaScript may call them. */
type Untyped = new (options?: unknown) => { shutdown(): Promise<void> };

const REQUIRED = {
  logGroupName: { Exporter: CloudWatchLogExporter as Untyped, example: '/checkout/app' },
  namespace: { Exporter: CloudWatchMetricExporter as Untyped, example: 'Checkout' },
};

describe('the options of an exporter', () => {
  for (const [option, { Exporter, example }] of Object.entries(REQUIRED)) {
    const refusal = (fault: string) => ({
      name: 'TypeError',
      message: `${Exporter.name}: option \`${option}\` ${fault}, expected a string, for example '${example}'`,
    });

    for (const [given, options] of [
      ['no options', undefined],
      ['null', null],
      ['an empty object', {}],
      ['undefined', { [option]: undefined }],
    ] as const) {
      it(`of ${Exporter.name}: given ${given}, a line names the missing \`${option}\``, () => {
        assert.throws(() => new Exporter(options), refusal('is missing'));
      });
    }

    it(`of ${Exporter.name}: \`${option}\` of another type is refused with its type`, () => {
      assert.throws(() => new Exporter({ [option]: 42 }), refusal('is of type number'));
      assert.throws(() => new Exporter({ [option]: null }), refusal('is of type null'));
    });
  }

  it('of the OTLP exporters may all be left out', async () => {
    for (const Exporter of [AwsOtlpTraceExporter, AwsOtlpMetricExporter] as Untyped[])
      for (const options of [undefined, {}]) await new Exporter(options).shutdown();
  });
});

import { type Attributes, type Context, diag, type Meter, type MeterOptions } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

type Add = (value: number, attributes?: Attributes, context?: Context) => void;

/**
 * The SDK's provider, whose sums and histograms take finite numbers only. The SDK adds whatever number it is given: one NaN in a running
 * total makes every later value NaN, which no destination takes, until the process starts again.
 */
export class FiniteMeterProvider extends MeterProvider {
  readonly #guarded = new WeakSet<Meter>();

  override getMeter(name: string, version?: string, scope?: MeterOptions): Meter {
    const meter = super.getMeter(name, version, scope);
    if (this.#guarded.has(meter)) return meter;
    this.#guarded.add(meter);
    const { createCounter, createUpDownCounter, createHistogram } = meter;
    meter.createCounter = (of, options) => {
      const counter = createCounter.call(meter, of, options);
      counter.add = finite(of, counter.add.bind(counter));
      return counter;
    };
    meter.createUpDownCounter = (of, options) => {
      const counter = createUpDownCounter.call(meter, of, options);
      counter.add = finite(of, counter.add.bind(counter));
      return counter;
    };
    meter.createHistogram = (of, options) => {
      const histogram = createHistogram.call(meter, of, options);
      histogram.record = finite(of, histogram.record.bind(histogram));
      return histogram;
    };
    return meter;
  }
}

function finite(name: string, add: Add): Add {
  return (value, attributes, context) => {
    // The SDK says what is no number at all.
    if (typeof value === 'number' && !Number.isFinite(value)) {
      diag.warn(`${name}: not counted, a measurement must be a finite number and not ${value}`);
    } else add(value, attributes, context);
  };
}

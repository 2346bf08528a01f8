import { type Attributes, type Context, diag, type Meter, type MeterProvider } from '@opentelemetry/api';

type Add = (value: number, attributes?: Attributes, context?: Context) => void;

/**
 * Makes the sums and histograms of `provider` take finite numbers only. The SDK adds whatever number it is given: one NaN in a running
 * total makes every later value NaN, which no destination takes, until the process starts again.
 */
export function takeFiniteNumbers(provider: MeterProvider): void {
  const guarded = new WeakSet<Meter>();
  const getMeter = provider.getMeter.bind(provider);
  provider.getMeter = (name, version, options) => {
    const meter = getMeter(name, version, options);
    if (guarded.has(meter)) return meter;
    guarded.add(meter);
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
  };
}

function finite(name: string, add: Add): Add {
  return (value, attributes, context) => {
    // The SDK says what is no number at all.
    if (typeof value === 'number' && !Number.isFinite(value)) {
      diag.warn(`${name}: not counted, a measurement must be a finite number and not ${value}`);
    } else add(value, attributes, context);
  };
}

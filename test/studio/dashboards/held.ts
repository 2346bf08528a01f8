import type { HeldSeries } from '../../../src/studio/dashboards/time-series.js';
import type { Datum } from '../../../src/studio/datum.js';

export const MINUTE = 60_000;
/** A whole minute. */
export const START = 1_795_600_020_000 - (1_795_600_020_000 % MINUTE);

export const datum = (timestamp: number, numbers: Partial<Datum>): Datum => ({
  timestamp,
  arrived: timestamp,
  unit: 'Count',
  resolution: 60,
  ...numbers,
});

/** A series of one value a minute from START on; null: none in that minute. */
export function held(
  name: string,
  dimensions: Readonly<Record<string, string>>,
  values: readonly (number | null)[],
  namespace = 'Shop',
): HeldSeries {
  return {
    namespace,
    name,
    dimensions: Object.entries(dimensions).map(([key, value]) => ({ name: key, value })),
    data: values.flatMap((value, minute) => (value === null ? [] : [datum(START + minute * MINUTE, { value })])),
  };
}

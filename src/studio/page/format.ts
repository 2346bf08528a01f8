/** Figures as people read them. */

const LOCALE = 'en';
const integer = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(LOCALE, { notation: 'compact', maximumFractionDigits: 1 });

export const count = (value: number): string => (value >= 100_000 ? compact.format(value) : integer.format(value));

/** Three significant digits, no exponent where one can do without. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 100_000) return compact.format(value);
  if (size < 0.001) return value.toExponential(1);
  return new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: size >= 100 ? 4 : 3 }).format(value);
}

export function milliseconds(ms: number): string {
  if (ms === 0) return '0 ms';
  if (ms < 0.001) return `${figure(ms * 1e6)} ns`;
  if (ms < 1) return `${figure(ms * 1000)} µs`;
  if (ms < 1000) return `${figure(ms)} ms`;
  if (ms < 120_000) return `${figure(ms / 1000)} s`;
  if (ms < 7_200_000) return `${figure(ms / 60_000)} min`;
  return `${figure(ms / 3_600_000)} h`;
}

const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(value: number): string {
  let [size, unit] = [value, 0];
  while (Math.abs(size) >= 1024 && unit < BYTES.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${figure(size)} ${BYTES[unit]}`;
}

export const dollars = (value: number): string =>
  value >= 1000 ? `$${integer.format(value)}` : `$${value.toFixed(2)}`;

export const percent = (fraction: number): string => {
  const value = fraction * 100;
  if (value === 0) return '0 %';
  return value < 0.1 ? '< 0.1 %' : `${value.toFixed(value < 10 ? 1 : 0)} %`;
};

/** A value in one of CloudWatch's units (or OpenTelemetry's) with its unit. */
export function withUnit(value: number, unit: string): string {
  switch (unit) {
    case 'Seconds':
    case 's':
      return milliseconds(value * 1000);
    case 'Milliseconds':
    case 'ms':
      return milliseconds(value);
    case 'Microseconds':
      return milliseconds(value / 1000);
    case 'Bytes':
    case 'By':
      return bytes(value);
    case 'Percent':
    case '%':
      return `${figure(value)} %`;
    case 'Count/Second':
      return `${figure(value)}/s`;
    case 'Bytes/Second':
      return `${bytes(value)}/s`;
    default:
      return figure(value);
  }
}

const clockFormat = new Intl.DateTimeFormat(LOCALE, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const dateFormat = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' });

export const clock = (time: number): string => clockFormat.format(time);
export const dateTime = (time: number): string => dateFormat.format(time);

export function ago(time: number, now: number): string {
  const seconds = Math.max(Math.round((now - time) / 1000), 0);
  if (seconds < 5) return 'now';
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}

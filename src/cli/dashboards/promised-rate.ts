import { parseStatistic } from '../../cloudwatch/statistic.js';

/** Seconds by the words and symbols of units of time. */
const SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  sec: 1,
  second: 1,
  min: 60,
  minute: 60,
  h: 3600,
  hour: 3600,
  day: 86_400,
};
/** `a minute`, `per second`, `each hour`; or a symbol, `1/min`. */
const PROMISE = /(?:\b(?:an?|per|each|every)\s+(second|minute|hour|day)\b)|(?:\w\/(s|sec|min|minute|h|hour|day)\b)/i;
/** What divides by the period, or by the time between two values. */
const DIVIDES_BY_TIME = /\b(?:PERIOD|RATE|DIFF_TIME)\s*\(/i;
const SEARCHED_STATISTIC = /\bSEARCH\s*\([^']*'(?:[^'\\]|\\.)*'\s*,\s*'([^']+)'/gi;
/** CloudWatch gives this period to a widget that names none. Source: "Dashboard body structure and syntax". */
const DEFAULT_PERIOD = 300;

/** How the widget of a line is drawn. */
export interface Drawing {
  /** The widget's title, and what its axes say. */
  readonly texts: readonly unknown[];
  readonly stat: unknown;
  readonly period: unknown;
  /** Whether the dashboard keeps the periods of its widgets: `periodOverride` is `inherit`. */
  readonly keepsPeriods: boolean;
}

/**
 * Why a line is not what its widget promises: a text says "a minute", and the line is a total of each period, which CloudWatch makes longer
 * for a longer range. Undefined: nothing is promised, or it is kept.
 */
export function brokenPromise(options: Readonly<Record<string, unknown>>, drawing: Drawing): string | undefined {
  if (options.visible === false || !isTotal(options, drawing)) return undefined;
  const promise = [options.label, ...drawing.texts].map(promiseIn).find((found) => found !== undefined);
  if (promise === undefined) return undefined;
  const period = [options.period, drawing.period].find((given) => typeof given === 'number') ?? DEFAULT_PERIOD;
  if (drawing.keepsPeriods) {
    if (period === promise.seconds) return undefined;
    return `"${promise.text}" is promised, but each value is the total of ${period} s`;
  }
  return `"${promise.text}" is promised, but each value is the total of a period, and CloudWatch chooses the period by the range: divide by PERIOD(), or set periodOverride to "inherit"`;
}

function promiseIn(text: unknown): { text: string; seconds: number } | undefined {
  const match = typeof text === 'string' ? PROMISE.exec(text) : null;
  const unit = match?.[1] ?? match?.[2];
  const seconds = unit === undefined ? undefined : SECONDS[unit.toLowerCase()];
  return match === null || seconds === undefined ? undefined : { text: match[0], seconds };
}

/** Whether the line's values grow with the period. Of a calculation from other lines only their names are known: it is left alone. */
function isTotal({ expression, stat }: Readonly<Record<string, unknown>>, drawing: Drawing): boolean {
  if (typeof expression !== 'string') return isTotalStatistic(stat ?? drawing.stat);
  if (DIVIDES_BY_TIME.test(expression)) return false;
  return [...expression.matchAll(SEARCHED_STATISTIC)].some(([, searched]) => isTotalStatistic(searched));
}

function isTotalStatistic(name: unknown): boolean {
  const statistic = typeof name === 'string' ? parseStatistic(name) : undefined;
  if (statistic?.kind === 'trimmed') return statistic.of === 'count' || statistic.of === 'sum';
  return statistic?.kind === 'Sum' || statistic?.kind === 'SampleCount';
}

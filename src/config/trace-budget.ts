import { type TraceFlow, traceFlowFor } from '../pricing/trace-flow.js';
import type { ValueType } from './value-types.js';

export type { TraceFlow } from '../pricing/trace-flow.js';

/** MONITORING_TRACE_BUDGET: what one process may spend on traces that are decided in it. */
export type TraceBudgetSetting = { spansPerSecond: number } | { dollarsPerMonth: number } | 'none';

/** What bounds the traces of one process. */
export interface TraceBounds {
  /** Of traces that are decided in the process. */
  readonly own: TraceFlow;
  /** Of traces that a parent, in another process, has decided to sample. */
  readonly parents: TraceFlow;
}

/** Billed bytes of a span that a budget of spans allows on average; the bytes of a larger span count as several spans. */
export const BYTES_PER_BUDGETED_SPAN = 2048;
/** How many times the budget what parents have decided to sample may take. */
export const PARENTS_FACTOR = 10;

const LEAST_SPANS = 0.1;
const MOST_SPANS = 100_000;
const LEAST_DOLLARS = 0.1;
const MOST_DOLLARS = 100_000;

const NUMBER = String.raw`\d+(?:\.\d+)?`;
const SPANS = new RegExp(`^(${NUMBER}) ?/ ?s$`, 'i');
const DOLLARS = new RegExp(String.raw`^\$ ?(${NUMBER}) ?/ ?month$`, 'i');
const NO_BOUND = ['none', 'off'];

export function traceBudget(): ValueType<TraceBudgetSetting> {
  const expected =
    `spans a second such as 20/s (${LEAST_SPANS} to ${MOST_SPANS}), ` +
    `dollars such as $30/month (${LEAST_DOLLARS} to ${MOST_DOLLARS}), or none`;
  return {
    expected,
    parse(given) {
      if (NO_BOUND.includes(given.toLowerCase())) return { value: 'none' };
      const spansPerSecond = Number(SPANS.exec(given)?.[1]);
      if (spansPerSecond >= LEAST_SPANS && spansPerSecond <= MOST_SPANS) return { value: { spansPerSecond } };
      const dollarsPerMonth = Number(DOLLARS.exec(given)?.[1]);
      if (dollarsPerMonth >= LEAST_DOLLARS && dollarsPerMonth <= MOST_DOLLARS) return { value: { dollarsPerMonth } };
      return { flaw: expected };
    },
    format(value) {
      if (value === 'none') return value;
      return 'spansPerSecond' in value ? `${value.spansPerSecond}/s` : `$${value.dollarsPerMonth}/month`;
    },
  };
}

/** What the setting amounts to; undefined: nothing bounds the traces. */
export function traceBounds(setting: TraceBudgetSetting): TraceBounds | undefined {
  if (setting === 'none') return undefined;
  const own = ownFlow(setting);
  const parents = {
    spansPerSecond: own.spansPerSecond * PARENTS_FACTOR,
    bytesPerSecond: own.bytesPerSecond * PARENTS_FACTOR,
  };
  return { own, parents };
}

function ownFlow(setting: Exclude<TraceBudgetSetting, 'none'>): TraceFlow {
  if ('dollarsPerMonth' in setting) return traceFlowFor(setting.dollarsPerMonth);
  const { spansPerSecond } = setting;
  return { spansPerSecond, bytesPerSecond: spansPerSecond * BYTES_PER_BUDGETED_SPAN };
}

import type { CallRecord, Refusal } from '../store/journal.js';
import type { Store } from '../store/store.js';

/** How deliveries fare, by what was called. */
export interface ActionReport {
  readonly service: string;
  readonly action: string;
  readonly calls: number;
  readonly failed: number;
  readonly items: number;
  readonly wireBytes: number;
  /** Milliseconds, of the endpoint's own work. */
  readonly averageMs: number;
  /** Epoch milliseconds. */
  readonly lastAt: number;
  readonly lastError: string | null;
}

export interface Pipeline {
  /** Of the calls that are remembered. */
  readonly actions: readonly ActionReport[];
  /** Calls older than those. */
  readonly forgotten: number;
  /** Newest first. */
  readonly refused: readonly Refusal[];
  readonly refusedForgotten: number;
  /** Newest first. */
  readonly calls: readonly CallRecord[];
}

const SHOWN = 100;

export function describePipeline(store: Store): Pipeline {
  const calls = store.calls.list();
  const groups = new Map<string, CallRecord[]>();
  for (const call of calls) {
    const key = `${call.service} ${call.action}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [call]);
    else group.push(call);
  }
  return {
    actions: [...groups.values()].map(toReport).sort((a, b) => b.calls - a.calls),
    forgotten: store.calls.dropped,
    refused: store.refused.list().slice(-SHOWN).reverse(),
    refusedForgotten: store.refused.dropped,
    calls: calls.slice(-SHOWN).reverse(),
  };
}

function toReport(calls: readonly CallRecord[]): ActionReport {
  const sum = (pick: (call: CallRecord) => number): number => calls.reduce((total, call) => total + pick(call), 0);
  return {
    service: calls[0]?.service ?? '',
    action: calls[0]?.action ?? '',
    calls: calls.length,
    failed: calls.filter(({ status }) => status === 0 || status >= 400).length,
    items: sum(({ items }) => items),
    wireBytes: sum(({ wireBytes }) => wireBytes),
    averageMs: sum(({ durationMs }) => durationMs) / calls.length,
    lastAt: calls.at(-1)?.at ?? 0,
    lastError: calls.findLast(({ error }) => error !== undefined)?.error ?? null,
  };
}

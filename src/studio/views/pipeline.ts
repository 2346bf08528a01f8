import type { CallRecord, Refusal } from '../store/journal.js';
import type { Store } from '../store/store.js';
import { creationOnDemand } from './refusals.js';

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
  /** Newest first, without those of `madeOnDemand`. */
  readonly refused: readonly Refusal[];
  /** Refusals by which the exporter learned that a log group or stream was still to be made; it made them. */
  readonly madeOnDemand: number;
  readonly refusedForgotten: number;
  /** Newest first. */
  readonly calls: readonly PipelineCall[];
}

/** `expected`: it failed as the first step of making a log group on demand. */
export type PipelineCall = CallRecord & { readonly expected: boolean };

const SHOWN = 100;

export function describePipeline(store: Store): Pipeline {
  const isExpected = creationOnDemand(store.calls.list());
  const calls = store.calls
    .list()
    .map((call): PipelineCall => ({ ...call, expected: isExpected({ ...call, code: call.error ?? '' }) }));
  const refused = store.refused.list().filter((refusal) => !isExpected(refusal));
  const groups = new Map<string, PipelineCall[]>();
  for (const call of calls) {
    const key = `${call.service} ${call.action}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [call]);
    else group.push(call);
  }
  return {
    actions: [...groups.values()].map(toReport).sort((a, b) => b.calls - a.calls),
    forgotten: store.calls.dropped,
    refused: refused.slice(-SHOWN).reverse(),
    madeOnDemand: store.refused.length - refused.length,
    refusedForgotten: store.refused.dropped,
    calls: calls.slice(-SHOWN).reverse(),
  };
}

function toReport(calls: readonly PipelineCall[]): ActionReport {
  const sum = (pick: (call: PipelineCall) => number): number => calls.reduce((total, call) => total + pick(call), 0);
  return {
    service: calls[0]?.service ?? '',
    action: calls[0]?.action ?? '',
    calls: calls.length,
    failed: calls.filter(({ status, expected }) => !expected && (status === 0 || status >= 400)).length,
    items: sum(({ items }) => items),
    wireBytes: sum(({ wireBytes }) => wireBytes),
    averageMs: sum(({ durationMs }) => durationMs) / calls.length,
    lastAt: calls.at(-1)?.at ?? 0,
    lastError: calls.findLast(({ error, expected }) => error !== undefined && !expected)?.error ?? null,
  };
}

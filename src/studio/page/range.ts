import { useEffect, useState } from 'preact/hooks';
import { clock } from './format.js';

/** The time that the views show. It is in the address beside the place (`/?range=1h#/traces`), so every link keeps it. */
export interface Range {
  /** In the address; undefined: a part that was chosen on a chart. */
  readonly name: string | undefined;
  readonly label: string;
  readonly means: string;
  /** Milliseconds to look back; undefined: everything, or `from` and `to`. */
  readonly lookBack?: number;
  /** Epoch milliseconds. */
  readonly from?: number;
  readonly to?: number;
}

export const RANGES: readonly Range[] = [
  { name: '5m', label: '5 min', lookBack: 300_000, means: 'the last 5 minutes' },
  { name: '15m', label: '15 min', lookBack: 900_000, means: 'the last 15 minutes' },
  { name: '1h', label: '1 h', lookBack: 3_600_000, means: 'the last hour' },
  { name: '3h', label: '3 h', lookBack: 10_800_000, means: 'the last 3 hours' },
  { name: 'all', label: 'all', means: 'everything that is held' },
];
const DEFAULT_RANGE = '15m';

/** Milliseconds: the shortest part of a chart that can be chosen. */
const LEAST_PART = 1000;

export function parseRange(search: string): Range {
  const query = new URLSearchParams(search);
  const [from, to] = [Number(query.get('from') ?? Number.NaN), Number(query.get('to') ?? Number.NaN)];
  if (Number.isFinite(from) && Number.isFinite(to) && to > from) {
    const label = `${clock(from)} – ${clock(to)}`;
    return { name: undefined, label, means: 'the part that was chosen on a chart', from, to };
  }
  const named = RANGES.find(({ name }) => name === query.get('range'));
  const [first] = RANGES;
  return named ?? RANGES.find(({ name }) => name === DEFAULT_RANGE) ?? (first as Range);
}

export function useRange(): Range {
  const [search, setSearch] = useState(location.search);
  useEffect(() => {
    const changed = () => setSearch(location.search);
    addEventListener('popstate', changed);
    addEventListener('rangechange', changed);
    return () => {
      removeEventListener('popstate', changed);
      removeEventListener('rangechange', changed);
    };
  }, []);
  return parseRange(search);
}

function showRange(query: Readonly<Record<string, string>>): void {
  history.pushState(null, '', `${location.pathname}?${new URLSearchParams(query)}${location.hash}`);
  dispatchEvent(new Event('rangechange'));
}

export const chooseRange = (name: string | undefined): void => showRange({ range: name ?? DEFAULT_RANGE });

/** Shows a part of a chart in every view. @param from epoch milliseconds */
export function zoomTo(from: number, to: number): void {
  if (to - from < LEAST_PART) return;
  showRange({ from: String(Math.floor(from)), to: String(Math.ceil(to)) });
}

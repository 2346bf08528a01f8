import type { Json } from '../templates/kind.js';

/**
 * The alarm with no period shorter than the time between two exports: a minute in which none was due would count as missing.
 * @param interval milliseconds between exports
 */
export function raisePeriods(alarm: Json, interval: number): Json {
  const least = Math.ceil(interval / 60_000) * 60;
  const raised = raise(alarm, least);
  return raised as Json;
}

function raise(node: unknown, least: number): unknown {
  if (Array.isArray(node)) return node.map((item) => raise(item, least));
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => {
    const short = key === 'Period' && typeof value === 'number' && value < least;
    return [key, short ? least : raise(value, least)];
  });
  return Object.fromEntries(entries);
}

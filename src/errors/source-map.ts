/** Positions in generated code, looked up in the source maps beside or inside it. */

import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AnyMap, originalPositionFor, sourceContentFor, type TraceMap } from '@jridgewell/trace-mapping';

export interface Original {
  /** Path of the source, resolved against the map's own; its URL when it is in no file. */
  file: string;
  /** 1-based. */
  line: number;
  /** 1-based. */
  column: number;
  /** The source text, when the map carries it. */
  content: string | undefined;
}

export interface LoadedMap {
  map: TraceMap;
  /** UTF-16 units of its text. */
  size: number;
}

/** UTF-16 units of mappings. To decode that many takes half a second, which a dying process has, and 30 MB of heap. */
export const MAX_MAPPINGS = 1_500_000;

const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const COMMENT = '//# sourceMappingURL=';
const INLINE = /^data:application\/json;(?:charset=[^;,]+;)?base64,/;
/** UTF-16 units at the end of a file in which the comment is looked for, when the map is in a file of its own. */
const TAIL = 4096;

/** The map that generated code names in its last lines; undefined when it names none that can be read and is not too large. */
export function loadSourceMap(
  file: string,
  code: string,
  read: (path: string) => string | undefined,
): LoadedMap | undefined {
  const url = sourceMappingUrl(code);
  if (url === undefined) return undefined;
  const inline = INLINE.exec(url);
  if (inline !== null) return parse(file, Buffer.from(url.slice(inline[0].length), 'base64').toString('utf8'));
  // A map elsewhere than in a file ending in .map is none that a compiler wrote.
  if (SCHEME.test(url) || !url.endsWith('.map')) return undefined;
  const path = resolve(dirname(file), decode(url));
  const text = read(path);
  return text === undefined ? undefined : parse(path, text);
}

/** @param line 1-based; @param column 1-based */
export function originalPosition({ map }: LoadedMap, line: number, column: number): Original | undefined {
  const found = originalPositionFor(map, { line, column: column - 1 });
  if (found.source === null) return undefined;
  return {
    file: toPath(found.source),
    line: found.line,
    column: found.column + 1,
    content: sourceContentFor(map, found.source) ?? undefined,
  };
}

function sourceMappingUrl(code: string): string | undefined {
  const at = code.lastIndexOf(COMMENT);
  if (at < 0) return undefined;
  const end = code.indexOf('\n', at);
  const url = code.slice(at + COMMENT.length, end < 0 ? undefined : end).trim();
  return url.startsWith('data:') || code.length - at <= TAIL ? url : undefined;
}

function parse(path: string, text: string): LoadedMap | undefined {
  try {
    const payload: { mappings?: string; sections?: { map?: { mappings?: string } }[] } = JSON.parse(text);
    const parts = payload.sections?.map((section) => section.map) ?? [payload];
    const mappings = parts.reduce((sum, part) => sum + (part?.mappings?.length ?? 0), 0);
    if (mappings > MAX_MAPPINGS) return undefined;
    return { map: AnyMap(payload as Parameters<typeof AnyMap>[0], pathToFileURL(path).href), size: text.length };
  } catch {
    return undefined;
  }
}

function toPath(source: string): string {
  try {
    return source.startsWith('file:') ? fileURLToPath(source) : source;
  } catch {
    return source;
  }
}

function decode(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}

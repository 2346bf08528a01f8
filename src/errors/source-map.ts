/** Positions in generated code, looked up in the source maps beside or inside it. */

import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Original {
  /** Path of the source, resolved against the map's own. */
  file: string;
  /** 1-based. */
  line: number;
  /** 1-based. */
  column: number;
  /** The source text, when the map carries it. */
  content: string | undefined;
}

export interface LoadedMap {
  path: string;
  map: SourceMap;
  /** By the name that the map's entries give. */
  sources: ReadonlyMap<string, { file: string; content: string | undefined }>;
}

const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const COMMENT = '//# sourceMappingURL=';
const INLINE = /^data:application\/json;(?:charset=[^;,]+;)?base64,/;
/** UTF-16 units at the end of a file in which the comment is looked for, when the map is in a file of its own. */
const TAIL = 4096;

/** The map that generated code names in its last lines; undefined when it names none that can be read. */
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
export function originalPosition(loaded: LoadedMap, line: number, column: number): Original | undefined {
  const entry = loaded.map.findEntry(line - 1, column - 1);
  // Past the last mapped line, Node answers with the last entry there is.
  if (!('originalSource' in entry) || entry.generatedLine !== line - 1) return undefined;
  const source = loaded.sources.get(entry.originalSource);
  if (source === undefined) return undefined;
  return { ...source, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
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
    const payload: SourceMapPayload & { sections?: { map: SourceMapPayload }[] } = JSON.parse(text);
    const parts = payload.sections === undefined ? [payload] : payload.sections.map((section) => section.map);
    const sources = new Map(parts.flatMap((part) => sourcesOf(path, part)));
    return { path, map: new SourceMap(payload), sources };
  } catch {
    return undefined;
  }
}

function sourcesOf(path: string, part: SourceMapPayload): [string, { file: string; content: string | undefined }][] {
  return part.sources.map((source, index) => {
    const content: unknown = part.sourcesContent?.[index];
    const file = sourcePath(path, part.sourceRoot ?? '', source);
    return [source, { file, content: typeof content === 'string' ? content : undefined }];
  });
}

function sourcePath(mapPath: string, root: string, source: string): string {
  const full = root === '' || root.endsWith('/') ? root + source : `${root}/${source}`;
  if (full.startsWith('file:')) return fileURLToPath(full);
  return SCHEME.test(full) ? full : resolve(dirname(mapPath), decode(full));
}

function decode(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}

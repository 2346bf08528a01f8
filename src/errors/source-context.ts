/**
 * Where in the source an error came from: positions through source maps, and the lines around them. It reads files and
 * parses maps, so it is for the thread that sends events, not for the one that serves requests.
 */

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { Attributes } from '@opentelemetry/api';
import type { Redactor } from './redaction.js';
import { type LoadedMap, loadSourceMap, originalPosition } from './source-map.js';
import { type Frame, framesStart, parseFrame } from './stack.js';

/** The text of a file; undefined when it cannot or should not be read. Must not throw. */
export type ReadFile = (path: string) => string | undefined;

/** Adds what can be found out to the attributes of an `exception` record; returns them unchanged when that is nothing. */
export type SourceContext = (attributes: Attributes) => Attributes;

/** Frames of the application that are mapped. */
const MAX_MAPPED = 10;
/** Frames of the application whose lines are shown; with five fields each, the event keeps below 100 fields. */
const MAX_SHOWN = 3;
const LINES_AROUND = 3;
const MAX_LINE = 200;
/** A line longer than this was not written by a person. */
const MINIFIED_LINE = 1000;
/** Frames whose place and lines are kept. */
const MAX_PLACES = 256;
const MAX_MAPS = 8;
/** Bytes. */
const MAX_FILE_SIZE = 16 * 1024 * 1024;
/** A stack can name any file, its message being anybody's; only source code is opened. */
const SOURCE_FILE = /\.[cm]?[jt]sx?$/;
const NOT_A_FILE = /^\/(?:dev|proc|sys)\//;

interface Place {
  frame: Frame;
  file: string;
  line: number;
  column: number;
  /** The lines around it, redacted. */
  code: string | undefined;
}

/** Made once a thread: it remembers what it found. Rewrites `exception.stacktrace`, adds `exception.source`. */
export function createSourceContext(options: { readFile: ReadFile; redactor: Pick<Redactor, 'text'> }): SourceContext {
  const { readFile, redactor } = options;
  const readSource = (path: string): string | undefined => (isSourceFile(path) ? readFile(path) : undefined);
  const mapOf = remembering(MAX_MAPS, (file: string): LoadedMap | undefined => {
    const code = readSource(file);
    return code === undefined ? undefined : loadSourceMap(file, code, readFile);
  });
  const placeOf = remembering(MAX_PLACES, (line: string): Place | undefined => {
    const position = locate(line, mapOf);
    if (position === undefined) return undefined;
    const { content, ...place } = position;
    const code = linesAround(content ?? readSource(place.file), place.line);
    return { ...place, code: code === undefined ? undefined : redactor.text(code) };
  });

  return (attributes) => {
    const stack = attributes['exception.stacktrace'];
    const message = attributes['exception.message'];
    if (typeof stack !== 'string') return attributes;
    const { text, places } = mapStack(stack, typeof message === 'string' ? message : '', placeOf);
    const shown = places.filter((place) => place.code !== undefined).slice(0, MAX_SHOWN);
    if (text === stack && shown.length === 0) return attributes;
    return {
      ...attributes,
      'exception.stacktrace': text,
      ...(shown.length > 0 && { 'exception.source': shown.map(toAttributes) }),
    };
  };
}

/** Reads a source file or map of at most 16 MiB; undefined for anything else. */
export function readSourceFile(path: string): string | undefined {
  let descriptor: number | undefined;
  try {
    // Opening a pipe must not wait for a writer.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(descriptor);
    return stats.isFile() && stats.size <= MAX_FILE_SIZE ? readFileSync(descriptor, 'utf8') : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function isSourceFile(path: string): boolean {
  return isAbsolute(path) && SOURCE_FILE.test(path) && !NOT_A_FILE.test(path);
}

/** The stack text with mapped positions, and the places of the application's own frames in it. */
function mapStack(
  stack: string,
  message: string,
  placeOf: (line: string) => Place | undefined,
): { text: string; places: Place[] } {
  const start = framesStart(stack, message);
  const places: Place[] = [];
  if (start < 0) return { text: stack, places };
  const lines = stack
    .slice(start)
    .split('\n')
    .map((line) => {
      const place = places.length < MAX_MAPPED ? placeOf(line) : undefined;
      if (place === undefined) return line;
      places.push(place);
      return place.file === place.frame.file && place.line === place.frame.line ? line : rewritten(line, place);
    });
  return { text: stack.slice(0, start) + lines.join('\n'), places };
}

function locate(
  line: string,
  mapOf: (file: string) => LoadedMap | undefined,
): (Omit<Place, 'code'> & { content: string | undefined }) | undefined {
  const frame = parseFrame(line);
  if (frame?.file === undefined || frame.line === undefined || frame.column === undefined || !frame.inApp)
    return undefined;
  const generated = { frame, file: frame.file, line: frame.line, column: frame.column, content: undefined };
  const map = mapOf(frame.file);
  const original = map === undefined ? undefined : originalPosition(map, frame.line, frame.column);
  return original === undefined ? generated : { frame, ...original };
}

function rewritten(line: string, { file, line: row, column }: Place): string {
  const place = `${file}:${row}:${column}`;
  const open = line.endsWith(')') ? line.indexOf(' (') : -1;
  if (open >= 0) return `${line.slice(0, open)} (${place})`;
  return `${/^\s*at (?:async )?/.exec(line)?.[0] ?? ''}${place}`;
}

function toAttributes({ frame, file, line, column, code }: Place): Attributes {
  return { file, line, column, ...(frame.function !== undefined && { function: frame.function }), code };
}

function linesAround(source: string | undefined, line: number): string | undefined {
  const lines = source?.split('\n') ?? [];
  const own = lines[line - 1];
  if (own === undefined || own.length > MINIFIED_LINE) return undefined;
  const first = Math.max(1, line - LINES_AROUND);
  const shown = lines.slice(first - 1, line + LINES_AROUND);
  const width = String(first + shown.length - 1).length;
  return shown
    .map((text, index) => {
      const marker = first + index === line ? '>' : ' ';
      return `${marker} ${String(first + index).padStart(width)} | ${text.trimEnd().slice(0, MAX_LINE)}`;
    })
    .join('\n');
}

/** Keeps the last `limit` answers, refusals among them. */
function remembering<T>(limit: number, find: (key: string) => T): (key: string) => T {
  const known = new Map<string, { found: T }>();
  return (key) => {
    const entry = known.get(key) ?? { found: find(key) };
    known.delete(key);
    known.set(key, entry);
    const oldest = known.size > limit ? known.keys().next().value : undefined;
    if (oldest !== undefined) known.delete(oldest);
    return entry.found;
  };
}

/**
 * Where in the source an error came from: positions through source maps, and the lines around them. It reads files and
 * parses maps, so it is for the thread that sends events, not for the one that serves requests.
 */

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { Attributes } from '@opentelemetry/api';
import type { Redactor } from '../redaction/redactor.js';
import { type LoadedMap, loadSourceMap, originalPosition } from './source-map.js';
import { type Frame, framesRemover, framesStart, parseFrame } from './stack.js';

/** The text of a file; undefined when it cannot or should not be read. Must not throw. */
export type ReadFile = (path: string) => string | undefined;

/**
 * Adds what can be found out to the attributes of an `exception`, of a log record as of a span; returns them unchanged when that is
 * nothing.
 */
export type SourceContext = (attributes: Attributes) => Attributes;

/** Frames of the application that are mapped. */
const MAX_MAPPED = 10;
/** Frames of the application whose lines are shown; with five fields each, the event keeps below 100 fields. */
const MAX_SHOWN = 3;
const LINES_AROUND = 3;
const MAX_LINE = 200;
/** UTF-16 units before the lines that are read to know what is open there. */
const MAX_READ_BEFORE = 262_144;
/** A line longer than this was not written by a person. */
const MINIFIED_LINE = 1000;
/** Frames whose place and lines are kept. */
const MAX_PLACES = 256;
/** UTF-16 units of maps that are kept, the last one in any case. */
const MAX_MAPS_SIZE = 4_000_000;
/** What a file without a map counts for. */
const NO_MAP_SIZE = 4000;
/** Bytes. */
const MAX_FILE_SIZE = 16 * 1024 * 1024;
/** Milliseconds after which nothing more is read for one error: it may be the last, and the process wait for it. */
const TIME_LIMIT = 500;
/** A stack can name any file, its message being anybody's; only source code is opened. */
const SOURCE_FILE = /\.[cm]?[jt]sx?$/;
const NOT_A_FILE = /^\/(?:dev|proc|sys)\//;

type CleanStack = (stack: string) => string;

interface Place {
  frame: Frame;
  file: string;
  line: number;
  column: number;
  /** The lines around it, redacted. */
  code: string | undefined;
}

/** What was not looked up for want of time; another error may have some. */
const NOT_NOW = Symbol('not now');

export interface SourceContextOptions {
  readFile: ReadFile;
  redactor: Pick<Redactor, 'code'>;
  /** Where our own code is: its frames are no part of an application's stack. */
  ownFolder?: string;
  /** Milliseconds by a clock that never goes back. */
  now?: () => number;
}

/**
 * Made once a thread: it remembers what it found. Rewrites `exception.stacktrace`, also of causes, and adds `exception.source`: the
 * lines around the first frames of the application.
 */
export function createSourceContext({
  readFile,
  redactor,
  ownFolder,
  now = () => performance.now(),
}: SourceContextOptions): SourceContext {
  let end = 0;
  const clean = ownFolder === undefined ? undefined : framesRemover(ownFolder);
  const readSource = (path: string): string | undefined => (isSourceFile(path) ? readFile(path) : undefined);
  const mapOf = remembering(
    MAX_MAPS_SIZE,
    (map) => map?.size ?? NO_MAP_SIZE,
    (file: string): LoadedMap | undefined => {
      const code = readSource(file);
      return code === undefined ? undefined : loadSourceMap(file, code, readFile);
    },
  );
  const placeOf = remembering(
    MAX_PLACES,
    () => 1,
    (line: string): Place | undefined | typeof NOT_NOW => {
      if (now() >= end) return NOT_NOW;
      const position = locate(line, mapOf);
      if (position === undefined) return undefined;
      const { content, ...place } = position;
      const source = content ?? readSource(place.file);
      return { ...place, code: linesAround(source, place.line, redactor) };
    },
  );

  return (attributes) => {
    end = now() + TIME_LIMIT;
    const mapped = mapStack(attributes, placeOf, clean);
    if (mapped === undefined) return attributes;
    const shown = mapped.places.filter((place) => place.code !== undefined).slice(0, MAX_SHOWN);
    const causes = mapCauses(attributes['exception.cause'], placeOf, clean);
    if (mapped.text === attributes['exception.stacktrace'] && shown.length === 0 && causes === undefined)
      return attributes;
    return {
      ...attributes,
      'exception.stacktrace': mapped.text,
      ...(causes && { 'exception.cause': causes }),
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

/** The stack text with mapped positions, and the places of the application's own frames in it; undefined without a stack. */
function mapStack(
  { 'exception.stacktrace': told, 'exception.message': message }: Attributes,
  placeOf: (line: string) => Place | undefined,
  clean: CleanStack | undefined,
): { text: string; places: Place[] } | undefined {
  if (typeof told !== 'string') return undefined;
  const stack = clean ? clean(told) : told;
  const start = framesStart(stack, typeof message === 'string' ? message : '');
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

/** The causes of an event with mapped positions; undefined when there are none to map. */
function mapCauses(
  causes: Attributes[string],
  placeOf: (line: string) => Place | undefined,
  clean: CleanStack | undefined,
): Attributes[] | undefined {
  if (!Array.isArray(causes)) return undefined;
  let found = false;
  const mapped = (causes as readonly Attributes[]).map((cause) => {
    const { stacktrace, message } = cause;
    const stack = mapStack({ 'exception.stacktrace': stacktrace, 'exception.message': message }, placeOf, clean);
    if (stack === undefined || stack.text === stacktrace) return cause;
    found = true;
    return { ...cause, stacktrace: stack.text };
  });
  return found ? mapped : undefined;
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

/** The lines around one, without the secrets in them; undefined when there are none that a person wrote. */
function linesAround(source: string | undefined, line: number, redactor: Pick<Redactor, 'code'>): string | undefined {
  const lines = source?.split('\n') ?? [];
  const own = lines[line - 1];
  if (own === undefined || own.length > MINIFIED_LINE) return undefined;
  const first = Math.max(1, line - LINES_AROUND);
  const last = Math.min(lines.length, line + LINES_AROUND);
  const shown = redacted(lines, first, last, redactor);
  const width = String(last).length;
  return shown
    .map((text, index) => {
      const marker = first + index === line ? '>' : ' ';
      return `${marker} ${String(first + index).padStart(width)} | ${text.trimEnd().slice(0, MAX_LINE)}`;
    })
    .join('\n');
}

/** Read from the beginning of the file, or from as far back as may be read: a template literal may be open at the first line. */
function redacted(lines: readonly string[], first: number, last: number, redactor: Pick<Redactor, 'code'>): string[] {
  const before = lines
    .slice(0, first - 1)
    .join('\n')
    .slice(-MAX_READ_BEFORE);
  const from = before === '' ? 0 : before.length + 1;
  const source = `${before === '' ? '' : `${before}\n`}${lines.slice(first - 1, last).join('\n')}`;
  return redactor.code(source, from).split('\n');
}

/** Keeps the last answers, refusals among them, up to a total weight of `limit`; `NOT_NOW` is kept of none. */
function remembering<T>(
  limit: number,
  weightOf: (found: T) => number,
  find: (key: string) => T | typeof NOT_NOW,
): (key: string) => T | undefined {
  const known = new Map<string, { found: T; weight: number }>();
  let total = 0;
  const add = (key: string): { found: T; weight: number } | undefined => {
    const found = find(key);
    if (found === NOT_NOW) return undefined;
    const entry = { found, weight: weightOf(found) };
    total += entry.weight;
    return entry;
  };
  return (key) => {
    const entry = known.get(key) ?? add(key);
    if (entry === undefined) return undefined;
    known.delete(key);
    known.set(key, entry);
    for (const [oldest, { weight }] of known) {
      if (total <= limit || known.size === 1) break;
      known.delete(oldest);
      total -= weight;
    }
    return entry.found;
  };
}

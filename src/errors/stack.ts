/** V8's stack text as frames. */

import { fileURLToPath } from 'node:url';

export interface Frame {
  function: string | undefined;
  /** Path or URL; undefined for native and evaluated code. */
  file: string | undefined;
  /** 1-based. */
  line: number | undefined;
  /** 1-based, in UTF-16 units. */
  column: number | undefined;
  /** Neither Node's own code nor below `node_modules`. */
  inApp: boolean;
}

const MAX_FRAMES = 50;
const MAX_LINE_LENGTH = 1024;
/** The type and `: ` before the message; a message found later than this is a coincidence. */
const MAX_HEADER_PREFIX = 256;
const FRAME_START = '\n    at ';
const POSITION = /:(\d{1,9}):(\d{1,9})$/;

/** Where the frames begin, past the header; the message itself may hold lines that look like frames. -1: no frames. */
export function framesStart(stack: string, message: string): number {
  const found = message === '' ? -1 : stack.indexOf(message);
  const from = found >= 0 && found <= MAX_HEADER_PREFIX ? found + message.length : 0;
  return stack.indexOf(FRAME_START, from);
}

/** What takes the frames out of a stack text whose files are below a folder. */
export function framesRemover(folder: string): (stack: string) => string {
  const frame = new RegExp(`\\n    at [^\\n]*${folder.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}[\\\\/][^\\n]*`, 'g');
  return (stack) => (stack.includes(folder) ? stack.replace(frame, '') : stack);
}

/** The first 50 frames of a stack text, which may begin with its header. */
export function parseStack(stack: string, message = ''): Frame[] {
  const start = framesStart(stack, message);
  if (start < 0) return [];
  const frames: Frame[] = [];
  let lineStart = start + 1;
  while (lineStart > 0 && lineStart < stack.length && frames.length < MAX_FRAMES) {
    const lineEnd = stack.indexOf('\n', lineStart);
    const line = stack.slice(lineStart, lineEnd < 0 ? stack.length : lineEnd);
    const frame = parseFrame(line);
    if (frame !== undefined) frames.push(frame);
    lineStart = lineEnd + 1;
  }
  return frames;
}

/** One line, `    at fn (file:line:column)` or a variant of it; undefined when it is none. */
export function parseFrame(line: string): Frame | undefined {
  if (line.length > MAX_LINE_LENGTH) return undefined;
  const text = line.trim();
  if (!text.startsWith('at ')) return undefined;
  const open = text.endsWith(')') ? text.indexOf(' (') : -1;
  if (open < 0) return frameAt(undefined, text.slice(3).replace(/^async /, ''));
  return frameAt(functionName(text.slice(3, open)), text.slice(open + 2, -1));
}

function frameAt(name: string | undefined, location: string): Frame {
  const position = POSITION.exec(location);
  if (position === null || location.startsWith('eval at ')) {
    return { function: name, file: undefined, line: undefined, column: undefined, inApp: false };
  }
  const file = toPath(location.slice(0, position.index));
  if (file === '<anonymous>')
    return { function: name, file: undefined, line: undefined, column: undefined, inApp: false };
  return { function: name, file, line: Number(position[1]), column: Number(position[2]), inApp: isInApp(file) };
}

function functionName(text: string): string | undefined {
  const name = text
    .replace(/^async /, '')
    .replace(/^new /, '')
    .replace(/ \[as [^\]]*\]$/, '');
  return name === '<anonymous>' || name === '' ? undefined : name;
}

/** A file URL with a drive or a host names a file of Windows. */
const WINDOWS_URL = /^file:\/\/(?:\/[a-z]:|[^/])/i;

function toPath(location: string): string {
  if (!location.startsWith('file:')) return location;
  try {
    return fileURLToPath(location, { windows: WINDOWS_URL.test(location) });
  } catch {
    return location;
  }
}

function isInApp(file: string): boolean {
  return !file.startsWith('node:') && !/[\\/]node_modules[\\/]/.test(file);
}

import { styleText } from 'node:util';
import type { Environment } from '../config/environment.js';

/** What a command says, and to whom: answers to stdout, which may be piped into a program; everything else to stderr. */
export interface Terminal {
  /** Columns that a person sees at once; 80 where nobody looks. */
  readonly width: number;
  /** The command's answer, or a part of it. */
  answer(text: string): void;
  /** What went wrong, or what the reader should know besides the answer. */
  problem(text: string): void;
  /** What is being done; on a terminal only, where the next line takes its place. */
  progress(text: string): void;
  /** The text in a style, where the answer goes to a terminal that shows styles. */
  style(style: Style, text: string): string;
}

export type Style = 'good' | 'bad' | 'doubtful' | 'faint' | 'strong';

const FORMATS = { good: 'green', bad: 'red', doubtful: 'yellow', faint: 'dim', strong: 'bold' } as const;

/** The part of a stream that is written to. */
export interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

const DEFAULT_WIDTH = 80;
/** Below this, text is no longer wrapped but left to the terminal. */
const MIN_WIDTH = 30;
const CLEAR_LINE = '\r\u001b[2K';

export function createTerminal(stdout: Output, stderr: Output, env: Environment): Terminal {
  const styled = showsStyles(stdout, env);
  const showsProgress = stderr.isTTY === true && env.TERM !== 'dumb' && !env.CI;
  let inProgress = false;
  const clear = () => {
    if (inProgress) stderr.write(CLEAR_LINE);
    inProgress = false;
  };
  const width = Math.max(MIN_WIDTH, (stdout.isTTY && stdout.columns) || DEFAULT_WIDTH);
  return {
    width,
    answer(text) {
      clear();
      stdout.write(`${text}\n`);
    },
    problem(text) {
      clear();
      stderr.write(`${text}\n`);
    },
    progress(text) {
      if (!showsProgress) return;
      clear();
      if (text === '') return;
      stderr.write(text.slice(0, (stderr.columns ?? DEFAULT_WIDTH) - 1));
      inProgress = true;
    },
    style: (style, text) => (styled ? styleText(FORMATS[style], text, { validateStream: false }) : text),
  };
}

/** https://no-color.org: set and not empty means none; FORCE_COLOR asks for styles where there is no terminal. */
export function showsStyles(stdout: Output, env: Environment): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return stdout.isTTY === true && env.TERM !== 'dumb';
}

/**
 * The text in lines of at most `width` columns, each after `indent`; words longer than that are left whole, so that paths and
 * commands can be copied.
 */
export function wrap(text: string, width: number, indent = ''): string {
  const room = width - indent.length;
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > room) {
        lines.push(line);
        line = word;
      } else {
        line = line === '' ? word : `${line} ${word}`;
      }
    }
    lines.push(line);
  }
  return lines.map((line) => (line === '' ? '' : indent + line)).join('\n');
}

/** Reads the corpus: lines that hold secrets, and lines that hold none. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A line of the corpus. In the files, `«` and `»` enclose what must not be found, `{hex:32}` stands for as many made-up characters
 * (no file holds anything that a scanner takes for a live key), `\n`, `\r`, `\t` and `\\` for what they are in JavaScript.
 */
export interface Line {
  file: string;
  source: string;
  text: string;
  secrets: string[];
}

const ALPHABETS: Record<string, string> = {
  hex: '0123456789abcdef',
  HEX: '0123456789ABCDEF',
  digit: '0123456789',
  lower: 'abcdefghijklmnopqrstuvwxyz0123456789',
  letters: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ',
  alnum: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  word: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  UPNUM: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  BASE32: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
  BECH: 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L',
};
const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };

export function readCorpus(kind: 'secrets' | 'harmless'): Line[] {
  const files = readdirSync(__dirname).filter((file) => file.startsWith(`${kind}.`) && file.endsWith('.txt'));
  return files.flatMap((file) =>
    readFileSync(join(__dirname, file), 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('#'))
      .map((line, index) => parse(file, line, index)),
  );
}

function parse(file: string, line: string, index: number): Line {
  const at = line.indexOf(' | ');
  const random = generator(`${file}${index}`);
  const raw = line
    .slice(at + 3)
    .replace(/\\([nrt\\])/g, (_whole, letter: string) => ESCAPES[letter] ?? letter)
    .replace(/\{(\w+):(\d+)\}/g, (whole, name: string, count: string) => {
      const alphabet = ALPHABETS[name];
      if (alphabet === undefined) return whole;
      return Array.from({ length: Number(count) }, () => alphabet.charAt(random(alphabet.length))).join('');
    });
  const secrets = [...raw.matchAll(/«([^»]*)(?:»|$)/g)].map(([, secret = '']) => secret);
  return { file, source: line.slice(0, at), text: raw.replace(/[«»]/g, ''), secrets };
}

/** Numbers below a limit, always the same for the same seed (mulberry32). */
export function generator(seed: string): (limit: number) => number {
  let state = [...seed].reduce((sum, character) => (Math.imul(sum, 31) + character.charCodeAt(0)) | 0, 7);
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { nearestName } from '../../config/nearest-name.js';
import { CouldNotRun } from '../exit.js';

/** A file with a template. */
export interface TemplateFile {
  /** Its name without `.json`. */
  readonly stem: string;
  /** As the user would write it; of the package's own the folder and the name. */
  readonly label: string;
  readonly path: string;
}

/** The package's own templates of a kind, by name. */
export function builtInTemplates(kind: string): TemplateFile[] {
  const folder = join(packageFolder(), kind);
  return jsonFiles(folder).map((path) => ({ stem: stemOf(path), path, label: `${kind}/${basename(path)}` }));
}

/**
 * The templates that the words name: a built-in one by its name, a file or all files of a folder by a path. None: all built-in ones.
 * @throws CouldNotRun for a word that names nothing, and for two files of one name
 */
export function findTemplates(kind: string, words: readonly string[]): TemplateFile[] {
  const builtIn = builtInTemplates(kind);
  if (words.length === 0) return builtIn;
  const found = words.flatMap((word) => builtIn.find(({ stem }) => stem === word) ?? filesAt(word, kind, builtIn));
  const byStem = new Map<string, TemplateFile>();
  for (const file of found) {
    const other = byStem.get(file.stem);
    if (other && other.path !== file.path) {
      throw new CouldNotRun(`${other.label} and ${file.label} would be deployed under one name: rename one of them`);
    }
    byStem.set(file.stem, file);
  }
  return [...byStem.values()];
}

function filesAt(word: string, kind: string, builtIn: readonly TemplateFile[]): TemplateFile[] {
  const stats = statSync(word, { throwIfNoEntry: false });
  if (stats === undefined) throw new CouldNotRun(nothingAt(word, kind, builtIn));
  if (!stats.isDirectory()) return [fileAt(word)];
  const files = jsonFiles(word);
  if (files.length === 0) throw new CouldNotRun(`${word} has no .json file`);
  return files.map(fileAt);
}

function nothingAt(word: string, kind: string, builtIn: readonly TemplateFile[]): string {
  const names = builtIn.map(({ stem }) => stem);
  const nearest = nearestName(word, names, 3);
  const guess = nearest ? `; did you mean ${nearest}?` : '';
  return `there is no file ${word}, nor one of that name among the built-in ${kind} (${names.join(', ')})${guess}`;
}

const fileAt = (path: string): TemplateFile => ({ stem: stemOf(path), path, label: relative('.', path) || path });
const stemOf = (path: string): string => basename(path).replace(/\.json$/i, '');

const jsonFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => /\.json$/i.test(name))
    .sort()
    .map((name) => join(folder, name));

/** @throws CouldNotRun when it can't be read */
export function readTemplate({ path, label }: TemplateFile): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CouldNotRun(`${label} can't be read: ${error instanceof Error ? error.message : error}`);
  }
}

/** Of this package, from `dist/` as well as from `src/`. */
function packageFolder(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    if (statSync(join(folder, 'package.json'), { throwIfNoEntry: false })) return folder;
    if (folder === dirname(folder)) throw new CouldNotRun('the package is incomplete: reinstall @org/monitoring');
  }
}

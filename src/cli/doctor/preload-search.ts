import { basename } from 'node:path';
import type { Environment } from '../../config/environment.js';
import type { Application } from './application.js';

export interface PreloadFound {
  /** What mentions it; undefined: nothing does. */
  readonly where?: string;
  /** The line that does. */
  readonly text: string;
  /** What is loaded before it. */
  readonly before: readonly string[];
  /** Whether it is loaded by the package's name, which must then be installed. */
  readonly byName: boolean;
  readonly searched: readonly string[];
  readonly entry?: string;
}

/** `-r x`, `--require x`, `--require=x`, `--import x`. */
const PRELOAD = /(?:^|[\s"'[,])(?:-r|--require|--import)(?:[\s=]+|["']\s*,\s*["'])["']?([^\s"',\]]+)/g;
const OURS = '@org/monitoring';
/** What the text of a module loads: `require('x')`, `import … from 'x'`, `import 'x'`. */
const LOADS = /\brequire\(\s*["']([^"']+)["']\s*\)|^\s*import\s+(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']/gm;
const COMMENTS = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

/** Who preloads @org/monitoring, by NODE_OPTIONS, by the files that start the application, by its own source. */
export function findPreload(env: Environment, application: Application | undefined): PreloadFound {
  const entry = application?.entry && basename(application.entry);
  const texts: [string, string][] = [];
  if (env.NODE_OPTIONS) texts.push(['NODE_OPTIONS', env.NODE_OPTIONS]);
  for (const [name, script] of Object.entries(application?.scripts ?? {})) texts.push([`script "${name}"`, script]);
  for (const [name, text] of application?.startFiles ?? [])
    for (const line of text.split('\n')) texts.push([name, line]);
  const searched = [...new Set(['NODE_OPTIONS', ...texts.map(([where]) => where), ...(entry ? [entry] : [])])];
  const common = { searched, ...(entry && { entry }) };
  for (const [where, text] of texts) {
    const preloads = [...text.matchAll(PRELOAD)].map((match) => match[1] ?? '');
    const at = preloads.findIndex(isPreload);
    if (at >= 0) {
      const byName = preloads[at]?.startsWith(OURS) ?? false;
      return { ...common, where, text: text.trim(), before: preloads.slice(0, at), byName };
    }
  }
  const inSource = application?.source === undefined ? undefined : loadsOf(application.source);
  const starts = application?.source !== undefined && callsStart(application.source);
  const at = inSource?.findIndex((name) => isPreload(name) || (starts && name === OURS)) ?? -1;
  if (inSource === undefined || at < 0) return { ...common, text: '', before: [], byName: false };
  // Node's own modules are instrumented whenever they were loaded.
  const before = inSource.slice(0, at).filter((name) => !name.startsWith('node:') && !name.startsWith('.'));
  return {
    ...common,
    where: entry ?? 'the entry',
    text: `loads ${inSource.slice(0, at + 1).join(', ')}`,
    before,
    byName: true,
  };
}

/** The preload by its name or by its path. The API, `@org/monitoring` itself, preloads nothing. */
function isPreload(name: string): boolean {
  return name === `${OURS}/register` || /[\\/]register\.[cm]js$/.test(name);
}

/** What a module binds of the API: `import { start } from`, `import * as m from`, `const m = require(…)`, `require(…).start`. */
const API = `["']@org/monitoring["']`;
const IMPORTED = new RegExp(String.raw`\bimport\s+([^"';]+?)\s+from\s+${API}`);
const REQUIRED = new RegExp(String.raw`\b(?:const|let|var)\s+([^=;]+?)\s*=\s*require\(\s*${API}\s*\)`);
const STARTED_AT_ONCE = new RegExp(String.raw`\brequire\(\s*${API}\s*\)\s*\.\s*start\b`);

/** Whether the source starts the distro by the API. */
function callsStart(text: string): boolean {
  const source = text.replace(COMMENTS, '');
  if (STARTED_AT_ONCE.test(source)) return true;
  const bound = IMPORTED.exec(source)?.[1] ?? REQUIRED.exec(source)?.[1] ?? '';
  if (bound.includes('{')) return /\bstart\b/.test(bound);
  const name = bound.replace(/^\*\s*as\s+/, '').trim();
  return name !== '' && source.includes(`${name}.start(`);
}

function loadsOf(source: string): string[] {
  return [...source.replace(COMMENTS, '').matchAll(LOADS)].map((match) => match[1] ?? match[2] ?? '');
}

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
    const at = preloads.findIndex(isOurs);
    if (at >= 0) {
      const byName = preloads[at]?.startsWith(OURS) ?? false;
      return { ...common, where, text: text.trim(), before: preloads.slice(0, at), byName };
    }
  }
  const inSource = application?.source === undefined ? undefined : loadsOf(application.source);
  const at = inSource?.findIndex(isOurs) ?? -1;
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

/** `@org/monitoring`, something of it, or a path that ends in its preload. */
function isOurs(name: string): boolean {
  return name === OURS || name.startsWith(`${OURS}/`) || /[\\/]register\.[cm]js$/.test(name);
}

function loadsOf(source: string): string[] {
  return [...source.replace(COMMENTS, '').matchAll(LOADS)].map((match) => match[1] ?? match[2] ?? '');
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reply } from './http.js';

/** The built page: what each address of it is, and as what it is sent. */
const FILES: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/page/app.js': { file: 'app.js', type: 'text/javascript; charset=utf-8' },
  '/page/app.css': { file: 'app.css', type: 'text/css; charset=utf-8' },
  '/page/icon.svg': { file: 'icon.svg', type: 'image/svg+xml' },
};

/** Nothing inline, nothing from elsewhere, in no frame: text from telemetry that became markup could still do nothing. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

export class PageFiles {
  /** @param folder that of the built page */
  constructor(private readonly folder: string) {}

  /** Undefined: not an address of the page. `/` is the page for browsers only; programs get the index of the API. */
  answer(method: string, path: string, accept: string | undefined): Reply | undefined {
    const known = Object.hasOwn(FILES, path) ? FILES[path] : undefined;
    if (known === undefined || method !== 'GET') return undefined;
    if (path === '/' && !(accept ?? '').includes('text/html')) return undefined;
    const body = this.#read(known.file);
    return body === undefined
      ? { status: 404, headers: { 'content-type': 'text/plain' }, body: 'The page was not built: npm run build' }
      : { status: 200, headers: { 'content-type': known.type, ...HEADERS }, body };
  }

  #read(file: string): Buffer | undefined {
    try {
      return readFileSync(join(this.folder, file));
    } catch {
      return undefined;
    }
  }
}

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { ROOT } from '../e2e/support/process.js';
import { pack } from './package.js';

/** Targets of `[text](target)`, `![text](target)` and `<img src="target">`, without code and without addresses of the web. */
function relativeLinks(markdown: string): string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)|\b(?:src|href)="([^"]+)"/g)].map(
    ([, one, other]) => one ?? other ?? '',
  );
  return targets.filter((target) => !/^(?:[a-z]+:|#)/.test(target)).map((target) => target.replace(/#.*/, ''));
}

describe('links of the published package', () => {
  let files: string[];

  before(function () {
    this.timeout(60_000);
    const folder = mkdtempSync(join(tmpdir(), 'monitoring-links-'));
    files = pack(folder).files;
    rmSync(folder, { recursive: true });
  });

  it('are read from Markdown, but not from code', () => {
    const text =
      '[a](a.md#part) ![b](b.png) `[c](c.md)`\n```\n[d](d.md)\n```\n[e](https://e.example) [f](#f) <img src="g.svg">';
    assert.deepEqual(relativeLinks(text), ['a.md', 'b.png', 'g.svg']);
  });

  it('lead from README.md and every shipped document to files that are shipped', () => {
    const dead = files
      .filter((file) => file.endsWith('.md'))
      .flatMap((file) =>
        relativeLinks(readFileSync(join(ROOT, file), 'utf8'))
          .map((target) => normalize(join(dirname(file), target)).replace(/\/$/, ''))
          .filter((target) => !files.some((shipped) => shipped === target || shipped.startsWith(`${target}/`)))
          .map((target) => `${file} -> ${target}`),
      );
    assert.deepEqual(dead, []);
  });
});

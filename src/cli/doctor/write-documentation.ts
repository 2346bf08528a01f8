import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CHECKS } from './checks.js';
import { renderTroubleshooting } from './documentation.js';

/** `npm run docs`: writes docs/troubleshooting.md anew. */
writeFileSync(
  fileURLToPath(new URL('../../../docs/troubleshooting.md', import.meta.url)),
  renderTroubleshooting(CHECKS),
);

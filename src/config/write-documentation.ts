import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderConfigurationDocs } from './documentation.js';

/** `npm run docs`: writes docs/configuration.md anew. */
writeFileSync(fileURLToPath(new URL('../../docs/configuration.md', import.meta.url)), renderConfigurationDocs());

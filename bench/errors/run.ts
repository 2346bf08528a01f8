import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type * as endpoint from '../../src/studio/endpoint.js';
import { table } from '../table.js';
import { ROOT } from './child.js';
import { measureRequests } from './requests.js';
import { measureStorms, RATE } from './storms.js';

const { startStudio }: typeof endpoint = createRequire(import.meta.url)(join(ROOT, 'dist/studio.cjs'));
const studio = await startStudio();
const say = (text: string) => console.error(text);

console.log(`Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown CPU'}, medians\n`);
const storms = await measureStorms(studio.url, say);
const made = storms[0]?.main ?? Number.NaN;
console.log(
  table(
    [`${RATE} errors a second of one kind`, 'main thread, % of a core', 'more than made only', 'all other threads'],
    storms.map(({ name, main, others }) => [name, main.toFixed(2), (main - made).toFixed(2), others.toFixed(2)]),
  ),
);
console.log('\n"Read": the application itself reads the stack, as its logger or error handler would.\n');
const pairs = await measureRequests(studio.url, say);
console.log(
  table(
    ['Main thread, µs of CPU a request that does not fail', 'without', 'with', 'difference', 'of single rounds'],
    pairs.map((pair) => [
      pair.name,
      pair.without.toFixed(2),
      pair.with.toFixed(2),
      pair.difference.toFixed(2),
      `${pair.range[0].toFixed(2)} to ${pair.range[1].toFixed(2)}`,
    ]),
  ),
);
await studio.close();

import { readOptions } from './options.js';
import { markdown } from './report.js';
import { Results } from './results.js';
import { measureAll } from './rounds.js';
import { summarise } from './summary.js';

const options = readOptions(process.argv);
const results = new Results(options.results);
const failed = options.measure ? await measureAll(options, results) : 0;
const measured = results.read();
const summaries = summarise(measured);
console.log(markdown(summaries));
if (options.docs) {
  const { writeDocs } = await import('./docs.js');
  await writeDocs(measured, summaries);
}
if (failed > 0) {
  console.error(`${failed} measurements failed`);
  process.exitCode = 1;
}

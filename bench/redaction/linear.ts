// Fails when the redactor takes more than linear time: `npm run bench:redaction`. A ratio of two runs hardly depends on the machine.
import { createRedactor, MAX_INPUT } from '../../src/redaction/redactor.js';
import { WORST_INPUTS, type WorstInput, worstInput } from './worst-inputs.js';

/** UTF-16 units of the longest input; no more than `MAX_INPUT` of them are looked at. */
const LONGEST = 1_000_000;
/** Milliseconds for the longest input. */
const MAX_TIME = 50;
/** For four times the input: linear time is 4, quadratic time 16. */
const MAX_GROWTH = 9;
/** Milliseconds below which the growth of a time is noise. */
const MIN_TIME = 8;
const REPEATS = 5;
/** A burst of other work on the machine spoils a turn; quadratic time spoils each. */
const TURNS = 5;

const redactor = createRedactor();
/** What reads texts from outside. */
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  text: (text) => redactor.text(text, MAX_INPUT),
  query: (text) => redactor.query(text),
  url: (text) => redactor.url(text, '/a/:token'),
  statement: (text) => redactor.statement(text, 'postgresql'),
  code: (text) => redactor.code(text),
};

/** Milliseconds of the fastest of some runs: whatever else the machine does only adds. */
function time(read: (text: string) => unknown, text: string): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < REPEATS; run++) {
    const start = process.hrtime.bigint();
    read(text);
    fastest = Math.min(fastest, Number(process.hrtime.bigint() - start) / 1e6);
  }
  return fastest;
}

function check(input: WorstInput, name: string, read: (text: string) => unknown, turn = 1): boolean {
  const quarter = time(read, worstInput(input, MAX_INPUT / 4));
  const whole = time(read, worstInput(input, MAX_INPUT));
  const longest = time(read, worstInput(input, LONGEST));
  const growth = whole > MIN_TIME ? whole / quarter : 1;
  const passed = growth <= MAX_GROWTH && longest <= MAX_TIME;
  if (!passed && turn < TURNS) return check(input, name, read, turn + 1);
  if (!passed || process.argv.includes('--all')) {
    const figures = `${longest.toFixed(1)} ms for 1 MB, ${growth.toFixed(2)} times for four times the input`;
    console.log(`${passed ? 'passed' : 'FAILED'}: ${name} of ${input.name}: ${figures}`);
  }
  return passed;
}

let passed = 0;
let failed = 0;
for (const input of WORST_INPUTS) {
  for (const [name, read] of Object.entries(READERS)) {
    if (check(input, name, read)) passed++;
    else failed++;
  }
}
console.log(`\n${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 ? 1 : 0;

import assert from 'node:assert/strict';
import { createRedactor } from '../../src/redaction/redactor.js';
import { type Line, readCorpus } from './corpus/corpus.js';

/** The least that the corpus holds; half of each comes from lists that were not written for this redactor. */
const MIN_LINES = 400;
const OTHERS = /gitleaks|trufflehog|packages/;
/** Ratio of the harmless lines that may change. */
const MAX_CHANGED = 0.01;

describe('the corpus', () => {
  const redactor = createRedactor();
  const secrets = readCorpus('secrets');
  const harmless = readCorpus('harmless');
  const isFound = (text: string, { secrets: hidden }: Line) => hidden.some((secret) => text.includes(secret));
  const show = ({ file, source, text }: Line) => `${file}, ${source}: ${text} => ${redactor.text(text)}`;

  it('holds 400 lines of each kind at least, half of them from the lists of others', () => {
    for (const lines of [secrets, harmless]) {
      assert.ok(lines.length >= MIN_LINES, `${lines.length}`);
      assert.ok(lines.filter(({ file }) => OTHERS.test(file)).length >= lines.length / 2);
    }
    assert.deepEqual(
      secrets.filter(({ secrets: hidden }) => hidden.length === 0 || hidden.includes('')),
      [],
    );
  });

  it('loses every secret', () => {
    const leaked = secrets.filter((line) => isFound(redactor.text(line.text), line));
    console.log(`      recall ${((1 - leaked.length / secrets.length) * 100).toFixed(2)} % of ${secrets.length} lines`);
    assert.deepEqual(leaked.map(show), []);
  });

  it('keeps 99 of 100 harmless lines as they are', () => {
    const changed = harmless.filter(({ text }) => redactor.text(text) !== text);
    console.log(`      changed ${changed.length} of ${harmless.length} harmless lines`);
    assert.ok(changed.length <= harmless.length * MAX_CHANGED, changed.map(show).join('\n'));
  });

  it('loses every secret in a string of JSON, and in one inside of another', () => {
    const leaked = secrets.flatMap((line) => {
      const once = JSON.stringify({ message: line.text });
      const twice = JSON.stringify({ body: once });
      return [once, twice]
        .filter((text) => isFound(redactor.text(text), line))
        .map((text) => `${line.source}: ${text} => ${redactor.text(text)}`);
    });
    assert.deepEqual(leaked, []);
  });

  it('changes nothing more the second time', () => {
    const unstable = [...secrets, ...harmless].filter(({ text }) => {
      const once = redactor.text(text);
      return redactor.text(once) !== once;
    });
    assert.deepEqual(unstable.map(show), []);
  });
});

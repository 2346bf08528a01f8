import assert from 'node:assert/strict';
import { substitute } from '../../src/config/substitution.js';

const ENV = {
  WORD: 'value',
  NUMBER: '1.1',
  MAP: 'value\nkey:value',
  EMPTY: '',
  NESTED: '$' + '{SECRET}',
  ESCAPED: 'value$$',
  SECRET: 'never',
};

/** `@` stands for `$`: a reference in the code would look like a slip. */
const CASES: [string, string][] = [
  ['@{WORD}', 'value'],
  ['@{env:WORD}', 'value'],
  ['a @{WORD} @{NUMBER}', 'a value 1.1'],
  ['@{MAP}', 'value\nkey:value'],
  ['@{UNSET}', ''],
  ['@{EMPTY:-x}', 'x'],
  ['@{UNSET:-a b:c-d}', 'a b:c-d'],
  ['@{UNSET:-}', ''],
  ['@{env:UNSET:-x}', 'x'],
  ['@{NESTED}', '@{SECRET}'],
  ['@{UNSET:-@{WORD}}', '@{WORD}'],
  ['@{ESCAPED}', 'value@@'],
  ['@@{WORD}', '@{WORD}'],
  ['@@@{WORD}', '@value'],
  ['@@@@{WORD}', '@@{WORD}'],
  ['@@{WORD:-x}', '@{WORD:-x}'],
  ['@@{WORD:-@{WORD}}', '@{WORD:-value}'],
  ['@{UNSET:-@@{UNSET}}', '@{UNSET:-@{UNSET}}'],
  ['a @@ b', 'a @ b'],
  ['a @ b', 'a @ b'],
];
const dollars = (text: string) => text.replaceAll('@', () => '$');

describe('substitution in a configuration file', () => {
  for (const [text, expected] of CASES) {
    it(`${dollars(text)} becomes ${JSON.stringify(dollars(expected))}`, () => {
      assert.equal(substitute(dollars(text), ENV), dollars(expected));
    });
  }

  for (const text of ['@{1X}', '@{WORD:?error}', '@{A-B}', '@{sys:WORD}', '@{}', '@{ WORD }']) {
    it(`${dollars(text)} is an error`, () => {
      assert.throws(() => substitute(dollars(text), ENV), /refers to no environment variable/);
    });
  }

  it('tells which variables were referred to', () => {
    const names: string[] = [];
    substitute(dollars('@{WORD} @{UNSET:-x} @@{NUMBER}'), ENV, (name) => names.push(name));
    assert.deepEqual(names, ['WORD', 'UNSET']);
  });
});

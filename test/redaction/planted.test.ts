import assert from 'node:assert/strict';
import { createRedactor } from '../../src/redaction/redactor.js';
import { generator } from './corpus/corpus.js';
import { makeSecret, plantedObject, plantedTexts, readings } from './planted.js';

const ROUNDS = 40;
const OBJECTS = 2000;
/** Failures that a report of this test shows. */
const MAX_SHOWN = 12;

describe('a secret in a random structure', () => {
  const redactor = createRedactor();

  it('is in no text, escaped up to three times', () => {
    const leaked = plantedTexts('texts', ROUNDS)
      .map((planted) => ({ ...planted, redacted: redactor.text(planted.text) }))
      .filter(({ secret, redacted }) => readings(redacted).includes(secret));
    assert.deepEqual(leaked.slice(0, MAX_SHOWN), [], `${leaked.length} leaked`);
  });

  it('is in no address, query, statement and no line of source that holds the text', () => {
    const leaked = plantedTexts('kinds', ROUNDS / 4).flatMap(({ secret, shape, text }) =>
      [
        redactor.url(`https://shop.example/${encodeURIComponent(text)}?note=${encodeURIComponent(text)}`),
        redactor.query(`a=1&note=${encodeURIComponent(text)}&b=2`),
        redactor.statement(text, undefined),
        redactor.code(`const note = ${JSON.stringify(text)}; // ${JSON.stringify(text)}`),
      ]
        .map((redacted, index) => ({
          shape,
          kind: ['url', 'query', 'statement', 'code'][index],
          secret,
          text,
          redacted,
        }))
        .filter(({ redacted }) => readings(redacted).includes(secret)),
    );
    assert.deepEqual(leaked.slice(0, MAX_SHOWN), [], `${leaked.length} leaked`);
  });

  it('is in no copy of an object', () => {
    const random = generator('objects');
    const leaked: unknown[] = [];
    for (let count = 0; count < OBJECTS; count++) {
      const secret = makeSecret(random, random(2) === 0 ? '!.-' : '');
      const object = plantedObject(random, secret);
      const copied = JSON.stringify(redactor.copy(object));
      if (copied.includes(secret)) leaked.push({ secret, copied });
    }
    assert.deepEqual(leaked.slice(0, MAX_SHOWN), [], `${leaked.length} leaked`);
  });
});

import assert from 'node:assert/strict';
import { ANSWER_LIMIT, Questions } from '../../../src/delivery/worker/questions.js';
import type { ProcessFacts } from '../../../src/wire/messages.js';

const FACTS: ProcessFacts = { settings: [], problems: [], instrumentations: ['pg'], loadedTooEarly: [] };

describe('Questions', () => {
  it('have each its own answer', async () => {
    const put: number[] = [];
    const questions = new Questions<ProcessFacts>((id) => put.push(id));
    const [first, second] = [questions.ask(), questions.ask()];
    questions.answer(put[1] ?? 0, { ...FACTS, entry: '2' });
    questions.answer(put[0] ?? 0, { ...FACTS, entry: '1' });
    questions.answer(99, FACTS);
    assert.deepEqual([(await first)?.entry, (await second)?.entry], ['1', '2']);
  });

  it('are given up when the application does not answer in time', async () => {
    const began = performance.now();
    assert.equal(await new Questions(() => {}).ask(), undefined);
    assert.ok(performance.now() - began >= ANSWER_LIMIT - 5);
  });
});

import assert from 'node:assert/strict';
import { Notices } from '../../src/config/notices.js';

describe('Notices', () => {
  let now = 0;
  const lines: string[] = [];
  const notices = (level: ConstructorParameters<typeof Notices>[0]) =>
    new Notices(
      level,
      (line) => lines.push(line),
      () => now,
    );
  beforeEach(() => {
    now = 0;
    lines.length = 0;
  });

  it('prints what the level asks for and nothing below it', () => {
    const warn = notices('warn');
    warn.say('error', 'a');
    warn.say('warn', 'b');
    warn.say('info', 'c');
    notices('none').say('error', 'd');
    assert.deepEqual(lines, ['a', 'b']);
  });

  it('prints the same kind once a minute, with the number of those held back', () => {
    const info = notices('info');
    info.say('warn', 'failed 1 times');
    now = 59_999;
    info.say('warn', 'failed 2 times');
    assert.deepEqual(lines, ['failed 1 times']);
    now = 60_000;
    info.say('warn', 'failed 3 times');
    assert.deepEqual(lines, ['failed 1 times', 'failed 3 times (and 1 more like it)']);
  });

  it('prints one line, of bounded length', () => {
    notices('info').say('info', `a\n  b\r\nc${'x'.repeat(2000)}`);
    assert.match(lines[0] ?? '', /^a b cx+…$/);
    assert.equal(lines[0]?.length, 1001);
  });
});

import assert from 'node:assert/strict';
import { createTerminal, type Output, showsStyles, wrap } from '../../src/cli/terminal.js';

class Recorded implements Output {
  text = '';
  constructor(
    readonly isTTY = false,
    readonly columns = 80,
  ) {}
  write(text: string): void {
    this.text += text;
  }
}

describe('the terminal', () => {
  it('gives answers to stdout and problems to stderr', () => {
    const [stdout, stderr] = [new Recorded(), new Recorded()];
    const terminal = createTerminal(stdout, stderr, {});
    terminal.answer('42');
    terminal.problem('slow');
    assert.deepEqual([stdout.text, stderr.text], ['42\n', 'slow\n']);
  });

  it('shows progress in one line that the next text replaces, and only where somebody looks', () => {
    const [screen, pipe] = [new Recorded(true, 20), new Recorded(false)];
    for (const stderr of [screen, pipe]) {
      const terminal = createTerminal(new Recorded(), stderr, {});
      terminal.progress('asking CloudWatch about everything');
      terminal.progress('asking X-Ray');
      terminal.problem('refused');
    }
    assert.equal(pipe.text, 'refused\n');
    assert.equal(screen.text, 'asking CloudWatch a\r\u001b[2Kasking X-Ray\r\u001b[2Krefused\n');
  });

  it('takes progress off the screen before it answers, even when the answer goes elsewhere', () => {
    const [stdout, stderr] = [new Recorded(), new Recorded(true)];
    const terminal = createTerminal(stdout, stderr, {});
    terminal.progress('asking');
    terminal.answer('{}');
    assert.equal(stderr.text, 'asking\r\u001b[2K');
  });

  for (const [screen, env, expected] of [
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ] as const) {
    it(`${expected ? 'styles' : 'does not style'} ${screen ? 'on a terminal' : 'in a pipe'} with ${JSON.stringify(env)}`, () => {
      assert.equal(showsStyles(new Recorded(screen), env), expected);
      const styled = createTerminal(new Recorded(screen), new Recorded(), env).style('bad', 'x');
      assert.equal(styled, expected ? '\u001b[31mx\u001b[39m' : 'x');
    });
  }

  it('takes a very narrow terminal for one of 30 columns', () => {
    assert.equal(createTerminal(new Recorded(true, 12), new Recorded(), {}).width, 30);
    assert.equal(createTerminal(new Recorded(true, 31), new Recorded(), {}).width, 31);
    assert.equal(createTerminal(new Recorded(false, 300), new Recorded(), {}).width, 80);
  });

  it('wraps at the last word that fits and leaves longer ones whole', () => {
    assert.equal(wrap('aa bb cc', 5), 'aa bb\ncc');
    assert.equal(wrap('aa bb cc', 4), 'aa\nbb\ncc');
    assert.equal(wrap('a /very/long/path b', 6, '  '), '  a\n  /very/long/path\n  b');
    assert.equal(wrap('a\n\nb', 10, ' '), ' a\n\n b');
  });
});

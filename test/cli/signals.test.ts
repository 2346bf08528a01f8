import assert from 'node:assert/strict';
import { commandLines } from '../../src/cli/command-lines.js';
import { endedBy, FORWARDED, forwards } from '../../src/cli/signals.js';

describe('the signals of a command under monitoring dev', () => {
  it('are sent on, but for Ctrl-C of a terminal, which the command has got already', () => {
    const sent = (hasTerminal: boolean) => FORWARDED.filter((signal) => forwards(signal, 'linux', hasTerminal));
    assert.deepEqual(sent(false), [...FORWARDED]);
    assert.deepEqual(
      sent(true),
      FORWARDED.filter((signal) => signal !== 'SIGINT'),
    );
  });

  it('are never sent on Windows, where the console tells every process and kill ends one without asking', () => {
    for (const hasTerminal of [true, false])
      assert.deepEqual(
        FORWARDED.filter((signal) => forwards(signal, 'win32', hasTerminal)),
        [],
      );
  });

  it('give the exit code of a shell, and on Windows no signal to die of', () => {
    assert.deepEqual(endedBy(null, 'SIGINT', 'linux'), { code: 130, signal: 'SIGINT' });
    assert.deepEqual(endedBy(null, 'SIGTERM', 'win32'), { code: 143, signal: undefined });
    assert.deepEqual(endedBy(0xc000013a, null, 'win32'), { code: 0xc000013a, signal: undefined });
    assert.deepEqual(endedBy(3, null, 'darwin'), { code: 3, signal: undefined });
  });
});

describe('a command to paste', () => {
  const variables = ['A', 'B', 'C', 'D', 'E'].map((name) => [name, '1'] as const);

  it('is for a POSIX shell', () => {
    assert.deepEqual(commandLines(variables, 'node app.js', 'darwin'), ['  A=1 B=1 C=1 D=1 \\', '  E=1 node app.js']);
  });

  it('is for PowerShell on Windows', () => {
    assert.deepEqual(commandLines(variables.slice(0, 1), 'node app.js', 'win32'), ["  $env:A = '1'", '  node app.js']);
  });
});

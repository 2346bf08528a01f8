import assert from 'node:assert/strict';
import { parsePs, parseStat, readProcessTable, withDescendants } from '../../src/guardian/process-table.js';

describe('The table of processes', () => {
  it('has this process with its parent', () => {
    const own = readProcessTable().find(({ pid }) => pid === process.pid);
    assert.equal(own?.parent, process.ppid);
    assert.match(own?.started ?? '', /\d/);
  });

  it('reads a name with spaces and parentheses, and leaves out what has ended', () => {
    const stat = (name: string, state: string) =>
      `7 (${name}) ${state} 3 7 7 0 -1 4 1 2 3 4 5 6 7 8 20 0 11 0 98765 1 2`;
    assert.deepEqual(parseStat(stat('a) b (c', 'S')), [{ pid: 7, parent: 3, started: '98765' }]);
    assert.deepEqual(parseStat(stat('node', 'Z')), []);
    assert.deepEqual(parseStat('7'), []);
  });

  it('reads what ps prints on macOS', () => {
    const output =
      '    1     0 Ss   Mon Nov 30 09:00:00 2026    \n  501     1 S+   Mon Nov 30 09:01:00 2026\n  502 501 Z+   Mon Nov 30 09:01:01 2026\n';
    assert.deepEqual(parsePs(output), [
      { pid: 1, parent: 0, started: 'Mon Nov 30 09:00:00 2026' },
      { pid: 501, parent: 1, started: 'Mon Nov 30 09:01:00 2026' },
    ]);
  });

  it('finds children of children, in any order, and nobody else', () => {
    const entry = (pid: number, parent: number) => ({ pid, parent, started: '' });
    const table = [entry(9, 5), entry(5, 4), entry(4, 1), entry(6, 1), entry(1, 0)];
    assert.deepEqual(
      withDescendants(new Set([4]), table).map(({ pid }) => pid),
      [9, 5, 4],
    );
  });
});

import assert from 'node:assert/strict';
import { Charges, GRACE, type Machine } from '../../src/guardian/charges.js';
import type { ProcessEntry } from '../../src/guardian/process-table.js';

const T0 = 1_795_600_000_000;
const entry = (pid: number, parent: number, started = `${pid}`): ProcessEntry => ({ pid, parent, started });

class FakeMachine implements Machine {
  readonly sent: string[] = [];
  constructor(
    public table: ProcessEntry[],
    readonly platform: NodeJS.Platform = 'linux',
  ) {}
  processes = () => this.table;
  signal = (pid: number, signal: string) => void this.sent.push(`${signal} ${pid}`);
  endTree = (pid: number) => void this.sent.push(`taskkill ${pid}`);
  now = () => T0;
}

describe('Charges of the guardian', () => {
  it('are asked to end with everything that they started, and are killed after the grace time', () => {
    const machine = new FakeMachine([entry(10, 1), entry(11, 10), entry(12, 11), entry(20, 1)]);
    const charges = new Charges(machine);
    charges.add(10);
    assert.equal(charges.end(), T0 + GRACE);
    assert.deepEqual(machine.sent, ['SIGTERM 10', 'SIGTERM 11', 'SIGTERM 12']);
    machine.table = [entry(12, 1), entry(20, 1)];
    assert.equal(charges.areGone(), false, 'the last one has no parent any more');
    charges.kill();
    assert.equal(machine.sent.at(-1), 'SIGKILL 12');
    machine.table = [entry(20, 1)];
    assert.equal(charges.areGone(), true);
  });

  it('include one whose parent has ended, where it was named in time', () => {
    const machine = new FakeMachine([entry(10, 1), entry(11, 10)]);
    const charges = new Charges(machine);
    charges.add(10);
    charges.add(11);
    machine.table = [entry(11, 1)];
    charges.end();
    assert.deepEqual(machine.sent, ['SIGTERM 11']);
  });

  it('do not include another process that has got the pid, nor a pid that nobody has', () => {
    const machine = new FakeMachine([entry(10, 1, 'first')]);
    const charges = new Charges(machine);
    charges.add(10);
    charges.add(99);
    machine.table = [entry(10, 1, 'second'), entry(11, 10), entry(99, 1)];
    charges.end();
    assert.deepEqual(machine.sent, []);
    assert.equal(charges.areGone(), true);
  });

  it('end by their tree on Windows, which has no signals', () => {
    const machine = new FakeMachine([], 'win32');
    const charges = new Charges(machine);
    charges.add(10);
    charges.end();
    assert.deepEqual([machine.sent, charges.areGone()], [['taskkill 10'], true]);
  });
});

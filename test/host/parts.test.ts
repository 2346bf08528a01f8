import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import fc from 'fast-check';
import { fieldOf, KeptFile, numberOf } from '../../src/host/cgroup-files.js';
import { countCpus, parseCpuMax } from '../../src/host/cgroup-limits.js';
import { parseMembership, parseMounts } from '../../src/host/cgroup-paths.js';
import { CpuRate } from '../../src/host/cpu.js';
import { DelayHistogram, meanBetween, quantileBetween } from '../../src/host/delay-histogram.js';
import { LoopDelay, RESOLUTION } from '../../src/host/event-loop.js';
import { FileTree } from '../../src/host/file-tree.js';
import { heapGrowth } from '../../src/host/heap.js';
import { History, type Snapshot } from '../../src/host/history.js';
import { lambdaClaim } from '../../src/host/lambda.js';
import { settleLimits } from '../../src/host/limits.js';
import { workingSet } from '../../src/host/memory.js';
import { PressureFiles, parsePressure } from '../../src/host/pressure.js';
import { type Source, SourceChain } from '../../src/host/sources.js';
import { Warnings } from '../../src/host/warnings.js';
import { Clock, closeDescriptorsOf, FakeProcess, MIB, Root } from './fixture.js';

describe('host: /proc/self/cgroup and mountinfo', () => {
  it('splits a membership at its first two colons only', () => {
    const { unified, controllers } = parseMembership('4:cpu,cpuacct:/a:b\n1:name=systemd:/c\n0::/d:e f\n');
    assert.equal(unified, '/d:e f');
    assert.deepEqual(
      [...controllers],
      [
        ['cpu', '/a:b'],
        ['cpuacct', '/a:b'],
        ['name=systemd', '/c'],
      ],
    );
  });

  it('reads mounts with any number of optional fields and undoes octal escapes', () => {
    const mounts = parseMounts(
      [
        '32 31 0:29 /r\\040x /m\\134n rw shared:1 master:2 - cgroup cgroup rw,cpu,cpuacct',
        '41 31 0:38 / /u rw - cgroup2 cgroup2 rw',
        '50 31 0:39 / /t rw - tmpfs tmpfs rw',
      ].join('\n'),
    );
    assert.deepEqual(mounts, [
      { version: 1, root: '/r x', mountPoint: '/m\\n', controllers: ['rw', 'cpu', 'cpuacct'] },
      { version: 2, root: '/', mountPoint: '/u', controllers: [] },
    ]);
  });

  it('takes any text without throwing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseMembership(text);
        parseMounts(text);
      }),
    );
  });
});

describe('host: limits', () => {
  it('parses quotas as fractions of a CPU', () => {
    const cases: [string | undefined, number | undefined][] = [
      ['25000 100000\n', 0.25],
      ['150000 100000', 1.5],
      ['50000', 0.5],
      ['max 100000', undefined],
      ['0 100000', undefined],
      ['100000 0', undefined],
      ['', undefined],
      ['x y', undefined],
      [undefined, undefined],
    ];
    for (const [text, cpus] of cases) assert.equal(parseCpuMax(text), cpus, text);
  });

  it('counts the CPUs of a list', () => {
    const cases: [string | undefined, number | undefined][] = [
      ['0-3,8,10-11\n', 7],
      ['5', 1],
      ['', undefined],
      ['3-1', undefined],
      ['0-', undefined],
      ['a', undefined],
      [undefined, undefined],
    ];
    for (const [text, count] of cases) assert.equal(countCpus(text), count, text);
  });

  const machine = { memoryBytes: 8192 * MIB, cpus: 4 };

  it("drops a control group's memory limit from the machine's memory on", () => {
    const settle = (memoryBytes: number): string =>
      settleLimits([{ source: 'cgroup', memoryBytes }], machine).memory.source;
    assert.equal(settle(8192 * MIB - 1), 'cgroup');
    assert.equal(settle(8192 * MIB), 'host');
  });

  it('drops what is no amount', () => {
    for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      const { memory, cpu } = settleLimits([{ source: 'option', memoryBytes: bad, cpus: bad }], machine);
      assert.deepEqual([memory.source, cpu.source], ['host', 'host'], String(bad));
    }
    assert.equal(settleLimits([{ source: 'option', memoryBytes: 2 ** 53 - 1 }], machine).memory.source, 'option');
  });

  it("settles on the least claim and never above the machine's CPUs", () => {
    const amount = fc.option(fc.double({ min: 0.01, max: 1e12, noNaN: true }), { nil: undefined });
    const claim = fc.record({
      source: fc.constantFrom('cgroup', 'ecs-task', 'option'),
      memoryBytes: amount,
      cpus: amount,
    });
    fc.assert(
      fc.property(fc.array(claim), (claims) => {
        const limits = settleLimits(claims, machine);
        const memory = claims.flatMap(({ source, memoryBytes: bytes }) =>
          bytes === undefined || (source === 'cgroup' && bytes >= machine.memoryBytes) ? [] : [bytes],
        );
        assert.equal(limits.memory.bytes, memory.length > 0 ? Math.min(...memory) : machine.memoryBytes);
        assert.equal(limits.cpu.cpus, Math.min(machine.cpus, ...claims.flatMap(({ cpus }) => cpus ?? [])));
      }),
    );
  });

  it('gives a Lambda function a vCPU for 1769 MB', () => {
    assert.deepEqual(lambdaClaim({ AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769' }), {
      source: 'lambda',
      memoryBytes: 1769 * MIB,
      cpus: 1,
    });
    for (const bad of ['', '0', '-1', 'x', undefined])
      assert.equal(lambdaClaim({ AWS_LAMBDA_FUNCTION_MEMORY_SIZE: bad }), undefined);
  });
});

describe('host: working set', () => {
  it('is usage less inactive file pages, and never below 0', () => {
    assert.equal(workingSet(100, 30), 70);
    assert.equal(workingSet(100, 100), 0);
    assert.equal(workingSet(100, 101), 0);
  });
});

describe('host: CPU rate', () => {
  it('starts over at once when the figure comes from elsewhere', () => {
    const cpus = new CpuRate(600_000);
    cpus.offer(0, { value: 5, epoch: 0 });
    assert.equal(cpus.offer(1000, { value: 6, epoch: 0 }), 1);
    assert.equal(cpus.offer(1500, { value: 100, epoch: 1 }), undefined);
    assert.equal(cpus.offer(2500, { value: 102, epoch: 1 }), 2);
  });

  it('starts over when it was not read for as long as a freeze takes', () => {
    for (const [gap, expected] of [
      [600_000, 1 / 600],
      [600_001, undefined],
    ] as const) {
      const cpus = new CpuRate(600_000);
      cpus.offer(0, { value: 5, epoch: 0 });
      assert.equal(cpus.offer(gap, { value: 6, epoch: 0 }), expected);
    }
  });
});

describe('host: history', () => {
  const at = (time: number, longestDelay = 0): Snapshot => ({
    time,
    cpu: undefined,
    processCpu: 0,
    loopActive: 0,
    loopIdle: 0,
    delays: new DelayHistogram(),
    longestDelay,
    stalls: {},
  });

  it('compares with the snapshot whose age is nearest to the window, of those at least a second old', () => {
    const history = new History(60_000);
    for (const time of [0, 6000, 30_000]) history.add(at(time));
    assert.equal(history.baseOf(at(64_000))?.time, 6000);
    assert.equal(history.baseOf(at(62_000))?.time, 0);
    const young = new History(60_000);
    young.add(at(0));
    assert.equal(young.baseOf(at(999)), undefined);
    assert.equal(young.baseOf(at(1000))?.time, 0);
  });

  it('keeps few snapshots however often it is read, and no delay is lost', () => {
    for (let late = 560; late < 600; late += 1) {
      const history = new History(60_000);
      for (let second = 0; second < 600; second += 1) history.add(at(second * 1000, second === late ? 777 : 1));
      assert.ok(history.size <= 34, `${history.size} kept`);
      const to = at(600_000, 1);
      assert.equal(history.longestDelay(history.baseOf(to), to), 777);
      const age = 600_000 - (history.baseOf(to)?.time ?? 0);
      assert.ok(Math.abs(age - 60_000) <= 2000, `compared with ${age} ms before`);
    }
  });

  it('ends for a window of no length', () => {
    const history = new History(0);
    for (const time of [0, 1, 2]) history.add(at(time));
    assert.ok(history.size >= 1);
  });
});

describe('host: kept files', () => {
  it('are read anew each time and survive that somebody else closed them', function () {
    if (process.platform !== 'linux') return this.skip();
    const root = new Root({ '/n': '1' });
    const path = join(root.path, 'n');
    const file = new KeptFile(path);
    assert.equal(numberOf(file.text()), 1);
    root.write('/n', 23);
    assert.equal(numberOf(file.text()), 23);
    closeDescriptorsOf(path);
    assert.throws(() => file.text(), { code: 'EBADF' });
    file.close();
    file.close();
    root.remove();
  });

  it('hold the field whose name is the whole first word of a line', () => {
    const text = 'file 1\ninactive_file 22\ntotal_inactive_file 333\nempty \nlast 4';
    const fields = ['file', 'inactive_file', 'total_inactive_file', 'last'].map((name) => fieldOf(text, name));
    assert.deepEqual(fields, [1, 22, 333, 4]);
    assert.deepEqual(
      ['active_file', 'empty', 'tota'].map((name) => fieldOf(text, name)),
      [NaN, NaN, NaN],
    );
  });
});

describe('host: sources', () => {
  const failing = (name: string, code?: string): Source => ({
    name,
    read: () => {
      throw Object.assign(new Error('broken\nat line 2'), { code });
    },
    close: () => undefined,
  });
  const giving = (name: string, value: number): Source => ({ name, read: () => value, close: () => undefined });

  let warned: string[];
  beforeEach(() => {
    warned = [];
    const logger = { verbose() {}, debug() {}, info() {}, warn: (text: string) => warned.push(text), error() {} };
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  });
  afterEach(() => diag.disable());

  it('falls to the next source at the third failure in a row, with one line', () => {
    const chain = new SourceChain('CPU', () => [failing('file'), giving('process', 7)], new Warnings(() => 0));
    assert.deepEqual([chain.read(), chain.read(), chain.name], [undefined, undefined, 'file']);
    assert.equal(chain.read(), undefined);
    assert.deepEqual(chain.read(), { value: 7, epoch: 1 });
    assert.deepEqual(warned, ["host metrics: CPU can't be read from file (broken); from now on it is that of process"]);
  });

  it('forgives failures that do not come in a row, and counts what is no number as one', () => {
    const values = [1, Number.NaN, Number.NaN, 2, Number.NaN, Number.NaN, 3];
    const flaky: Source = { name: 'flaky', read: () => values.shift() ?? 0, close: () => undefined };
    const chain = new SourceChain('CPU', () => [flaky, giving('process', 9)], new Warnings(() => 0));
    const read = Array.from({ length: 7 }, () => chain.read()?.value);
    assert.deepEqual(read, [1, undefined, undefined, 2, undefined, undefined, 3]);
    assert.deepEqual(warned, []);
  });

  it('looks the files up again at once when the group is gone, and marks what follows as another counter', () => {
    for (const code of ['ENOENT', 'ENODEV', 'EBADF']) {
      const generations = [[failing('old', code)], [giving('new', 5)]];
      const chain = new SourceChain('CPU', () => generations.shift() ?? [], new Warnings(() => 0));
      assert.deepEqual(chain.read(), { value: 5, epoch: 1 });
    }
  });

  it('stays with the last source and gives nothing while that fails', () => {
    const chain = new SourceChain('CPU', () => [failing('only')], new Warnings(() => 0));
    for (let round = 0; round < 10; round += 1) assert.equal(chain.read(), undefined);
    assert.equal(chain.name, 'only');
  });

  it('says the same kind of thing once a minute', () => {
    let now = 0;
    const warnings = new Warnings(() => now);
    warnings.warn('a', 'first');
    now = 59_999;
    warnings.warn('a', 'second');
    warnings.warn('b', 'other');
    now = 60_000;
    warnings.warn('a', 'third');
    assert.deepEqual(warned, ['host metrics: first', 'host metrics: other', 'host metrics: third']);
  });
});

describe('host: event loop delay', () => {
  it("takes the timer's own interval off", () => {
    const clock = new Clock();
    const loop = new LoopDelay({ now: clock.now, schedule: clock.schedule });
    clock.pass(10 * RESOLUTION);
    assert.deepEqual([loop.delays.count, loop.delays.sum], [10, 0]);
    clock.block(RESOLUTION + 300);
    assert.deepEqual([loop.delays.count, loop.delays.sum], [11, 300]);
  });

  it('has a mean of the delays since a mark, with the timer that is overdue just now', () => {
    const clock = new Clock();
    const loop = new LoopDelay({ now: clock.now, schedule: clock.schedule });
    const mark = loop.mark();
    clock.blockWithoutTimers(RESOLUTION);
    assert.equal(loop.meanSince(mark), undefined);
    clock.blockWithoutTimers(35);
    assert.equal(loop.meanSince(mark), 35);
    clock.runOverdue();
    assert.equal(loop.meanSince(mark), 35);
    clock.pass(RESOLUTION);
    assert.equal(loop.meanSince(mark), 17.5);
  });

  it('leaves out of that mean what the timer was late by at the mark already', () => {
    const clock = new Clock();
    const loop = new LoopDelay({ now: clock.now, schedule: clock.schedule });
    clock.blockWithoutTimers(RESOLUTION + 500);
    const mark = loop.mark();
    clock.blockWithoutTimers(3);
    assert.equal(loop.meanSince(mark), 3);
    clock.runOverdue();
    assert.equal(loop.meanSince(mark), 3);
  });

  it('takes a gap for a freeze where the platform freezes and the process used no CPU, else for delay', () => {
    const clock = new Clock();
    const fake = new FakeProcess();
    const loop = new LoopDelay({ now: clock.now, schedule: clock.schedule, frozenUnless: fake.readers.cpu });
    clock.block(5000);
    assert.equal(loop.delays.count, 0);
    fake.cpu = 4;
    clock.block(5000);
    assert.deepEqual([loop.delays.count, loop.delays.sum], [1, 4980]);
  });

  it('keeps quantiles within 4.5 % and means exact, between any two moments', () => {
    const delays = fc.array(fc.double({ min: 0.0626, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(delays, delays, fc.constantFrom(0.5, 0.9, 0.99, 1), (before, during, q) => {
        const histogram = new DelayHistogram();
        for (const delay of before) histogram.record(delay);
        const from = histogram.copy();
        for (const delay of during) histogram.record(delay);
        const sorted = during.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(q * sorted.length) - 1] ?? Number.NaN;
        const found = quantileBetween(from, histogram, q) ?? Number.NaN;
        assert.ok(Math.abs(found / exact - 1) <= 0.0452, `${found} for ${exact}`);
        const mean = during.reduce((sum, delay) => sum + delay, 0) / during.length;
        assert.ok(
          Math.abs((meanBetween(from, histogram) ?? Number.NaN) - mean) <= 1e-6 * Math.max(...before, ...during),
        );
      }),
    );
  });

  it('has neither mean nor quantile of nothing', () => {
    const histogram = new DelayHistogram();
    assert.equal(meanBetween(histogram, histogram), undefined);
    assert.equal(quantileBetween(histogram, histogram, 0.99), undefined);
  });
});

describe('host: heap growth', () => {
  const heap = (used: number, allocated?: number) => ({ used, limit: 1, allocated });

  it('is what was allocated where V8 counts that, collections or not', () => {
    assert.equal(heapGrowth(heap(100, 1000), heap(50, 1800)), 800);
  });

  it('is else the growth of the used size, and unknown when that shrank', () => {
    assert.equal(heapGrowth(heap(100), heap(150)), 50);
    assert.equal(heapGrowth(heap(100), heap(100)), 0);
    assert.equal(heapGrowth(heap(100), heap(99)), undefined);
  });
});

describe('host: pressure', () => {
  const text = 'some avg10=0.02 avg60=0.16 avg300=0.42 total=19553458\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7';
  const directory = { version: 2, path: '/sys/fs/cgroup', top: '/sys/fs/cgroup' } as const;

  it('is the total of the line for some tasks, in seconds', () => {
    assert.equal(parsePressure(text), 19.553458);
    assert.equal(parsePressure('full total=7'), undefined);
    assert.equal(parsePressure(''), undefined);
  });

  it("is the group's own where it has it, else the machine's, else absent", () => {
    const root = new Root({
      '/sys/fs/cgroup/cpu.pressure': 'some avg10=0 total=1000000',
      '/proc/pressure/cpu': 'some avg10=0 total=9000000',
      '/proc/pressure/io': 'some avg10=0 total=2000000',
    });
    const files = new PressureFiles(directory, new FileTree(root.path));
    assert.deepEqual(files.read(), { cpu: 1, io: 2 });
    files.close();
    assert.deepEqual(files.read(), {});
    root.remove();
  });

  it('is not tried again where the kernel refuses to read it', () => {
    const root = new Root({ '/sys/fs/cgroup/cpu.pressure/not-a-file': '' });
    const files = new PressureFiles(directory, new FileTree(root.path));
    assert.deepEqual(files.read(), {});
    root.remove();
  });
});

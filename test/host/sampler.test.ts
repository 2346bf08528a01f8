import assert from 'node:assert/strict';
import { join } from 'node:path';
import fc from 'fast-check';
import type { HostReading } from '../../src/host/host-reading.js';
import { HostSampler } from '../../src/host/sampler.js';
import { closeDescriptorsOf, MIB, release, sample } from './fixture.js';
import { kubernetes } from './layouts.js';

const CPU_STAT = '/sys/fs/cgroup/cpu.stat';
const usage = (seconds: number): string => `usage_usec ${Math.round(seconds * 1e6)}`;

describe('host: the shared sampler', () => {
  afterEach(release);

  it('reports no rate before a second has passed since the start, and one from then on', () => {
    const { sampler, root, clock } = sample(kubernetes);
    root.write(CPU_STAT, usage(2.5));
    clock.pass(999);
    assert.equal(sampler.collect().containerCpuUsage, undefined);
    const second = sample(kubernetes);
    second.root.write(CPU_STAT, usage(2.5));
    second.clock.pass(1000);
    assert.equal(second.sampler.collect().containerCpuUsage, 0.5);
  });

  it('counts the process from its start when told to, and the container from the first reading', () => {
    let time = 200;
    const { sampler, root, fake } = sample(kubernetes, { now: () => time, countsFromProcessStart: true });
    fake.cpu = 0.5;
    root.write(CPU_STAT, usage(2.4));
    time = 1000;
    const { processCpuUtilization, containerCpuUsage } = sampler.collect();
    assert.deepEqual([processCpuUtilization, containerCpuUsage], [2, undefined]);
    root.write(CPU_STAT, usage(3));
    time = 2200;
    assert.equal(sampler.collect().containerCpuUsage?.toFixed(6), '0.500000');
  });

  it('reports bursts above the limit as they are', () => {
    const { sampler, root, clock } = sample(kubernetes);
    root.write(CPU_STAT, usage(2 + 30));
    clock.pass(60_000);
    assert.equal(sampler.collect().containerCpuUtilization, 2);
  });

  it('reports 0 for a container that used nothing', () => {
    const { sampler, clock } = sample(kubernetes);
    clock.pass(60_000);
    assert.equal(sampler.collect().containerCpuUsage, 0);
  });

  it('starts over without a point when the counter was reset', () => {
    const { sampler, root, clock } = sample(kubernetes);
    root.write(CPU_STAT, usage(1));
    clock.pass(60_000);
    assert.equal(sampler.collect().containerCpuUsage, undefined);
    root.write(CPU_STAT, usage(7));
    clock.pass(60_000);
    assert.equal(sampler.collect().containerCpuUsage, 0.1);
  });

  it('never compares across a reset, even once the counter has passed where it was', () => {
    const { sampler, root, clock } = sample(kubernetes);
    root.write(CPU_STAT, usage(1));
    clock.pass(10_000);
    sampler.collect();
    root.write(CPU_STAT, usage(8));
    clock.pass(50_000);
    assert.equal(sampler.collect().containerCpuUsage, 7 / 50);
  });

  it('finds group and limits again when its descriptors were closed by somebody else', function () {
    if (process.platform !== 'linux') return this.skip();
    const { sampler, root, clock } = sample(kubernetes);
    closeDescriptorsOf(join(root.path, CPU_STAT));
    root.write('/sys/fs/cgroup/cpu.max', '100000 100000');
    clock.pass(60_000);
    assert.equal(sampler.collect().containerCpuUsage, undefined);
    assert.equal(sampler.limits().cpu.cpus, 1);
    root.write(CPU_STAT, usage(2 + 30));
    clock.pass(60_000);
    assert.equal(sampler.collect().containerCpuUsage, 0.5);
    assert.equal(sampler.sources().cpu, 'cgroup v2 /sys/fs/cgroup');
  });

  it('starts over without a point after a freeze of more than ten intervals', () => {
    const frozen = (gap: number): HostReading => {
      const { sampler, root, clock } = sample(kubernetes);
      root.write(CPU_STAT, usage(8));
      clock.block(gap);
      return sampler.collect();
    };
    assert.equal(frozen(600_000).containerCpuUsage, 0.01);
    assert.equal(frozen(600_001).containerCpuUsage, undefined);
    assert.equal(frozen(600_001).processCpuUtilization, undefined);
  });

  it('goes on after a freeze from where it woke', () => {
    const { sampler, root, clock } = sample(kubernetes);
    clock.block(3_600_000);
    assert.equal(sampler.collect().containerCpuUsage, undefined);
    root.write(CPU_STAT, usage(2 + 6));
    clock.pass(60_000);
    assert.equal(sampler.collect().containerCpuUsage, 0.1);
  });

  it('gives a reader its own interval, whatever another reader does in between', () => {
    const alone = sample(kubernetes);
    const shared = sample(kubernetes);
    const results: number[][] = [[], []];
    for (let second = 1; second <= 180; second += 1) {
      for (const [index, { sampler, root, clock }] of [alone, shared].entries()) {
        root.write(CPU_STAT, usage(2 + (second * second) / 1000));
        clock.pass(1000);
        if (index === 1 && second % 7 === 0) sampler.collect();
        if (index === 1) sampler.state();
        if (second % 60 === 0) results[index]?.push(sampler.collect().containerCpuUsage ?? Number.NaN);
      }
    }
    const [first = [], second = []] = results;
    assert.deepEqual(
      first.map((value) => value.toFixed(6)),
      ['0.060000', '0.180000', '0.300000'],
    );
    for (const [index, value] of first.entries()) {
      const other = second[index] ?? Number.NaN;
      assert.ok(Math.abs(other - value) < 0.01, `${other} differs from ${value}`);
    }
  });

  it('does not let a flush shortly before an export shrink what the export covers', () => {
    const { sampler, root, clock } = sample(kubernetes);
    root.write(CPU_STAT, usage(2 + 29));
    clock.pass(58_000);
    sampler.collect();
    root.write(CPU_STAT, usage(2 + 30));
    clock.pass(2000);
    assert.equal(sampler.collect().containerCpuUsage, 0.5);
  });

  it('gives two readers within a second the same reading', () => {
    const { sampler, root, clock } = sample(kubernetes);
    clock.pass(60_000);
    const first = sampler.collect();
    root.write(CPU_STAT, usage(1000));
    clock.pass(999);
    assert.equal(sampler.collect(), first);
    clock.pass(1);
    assert.notEqual(sampler.collect(), first);
  });

  it('shares a state for its time to live and reads it again after that', () => {
    const { sampler, root, clock } = sample(kubernetes, { ttl: 5000 });
    const first = sampler.state();
    assert.equal(first.memoryUtilization, 280_000_000 / (512 * MIB));
    assert.equal(first.cpuUtilization, undefined);
    root.write('/sys/fs/cgroup/memory.current', 120_000_000 + 256 * MIB);
    root.write(CPU_STAT, usage(2.5));
    clock.pass(4999);
    assert.equal(sampler.state(), first);
    clock.pass(1);
    assert.deepEqual(sampler.state(), { cpuUtilization: 0.1 / 0.25, memoryUtilization: 0.5 });
  });

  it('holds a CPU state for at least a second, however short the time to live', () => {
    const { sampler, root, clock } = sample(kubernetes, { ttl: 0 });
    root.write(CPU_STAT, usage(2.1));
    clock.pass(1000);
    assert.equal(sampler.state().cpuUtilization?.toFixed(6), '0.400000');
    root.write(CPU_STAT, usage(9));
    clock.pass(999);
    assert.equal(sampler.state().cpuUtilization?.toFixed(6), '0.400000');
  });

  it('never divides page cache and usage of different moments into less than nothing', () => {
    const { sampler, root, clock } = sample(kubernetes);
    sampler.state();
    root.write('/sys/fs/cgroup/memory.current', 90_000_000);
    root.write('/sys/fs/cgroup/memory.stat', 'inactive_file 10000000');
    clock.pass(1000);
    assert.equal(sampler.state().memoryUtilization, 80_000_000 / (512 * MIB));
  });

  it('asks the kernel for droppable page cache every 5 s while usage hardly moves', () => {
    const { sampler, root, clock } = sample(kubernetes);
    sampler.state();
    root.write('/sys/fs/cgroup/memory.stat', 'inactive_file 20000000');
    clock.pass(4999);
    assert.equal(sampler.state().memoryUtilization, 280_000_000 / (512 * MIB));
    clock.pass(1001);
    assert.equal(sampler.state().memoryUtilization, 380_000_000 / (512 * MIB));
  });

  it('does not take a frozen Lambda function for a delayed loop', () => {
    const { sampler, clock } = sample(kubernetes, { environment: { AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512' } });
    clock.pass(10_000);
    clock.block(45_000);
    clock.pass(5000);
    assert.equal(sampler.collect().delayMax, 0);
  });

  it('has no p99 above the longest delay', () => {
    const { sampler, clock } = sample(kubernetes);
    for (let round = 0; round < 60; round += 1) clock.block(1044);
    const { delayP99, delayMax } = sampler.collect();
    assert.deepEqual([delayP99, delayMax], [1.024, 1.024]);
  });

  it('reads the loop, the process and the heap over the same interval', () => {
    const { sampler, clock, fake } = sample(kubernetes);
    fake.cpu = 7.5;
    fake.loop = { active: 15_000, idle: 45_000 };
    clock.pass(59_800);
    clock.block(220);
    const reading = sampler.collect();
    assert.equal(reading.processCpuUtilization?.toFixed(3), (7.5 / 60.02 / 0.25).toFixed(3));
    assert.equal(reading.loopUtilization, 0.25);
    assert.equal(reading.delayMax, 0.2);
    assert.equal(reading.delayMean?.toFixed(6), (0.2 / 2991).toFixed(6));
    assert.equal(reading.delayP99, 0);
    assert.deepEqual([reading.processMemory, reading.heapUsed], [100 * MIB, 50 * MIB]);
  });

  it('reports the longest delay to every reader whose interval it fell in', () => {
    const { sampler, clock } = sample(kubernetes);
    clock.pass(10_000);
    clock.block(520);
    clock.pass(5000);
    assert.equal(sampler.collect().delayMax, 0.5);
    clock.pass(44_480);
    assert.equal(sampler.collect().delayMax, 0.5);
    clock.pass(60_000);
    assert.equal(sampler.collect().delayMax, 0);
  });

  it('lets go of files and timers when stopped, and still answers', () => {
    const { sampler, clock } = sample(kubernetes);
    assert.equal(clock.timerCount, 2);
    sampler.stop();
    assert.equal(clock.timerCount, 0);
    clock.pass(60_000);
    assert.equal(sampler.collect().workingSet, undefined);
  });

  it('is never NaN, infinite or below 0, whatever the counters and the clock do', () => {
    const step = fc.record({
      pass: fc.nat({ max: 1_000_000 }),
      text: fc.oneof(
        fc.nat().map((value) => `usage_usec ${value}`),
        fc.constantFrom(
          '',
          'usage_usec',
          'usage_usec x',
          'usage_usec -5',
          'usage_usec 99999999999999999999999',
          'nr_periods 5',
        ),
      ),
      memory: fc.oneof(fc.nat().map(String), fc.constantFrom('', 'max', '-1', 'NaN', '1e999')),
      stat: fc.oneof(
        fc.nat().map((value) => `inactive_file ${value}`),
        fc.constantFrom('', 'inactive_file '),
      ),
      cpu: fc.double({ min: 0, max: 1e6, noNaN: true }),
      freeze: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        const { sampler, root, clock, fake } = sample(kubernetes, { pressure: true });
        for (const { pass, text, memory, stat, cpu, freeze } of steps) {
          root.write(CPU_STAT, text);
          root.write('/sys/fs/cgroup/memory.current', memory);
          root.write('/sys/fs/cgroup/memory.stat', stat);
          fake.cpu = cpu;
          if (freeze) clock.block(pass * 10);
          else clock.pass(pass / 100);
          for (const values of [sampler.collect(), sampler.state()]) {
            for (const [name, value] of Object.entries(values)) {
              assert.ok(value === undefined || (Number.isFinite(value) && value >= 0), `${name} is ${value}`);
            }
          }
        }
        release();
      }),
      { numRuns: 60 },
    );
  });

  it('reads this very process without an injected thing', async () => {
    const sampler = new HostSampler({ ttl: 1000, window: 60_000, environment: {} });
    try {
      const end = performance.now() + 1050;
      while (performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
      const reading = sampler.collect();
      for (const name of [
        'workingSet',
        'containerCpuUsage',
        'processCpuUtilization',
        'processMemory',
        'heapUsed',
        'delayMean',
        'loopUtilization',
      ] as const) {
        assert.ok((reading[name] ?? -1) >= 0, `${name} is ${reading[name]}`);
      }
    } finally {
      sampler.stop();
    }
  });
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, symlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { HostReading } from '../../src/host/host-reading.js';
import type { Limits } from '../../src/host/limits.js';
import { HostSampler } from '../../src/host/sampler.js';
import { Clock, Root } from './fixture.js';
import { LIMITS, makeCgroup, type OwnCgroup } from './own-cgroup.js';

interface Measured {
  readonly reading: HostReading;
  readonly limits: Limits;
  readonly before: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
  /** Bytes the process filled and kept. */
  readonly held: number;
  /** Seconds of CPU. */
  readonly used: number;
}

const field = (text: string | undefined, name: string): number =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1]);

/** calculateMemUsageUnixNoCache of the Docker CLI. */
function dockerMemory(files: Readonly<Record<string, string>>): number {
  const [usage, inactive] = usageAndInactive(files);
  return inactive < usage ? usage - inactive : usage;
}

/** The working set of the kubelet (cAdvisor). */
function kubeletMemory(files: Readonly<Record<string, string>>): number {
  const [usage, inactive] = usageAndInactive(files);
  return usage < inactive ? 0 : usage - inactive;
}

function usageAndInactive(files: Readonly<Record<string, string>>): [number, number] {
  const name = 'memory.current' in files ? 'inactive_file' : 'total_inactive_file';
  return [Number(files['memory.current'] ?? files['memory.usage_in_bytes']), field(files['memory.stat'], name)];
}

const containerSeconds = (files: Readonly<Record<string, string>>): number =>
  'cpu.stat' in files ? field(files['cpu.stat'], 'usage_usec') / 1e6 : Number(files['cpuacct.usage']) / 1e9;

/** calculateCPUPercentUnix of the Docker CLI: 100 is one CPU. */
function dockerCpuPercent({ before, after }: Measured): number {
  const jiffies = (line = ''): number =>
    line
      .split(/\s+/)
      .slice(1, 9)
      .reduce((sum, value) => sum + Number(value), 0);
  const system = (jiffies(after.system) - jiffies(before.system)) / 100;
  return ((containerSeconds(after) - containerSeconds(before)) / system) * availableParallelism() * 100;
}

/** Usage in CPUs as the kubelet gives it: growth of the counter by elapsed time. */
function kubeletCpu({ before, after }: Measured): number {
  return ((containerSeconds(after) - containerSeconds(before)) / (Number(after.now) - Number(before.now))) * 1000;
}

const close = (actual: number | undefined, expected: number, part: number, what: string): void =>
  assert.ok(Math.abs((actual ?? Number.NaN) / expected - 1) <= part, `${what}: ${actual}, expected ${expected}`);

async function measure(group: OwnCgroup): Promise<Measured> {
  const script = join(import.meta.dirname ?? __dirname, 'measured-process.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--require',
    'tsx/cjs',
    script,
    JSON.stringify(group),
  ]);
  return JSON.parse(stdout) as Measured;
}

describe('host: a process in a real control group of 256 MiB and half a CPU', () => {
  let group: OwnCgroup | undefined;
  let measured: Measured | undefined;

  before(async function () {
    const made = makeCgroup();
    if (typeof made === 'string') {
      console.log(`      skipped: ${made}`);
      return this.skip();
    }
    group = made;
    measured = await measure(made);
  });

  after(() => group?.remove());

  const result = (): Measured => measured ?? assert.fail('not measured');

  it('finds both limits', () => {
    assert.deepEqual(result().limits, {
      memory: { bytes: LIMITS.memoryBytes, source: 'cgroup' },
      cpu: { cpus: LIMITS.cpus, source: 'cgroup' },
    });
  });

  it('reads the memory that docker stats and the kubelet give on the same files', () => {
    const { reading, after } = result();
    close(reading.workingSet, dockerMemory(after), 0.01, 'docker');
    close(reading.workingSet, kubeletMemory(after), 0.01, 'kubelet');
    close(reading.memoryUtilization, dockerMemory(after) / LIMITS.memoryBytes, 0.01, 'docker %');
    close(reading.availableMemory, LIMITS.memoryBytes - kubeletMemory(after), 0.01, 'available');
  });

  it('counts what the process holds, and not the page cache it left', () => {
    const { reading, held, after } = result();
    const [usage] = usageAndInactive(after);
    assert.ok((reading.workingSet ?? 0) > held);
    assert.ok(usage - (reading.workingSet ?? 0) > 24 * 2 ** 20, 'page cache was subtracted');
  });

  it('reads the CPU that docker stats and the kubelet give on the same files', () => {
    close(result().reading.containerCpuUsage, kubeletCpu(result()), 0.01, 'kubelet');
    close(result().reading.containerCpuUsage, dockerCpuPercent(result()) / 100, 0.1, 'docker');
  });

  it('counts the CPU that the process used, against half a CPU', () => {
    const { reading, before, after, used } = result();
    const elapsed = (Number(after.now) - Number(before.now)) / 1000;
    close((reading.containerCpuUsage ?? 0) * elapsed, used, 0.1, 'seconds of CPU');
    close(reading.containerCpuUtilization, (reading.containerCpuUsage ?? 0) / LIMITS.cpus, 1e-9, 'of the limit');
    close(reading.processCpuUtilization, reading.containerCpuUtilization ?? 0, 0.1, 'the process alone');
    assert.ok((reading.containerCpuUsage ?? 1) < LIMITS.cpus * 1.1, 'the quota holds');
  });
});

describe('host: version 2 files as this kernel writes them', () => {
  const mount = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((path) =>
    existsSync(join(path, 'cgroup.controllers')),
  );
  const folder = mount === undefined ? undefined : join(mount, `host-metrics-test-v2-${process.pid}-${Date.now()}`);
  const root = new Root();

  before(function () {
    try {
      if (folder === undefined || mount === undefined) throw new Error('no version 2 hierarchy is mounted');
      mkdirSync(folder);
    } catch (error) {
      console.log(`      skipped: ${error instanceof Error ? error.message : String(error)}`);
      this.skip();
    }
  });

  after(() => {
    root.remove();
    if (folder !== undefined && existsSync(folder)) rmdirSync(folder);
  });

  it('give the CPU of the own group and its pressure', async () => {
    assert.ok(mount !== undefined && folder !== undefined);
    const name = folder.slice(mount.length);
    root.write('/proc/self/cgroup', `0::${name}`);
    root.write('/proc/self/mountinfo', '30 25 0:26 / /v2 rw - cgroup2 cgroup2 rw');
    symlinkSync(mount, join(root.path, 'v2'));
    const clock = new Clock();
    const options = { ttl: 1000, window: 60_000, environment: {}, root: root.path, pressure: true };
    const sampler = new HostSampler({ ...options, now: clock.now, schedule: clock.schedule });
    try {
      const spin = `require('fs').writeFileSync(${JSON.stringify(join(folder, 'cgroup.procs'))}, String(process.pid));
        const used = () => { const { user, system } = process.cpuUsage(); return user + system; };
        for (const enough = used() + 3e5; used() < enough; ) for (const end = performance.now() + 2; performance.now() < end; );`;
      await promisify(execFile)(process.execPath, ['-e', spin]);
      clock.pass(10_000);
      const { containerCpuUsage, cpuPressure } = sampler.collect();
      const counted = field(readFileSync(join(folder, 'cpu.stat'), 'utf8'), 'usage_usec') / 1e6;
      assert.ok(counted >= 0.3);
      assert.equal(containerCpuUsage, counted / 10);
      if (existsSync(join(folder, 'cpu.pressure'))) assert.ok((cpuPressure ?? -1) >= 0);
    } finally {
      sampler.stop();
    }
  });
});

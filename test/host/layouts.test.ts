import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { GIB, MIB, machine, release, sample } from './fixture.js';
import { dockerV1, type Files, fargate, hybrid, kubernetes, meminfo, nested, service } from './layouts.js';

/** The files with some left out. */
function without(files: Files, ...paths: string[]): Files {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !paths.includes(path)));
}

const MEMINFO_24G = 24_683_656 * 1024;

describe('host: limits and memory in every layout', () => {
  afterEach(release);

  describe('a hybrid host, version 1 with an empty version 2 hierarchy beside it', () => {
    it('reads the own group, not the root of the hierarchy, and leaves out droppable page cache', () => {
      const { sampler } = sample(hybrid, { machine: machine(1, 2) });
      assert.equal(sampler.collect().workingSet, 1_185_939_456 - 831_520_768);
    });

    it('takes the huge number of version 1 for no limit', () => {
      const { sampler } = sample(hybrid, { machine: machine(1, 2) });
      assert.deepEqual(sampler.limits(), {
        memory: { bytes: MEMINFO_24G, source: 'host' },
        cpu: { cpus: 2, source: 'host' },
      });
      assert.equal(sampler.collect().availableMemory, undefined);
    });

    it('counts CPU in the own group of the separate cpuacct hierarchy', () => {
      const { sampler, root, clock } = sample(hybrid, { machine: machine(1, 2) });
      root.write('/sys/fs/cgroup/cpuacct/apps/3695c3d3382fb059cf2c7fb2cbbbff3c/cpuacct.usage', 5e9 + 15e9);
      clock.pass(60_000);
      const { containerCpuUsage, containerCpuUtilization } = sampler.collect();
      assert.equal(containerCpuUsage, 0.25);
      assert.equal(containerCpuUtilization, 0.125);
    });

    it('is not mistaken for version 2 when the version 2 line comes first', () => {
      const [, ...v1] = (hybrid['/proc/self/cgroup'] ?? '').split('\n').reverse();
      const { sampler } = sample({ ...hybrid, '/proc/self/cgroup': ['0::/', ...v1].join('\n') });
      assert.equal(sampler.collect().workingSet, 354_418_688);
    });

    it('honours a limit that only the parent has, from the least along the path', () => {
      const files = without(hybrid, '/sys/fs/cgroup/memory/apps/3695c3d3382fb059cf2c7fb2cbbbff3c/memory.stat');
      const { sampler } = sample({ ...files, '/sys/fs/cgroup/memory/apps/memory.limit_in_bytes': String(2 * GIB) });
      assert.deepEqual(sampler.limits().memory, { bytes: 2 * GIB, source: 'cgroup' });
    });
  });

  describe('Docker on version 1', () => {
    it('strips the mounted root from the path and reads the joint cpu,cpuacct hierarchy', () => {
      const { sampler, root, clock } = sample(dockerV1);
      assert.deepEqual(sampler.limits(), {
        memory: { bytes: 512 * MIB, source: 'cgroup' },
        cpu: { cpus: 1.5, source: 'cgroup' },
      });
      root.write('/sys/fs/cgroup/cpu,cpuacct/cpuacct.usage', 1e9 + 45e9);
      clock.pass(60_000);
      const reading = sampler.collect();
      assert.equal(reading.workingSet, 200_000_000);
      assert.equal(reading.availableMemory, 512 * MIB - 200_000_000);
      assert.equal(reading.memoryUtilization, 200_000_000 / (512 * MIB));
      assert.equal(reading.containerCpuUsage, 0.75);
      assert.equal(reading.containerCpuUtilization, 0.5);
    });

    it("uses the mount point when the path is the host's and not to be seen inside", () => {
      const cgroup = (dockerV1['/proc/self/cgroup'] ?? '').replaceAll(
        '/docker/4f2a',
        '/system.slice/docker-4f2a.scope',
      );
      const { sampler } = sample({ ...dockerV1, '/proc/self/cgroup': cgroup });
      assert.equal(sampler.limits().memory.bytes, 512 * MIB);
      assert.equal(sampler.collect().workingSet, 200_000_000);
    });

    it('does not take a sibling whose name begins alike for the own group', () => {
      const cgroup = (dockerV1['/proc/self/cgroup'] ?? '').replaceAll('/docker/4f2a', '/docker/4f2ab');
      const { sampler } = sample({
        ...dockerV1,
        '/proc/self/cgroup': cgroup,
        '/sys/fs/cgroup/memory/b/memory.limit_in_bytes': '4096',
      });
      assert.equal(sampler.limits().memory.bytes, 512 * MIB);
    });

    it('uses the mount point when the whole hierarchy seems mounted but the path is not there', () => {
      const mounts = (dockerV1['/proc/self/mountinfo'] ?? '').replaceAll(' /docker/4f2a ', ' / ');
      const { sampler } = sample({ ...dockerV1, '/proc/self/mountinfo': mounts });
      assert.equal(sampler.limits().memory.bytes, 512 * MIB);
      assert.equal(sampler.collect().workingSet, 200_000_000);
    });
  });

  describe('version 2', () => {
    it('reads a private namespace at the mount point, with a fractional quota and without memory.high', () => {
      const { sampler } = sample(kubernetes);
      assert.deepEqual(sampler.limits(), {
        memory: { bytes: 512 * MIB, source: 'cgroup' },
        cpu: { cpus: 0.25, source: 'cgroup' },
      });
      assert.equal(sampler.collect().workingSet, 280_000_000);
    });

    it('takes the least along a nested path when the own group has no limit', () => {
      const { sampler } = sample(nested);
      assert.deepEqual(sampler.limits(), {
        memory: { bytes: GIB, source: 'cgroup' },
        cpu: { cpus: 2, source: 'cgroup' },
      });
      assert.equal(sampler.collect().memoryUtilization, 0.25);
    });

    it('reads the nearest ancestor that accounts memory when the own group does not', () => {
      const { sampler } = sample({
        ...nested,
        '/proc/self/cgroup': '0::/kubepods.slice/pod1/app/inner',
        '/sys/fs/cgroup/kubepods.slice/pod1/app/inner/cpu.stat': 'usage_usec 0',
      });
      assert.equal(sampler.collect().workingSet, 256 * MIB);
      assert.equal(sampler.limits().memory.bytes, GIB);
    });

    it('stays at the mount point when the path climbs out of the namespace', () => {
      const { sampler } = sample({
        ...kubernetes,
        '/proc/self/cgroup': '0::/../other',
        '/sys/fs/other/memory.max': '4096',
      });
      assert.equal(sampler.limits().memory.bytes, 512 * MIB);
    });

    it('follows a path with colons and a mount point with a space', () => {
      const { sampler } = sample({
        '/proc/meminfo': meminfo(16384),
        '/proc/self/cgroup': '0::/a:b/c d',
        '/proc/self/mountinfo': '30 25 0:26 / /sys/fs/c\\040group rw - cgroup2 cgroup2 rw',
        '/sys/fs/c group/a:b/c d/memory.current': '1000',
        '/sys/fs/c group/a:b/c d/memory.stat': 'inactive_file 400',
        '/sys/fs/c group/a:b/c d/memory.max': '2000',
        '/sys/fs/c group/a:b/memory.max': '1200',
        '/sys/fs/c group/a:b/c d/cpu.max': '150000 100000',
        '/sys/fs/c group/a:b/c d/cpu.stat': 'usage_usec 0',
      });
      const { workingSet, memoryUtilization } = sampler.collect();
      assert.deepEqual([workingSet, memoryUtilization, sampler.limits().cpu.cpus], [600, 0.5, 1.5]);
    });

    it('reads the root of a machine, which has no memory files, by the process', () => {
      const { sampler } = sample({
        ...without(service, '/proc/self/cgroup'),
        '/proc/self/cgroup': '0::/',
      });
      assert.equal(sampler.collect().workingSet, 100 * MIB);
      assert.equal(sampler.limits().memory.source, 'host');
    });

    it('bounds by the cpuset when that is less than the quota', () => {
      const { sampler } = sample({
        ...kubernetes,
        '/sys/fs/cgroup/cpu.max': '400000 100000',
        '/sys/fs/cgroup/cpuset.cpus.effective': '1,4-5',
      });
      assert.deepEqual(sampler.limits().cpu, { cpus: 3, source: 'cpuset' });
    });
  });

  describe('Fargate', () => {
    const environment = { ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/x' };

    it('says nothing about limits before those of the task are known, and then compares with them', () => {
      const { sampler, root, clock } = sample(fargate, { environment, machine: machine(1, 2) });
      root.write('/sys/fs/cgroup/cpu.stat', 'usage_usec 9500000');
      clock.pass(15_000);
      const before = sampler.collect();
      assert.equal(before.workingSet, GIB);
      assert.equal(before.containerCpuUsage, 0.5);
      assert.equal(before.memoryUtilization, undefined);
      assert.equal(before.availableMemory, undefined);
      assert.equal(before.containerCpuUtilization, undefined);
      sampler.useClaim({ source: 'ecs-task', memoryBytes: 4 * GIB, cpus: 0.5 });
      clock.pass(1000);
      const after = sampler.collect();
      assert.deepEqual(sampler.limits(), {
        memory: { bytes: 4 * GIB, source: 'ecs-task' },
        cpu: { cpus: 0.5, source: 'ecs-task' },
      });
      assert.equal(after.memoryUtilization, 0.25);
      assert.equal(after.availableMemory, 3 * GIB);
    });

    it("takes the container's limit when it is lower than the task's", () => {
      const { sampler } = sample(fargate, { environment });
      sampler.useClaim({ source: 'ecs-container', memoryBytes: 2 * GIB });
      sampler.useClaim({ source: 'ecs-task', memoryBytes: 4 * GIB, cpus: 1 });
      assert.deepEqual(sampler.limits(), {
        memory: { bytes: 2 * GIB, source: 'ecs-container' },
        cpu: { cpus: 1, source: 'ecs-task' },
      });
    });

    it('never compares with the machine while limits do not come', () => {
      const { sampler, clock } = sample(fargate, { environment });
      for (const pause of [29_999, 1001, 3_600_000]) {
        clock.pass(pause);
        const { memoryUtilization, containerCpuUtilization } = sampler.collect();
        assert.deepEqual([memoryUtilization, containerCpuUtilization], [undefined, undefined]);
      }
    });

    it("waits 30 s and no longer before it compares with a control group's limit", () => {
      const { sampler, clock } = sample(service, { environment, limits: { memoryBytes: 200 * MIB } });
      clock.pass(29_999);
      assert.equal(sampler.collect().memoryUtilization, undefined);
      clock.pass(1001);
      assert.equal(sampler.collect().memoryUtilization, 0.5);
    });

    it('stops waiting when it is told that there are none', () => {
      const { sampler } = sample(fargate, { environment });
      sampler.useClaim(undefined);
      assert.equal(sampler.collect().memoryUtilization, 1024 / 7806);
    });
  });

  describe('elsewhere', () => {
    it('reads a service without limits against the machine, and says so', () => {
      const { sampler } = sample(service, { machine: machine(1, 4) });
      const reading = sampler.collect();
      assert.deepEqual(sampler.limits(), {
        memory: { bytes: 4 * GIB, source: 'host' },
        cpu: { cpus: 4, source: 'host' },
      });
      assert.equal(reading.workingSet, 100 * MIB);
      assert.equal(reading.memoryUtilization, 100 / 4096);
      assert.equal(reading.availableMemory, undefined);
    });

    it('bounds by the affinity, exactly even beside a quota', () => {
      const { sampler } = sample({
        ...service,
        '/proc/self/status': 'Cpus_allowed_list:\t2',
        '/sys/fs/cgroup/system.slice/app.service/cpu.max': '150000 100000',
      });
      assert.deepEqual(sampler.limits().cpu, { cpus: 1, source: 'affinity' });
    });

    it("trusts Node's rounded count only where there is no quota", () => {
      const files = without(service, '/proc/self/status');
      const quota = { ...files, '/sys/fs/cgroup/system.slice/app.service/cpu.max': '150000 100000' };
      assert.deepEqual(sample(files, { machine: machine(1, 8, 3) }).sampler.limits().cpu, {
        cpus: 3,
        source: 'affinity',
      });
      assert.deepEqual(sample(quota, { machine: machine(1, 8, 1) }).sampler.limits().cpu, {
        cpus: 1.5,
        source: 'cgroup',
      });
    });

    it('reads a Lambda function by its memory size, its share of a CPU and its process', () => {
      const { sampler, clock, fake } = sample(hybrid, {
        environment: { AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512' },
        machine: machine(1, 2),
      });
      fake.cpu = 6;
      clock.pass(60_000);
      const reading = sampler.collect();
      assert.deepEqual(sampler.limits(), {
        memory: { bytes: 512 * MIB, source: 'lambda' },
        cpu: { cpus: 512 / 1769, source: 'lambda' },
      });
      assert.equal(reading.workingSet, 100 * MIB);
      assert.equal(reading.containerCpuUsage, 0.1);
    });

    it('reads a system without /proc by the process', () => {
      const { sampler, clock, fake } = sample({}, { machine: machine(8 * GIB, 10) });
      fake.cpu = 30;
      clock.pass(60_000);
      const reading = sampler.collect();
      assert.equal(reading.workingSet, 100 * MIB);
      assert.equal(reading.containerCpuUsage, 0.5);
      assert.equal(reading.processCpuUtilization, 0.05);
      assert.deepEqual(sampler.limits().memory, { bytes: 8 * GIB, source: 'host' });
    });

    it('honours a limit given as an option', () => {
      const { sampler } = sample(service, { limits: { memoryBytes: GIB, cpus: 0.5 } });
      assert.deepEqual(sampler.limits(), {
        memory: { bytes: GIB, source: 'option' },
        cpu: { cpus: 0.5, source: 'option' },
      });
    });

    it('reads by the process what it may not read in the group', function () {
      if (process.geteuid === undefined || process.seteuid === undefined) return this.skip();
      const { root, sampler: allowed } = sample(kubernetes);
      assert.equal(allowed.limits().memory.source, 'cgroup');
      for (const name of ['memory.current', 'memory.max', 'memory.stat', 'cpu.stat', 'cpu.max'])
        chmodSync(join(root.path, '/sys/fs/cgroup', name), 0);
      const user = process.geteuid();
      try {
        if (user === 0) process.seteuid(65_534);
        const { sampler } = sample({}, { root: root.path, machine: machine(16 * GIB, 8) });
        assert.equal(sampler.collect().workingSet, 100 * MIB);
        assert.deepEqual(sampler.limits(), {
          memory: { bytes: 16 * GIB, source: 'host' },
          cpu: { cpus: 8, source: 'host' },
        });
      } finally {
        if (user === 0) process.seteuid(user);
      }
    });
  });

  it('learns a limit that changes under the running process within five minutes', () => {
    const { sampler, root, clock } = sample(kubernetes);
    root.write('/sys/fs/cgroup/memory.max', String(GIB));
    clock.pass(299_999);
    assert.equal(sampler.limits().memory.bytes, 512 * MIB);
    clock.pass(1);
    assert.equal(sampler.limits().memory.bytes, GIB);
  });
});

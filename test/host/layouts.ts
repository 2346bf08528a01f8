/** File trees as real containers and machines show them. */

export type Files = Readonly<Record<string, string>>;

export const NO_LIMIT_V1 = '9223372036854771712';

const MEMINFO_24G = 'MemTotal:       24683656 kB\nMemFree:        24418996 kB';

export function meminfo(mib: number): string {
  return `MemTotal:       ${mib * 1024} kB\nMemFree:        1024 kB`;
}

/** A version 1 host that also mounts the empty version 2 hierarchy; `cpu` and `cpuacct` apart; figures of a real machine. */
export const hybrid: Files = {
  '/proc/meminfo': MEMINFO_24G,
  '/proc/self/cgroup': [
    '9:name=systemd:/',
    '8:pids:/',
    '7:blkio:/',
    '6:freezer:/',
    '5:devices:/',
    '4:memory:/apps/3695c3d3382fb059cf2c7fb2cbbbff3c',
    '3:cpuset:/',
    '2:cpuacct:/apps/3695c3d3382fb059cf2c7fb2cbbbff3c',
    '1:cpu:/',
    '0::/',
  ].join('\n'),
  '/proc/self/mountinfo': [
    '23 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
    '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
    '32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu',
    '33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct',
    '34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset',
    '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory',
    '40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd',
    '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
  ].join('\n'),
  '/sys/fs/cgroup/memory/memory.usage_in_bytes': '4301258752',
  '/sys/fs/cgroup/memory/memory.stat': `total_inactive_file 1000000\nhierarchical_memory_limit ${NO_LIMIT_V1}`,
  '/sys/fs/cgroup/memory/memory.limit_in_bytes': NO_LIMIT_V1,
  '/sys/fs/cgroup/memory/apps/3695c3d3382fb059cf2c7fb2cbbbff3c/memory.usage_in_bytes': '1185939456',
  '/sys/fs/cgroup/memory/apps/3695c3d3382fb059cf2c7fb2cbbbff3c/memory.limit_in_bytes': NO_LIMIT_V1,
  '/sys/fs/cgroup/memory/apps/3695c3d3382fb059cf2c7fb2cbbbff3c/memory.stat': [
    'cache 3395584',
    'inactive_file 782336',
    `hierarchical_memory_limit ${NO_LIMIT_V1}`,
    'total_cache 3395584',
    'total_inactive_file 831520768',
    'total_active_file 2613248',
  ].join('\n'),
  '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1',
  '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
  '/sys/fs/cgroup/cpuacct/cpuacct.usage': '999999999999',
  '/sys/fs/cgroup/cpuacct/apps/3695c3d3382fb059cf2c7fb2cbbbff3c/cpuacct.usage': '5000000000',
  '/sys/fs/cgroup/cpuset/cpuset.effective_cpus': '0-1',
  '/sys/fs/cgroup/unified/cgroup.controllers': 'hugetlb',
  '/sys/fs/cgroup/unified/cpu.stat': 'usage_usec 123456789',
};

/** Docker on a version 1 host: the membership is the host's, what is mounted is the container's own group. */
export const dockerV1: Files = {
  '/proc/meminfo': meminfo(8192),
  '/proc/self/cgroup':
    '12:memory:/docker/4f2a\n5:cpu,cpuacct:/docker/4f2a\n3:cpuset:/docker/4f2a\n1:name=systemd:/docker/4f2a',
  '/proc/self/mountinfo': [
    '700 650 0:70 / / rw - overlay overlay rw',
    '710 700 0:30 /docker/4f2a /sys/fs/cgroup/memory ro,nosuid master:12 - cgroup cgroup rw,memory',
    '711 700 0:31 /docker/4f2a /sys/fs/cgroup/cpu,cpuacct ro,nosuid master:13 - cgroup cgroup rw,cpu,cpuacct',
    '712 700 0:32 /docker/4f2a /sys/fs/cgroup/cpuset ro,nosuid master:14 - cgroup cgroup rw,cpuset',
  ].join('\n'),
  '/sys/fs/cgroup/memory/memory.usage_in_bytes': '300000000',
  '/sys/fs/cgroup/memory/memory.stat':
    'total_inactive_file 100000000\nhierarchical_memory_limit 536870912\nhierarchical_memsw_limit 1073741824',
  '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '150000',
  '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000',
  '/sys/fs/cgroup/cpu,cpuacct/cpuacct.usage': '1000000000',
  '/sys/fs/cgroup/cpuset/cpuset.cpus': '0-3',
};

/** Kubernetes on version 2 with a private namespace: the container's own files are at the mount point. */
export const kubernetes: Files = {
  '/proc/meminfo': meminfo(16384),
  '/proc/self/cgroup': '0::/',
  '/proc/self/mountinfo': '900 800 0:28 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate',
  '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory pids',
  '/sys/fs/cgroup/memory.current': '400000000',
  '/sys/fs/cgroup/memory.max': '536870912',
  '/sys/fs/cgroup/memory.high': '1000000',
  '/sys/fs/cgroup/memory.stat':
    'anon 200000000\nfile 150000000\ninactive_anon 5\ninactive_file 120000000\nactive_file 30000000',
  '/sys/fs/cgroup/cpu.max': '25000 100000',
  '/sys/fs/cgroup/cpu.stat': 'usage_usec 2000000\nuser_usec 1500000\nsystem_usec 500000\nnr_periods 10',
  '/sys/fs/cgroup/cpuset.cpus.effective': '0-7',
};

/** A nested version 2 path whose limits stand on the parents only, and differ between them. */
export const nested: Files = {
  '/proc/meminfo': meminfo(16384),
  '/proc/self/cgroup': '0::/kubepods.slice/pod1/app',
  '/proc/self/mountinfo': '30 25 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw',
  '/sys/fs/cgroup/kubepods.slice/memory.max': '8589934592',
  '/sys/fs/cgroup/kubepods.slice/cpu.max': '200000 100000',
  '/sys/fs/cgroup/kubepods.slice/pod1/memory.max': '1073741824',
  '/sys/fs/cgroup/kubepods.slice/pod1/cpu.max': 'max 100000',
  '/sys/fs/cgroup/kubepods.slice/pod1/app/memory.max': 'max',
  '/sys/fs/cgroup/kubepods.slice/pod1/app/memory.current': '268435456',
  '/sys/fs/cgroup/kubepods.slice/pod1/app/memory.stat': 'inactive_file 0',
  '/sys/fs/cgroup/kubepods.slice/pod1/app/cpu.max': 'max 100000',
  '/sys/fs/cgroup/kubepods.slice/pod1/app/cpu.stat': 'usage_usec 0',
};

/** Fargate, platform 1.4: the task's 4096 MiB are enforced above the container, on a micro-VM of 7806 MiB. */
export const fargate: Files = {
  ...kubernetes,
  '/proc/meminfo': meminfo(7806),
  '/sys/fs/cgroup/memory.max': 'max',
  '/sys/fs/cgroup/memory.current': String(1024 * 2 ** 20),
  '/sys/fs/cgroup/memory.stat': 'inactive_file 0',
  '/sys/fs/cgroup/cpu.max': 'max 100000',
  '/sys/fs/cgroup/cpuset.cpus.effective': '0-1',
};

/** A systemd service on a machine of its own, without limits. */
export const service: Files = {
  '/proc/meminfo': meminfo(4096),
  '/proc/self/status': 'Name:\tnode\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3',
  '/proc/self/cgroup': '0::/system.slice/app.service',
  '/proc/self/mountinfo': '30 25 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw',
  '/sys/fs/cgroup/cgroup.controllers': 'cpu memory',
  '/sys/fs/cgroup/cpu.stat': 'usage_usec 777',
  '/sys/fs/cgroup/system.slice/memory.max': 'max',
  '/sys/fs/cgroup/system.slice/app.service/memory.current': '209715200',
  '/sys/fs/cgroup/system.slice/app.service/memory.max': 'max',
  '/sys/fs/cgroup/system.slice/app.service/memory.stat': 'inactive_file 104857600',
  '/sys/fs/cgroup/system.slice/app.service/cpu.max': 'max 100000',
  '/sys/fs/cgroup/system.slice/app.service/cpu.stat': 'usage_usec 0',
};

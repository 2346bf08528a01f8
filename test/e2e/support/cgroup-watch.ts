import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { OwnCgroup } from '../../host/own-cgroup.js';

/** What `docker stats` and the kubelet compute from, at one moment. */
interface Sample {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Bytes, page cache included. */
  readonly usage: number;
  /** Bytes of page cache that can be dropped at once. */
  readonly inactiveFile: number;
  /** Seconds of CPU that the group used. */
  readonly cpu: number;
  /** Seconds of all CPUs of the machine together, idle or not. */
  readonly system: number;
}

const EVERY = 20;
/** Jiffies a second in `/proc/stat`, on every Linux that Node runs on. */
const USER_HZ = 100;

/** Looks at a control group's files from outside all the time, so that any moment can be compared with afterwards. */
export class CgroupWatch {
  private readonly samples: Sample[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly group: OwnCgroup) {
    this.samples.push(this.sample());
    this.timer = setInterval(() => this.samples.push(this.sample()), EVERY);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Bytes in use at a moment, page cache included. */
  usage(at: number): number {
    return this.nearest(at).usage;
  }

  /** calculateMemUsageUnixNoCache of the Docker CLI. */
  dockerMemory(at: number): number {
    const { usage, inactiveFile } = this.nearest(at);
    return inactiveFile < usage ? usage - inactiveFile : usage;
  }

  /** The working set of the kubelet (cAdvisor). */
  kubeletMemory(at: number): number {
    const { usage, inactiveFile } = this.nearest(at);
    return usage < inactiveFile ? 0 : usage - inactiveFile;
  }

  /** calculateCPUPercentUnix of the Docker CLI: 100 is one CPU. */
  dockerCpuPercent(from: number, to: number): number {
    const system = this.counter('system', to) - this.counter('system', from);
    return ((this.counter('cpu', to) - this.counter('cpu', from)) / system) * availableParallelism() * 100;
  }

  /** CPUs in use as the kubelet gives them: growth of the counter by elapsed time. */
  kubeletCpu(from: number, to: number): number {
    return ((this.counter('cpu', to) - this.counter('cpu', from)) / (to - from)) * 1000;
  }

  private sample(): Sample {
    const { version, memory, accounting } = this.group;
    const read = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8');
    const field = (text: string, name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
    const jiffies = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/\s+/).slice(1, 9) ?? [];
    const rest = { at: Date.now(), system: jiffies.reduce((sum, value) => sum + Number(value), 0) / USER_HZ };
    if (version === 2) {
      return {
        ...rest,
        usage: Number(read(memory, 'memory.current')),
        inactiveFile: field(read(memory, 'memory.stat'), 'inactive_file'),
        cpu: field(read(accounting, 'cpu.stat'), 'usage_usec') / 1e6,
      };
    }
    return {
      ...rest,
      usage: Number(read(memory, 'memory.usage_in_bytes')),
      inactiveFile: field(read(memory, 'memory.stat'), 'total_inactive_file'),
      cpu: Number(read(accounting, 'cpuacct.usage')) / 1e9,
    };
  }

  /** When the files were read, from `from` to `to`. */
  moments(from: number, to: number): number[] {
    return this.samples.map((sample) => sample.at).filter((at) => at >= from && at <= to);
  }

  private nearest(at: number): Sample {
    return this.samples.reduce((best, sample) => (Math.abs(sample.at - at) < Math.abs(best.at - at) ? sample : best));
  }

  /** Between the samples before and after. */
  private counter(name: 'cpu' | 'system', at: number): number {
    const next = this.samples.findIndex((sample) => sample.at >= at);
    const [before, after] = [this.samples[next - 1], this.samples[next]];
    if (before === undefined || after === undefined) throw new Error(`not watched at ${at}`);
    return before[name] + ((after[name] - before[name]) * (at - before.at)) / (after.at - before.at);
  }
}

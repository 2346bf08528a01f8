import { performance } from 'node:perf_hooks';
import type { CgroupDirectories } from './cgroup-paths.js';
import { CpuRate, cpuSources, MIN_INTERVAL, processCpuSeconds } from './cpu.js';
import { DelayHistogram } from './delay-histogram.js';
import { LoopDelay } from './event-loop.js';
import { FileTree } from './file-tree.js';
import { findLimits, ownDirectories } from './find-limits.js';
import { type HeapReading, readHeap } from './heap.js';
import { History, type Snapshot } from './history.js';
import {
  containerCpuBetween,
  type HostReading,
  loopBetween,
  pressureBetween,
  processCpuBetween,
} from './host-reading.js';
import { lambdaClaim } from './lambda.js';
import type { LimitClaim, LimitSource, Limits } from './limits.js';
import { type MachineReaders, osReaders } from './machine.js';
import { memorySources } from './memory.js';
import { PressureFiles } from './pressure.js';
import { type Schedule, unreferenced } from './schedule.js';
import { SourceChain, type SourceReading } from './sources.js';
import { hasTaskMetadata } from './task-metadata.js';
import { reasonOf, Warnings } from './warnings.js';

/** States of the container, ratios of its limits. */
export interface HostState {
  readonly cpuUtilization: number | undefined;
  readonly memoryUtilization: number | undefined;
}

export interface ProcessReaders {
  /** Seconds of CPU used. */
  cpu: () => number;
  /** Resident bytes. */
  rss: () => number;
  heap: () => HeapReading;
  /** Milliseconds the loop was active and idle. */
  loop: () => { readonly active: number; readonly idle: number };
}

export interface SamplerOptions {
  /** Milliseconds a state is shared. */
  ttl: number;
  /** Milliseconds that a rate, a mean or a percentile covers: the interval at which the metrics are exported. */
  window: number;
  environment: Readonly<Record<string, string | undefined>>;
  /** Where `/proc` and `/sys` are, `/` when absent. */
  root?: string | undefined;
  /** Limits that count beside those found. */
  limits?: { readonly memoryBytes?: number | undefined; readonly cpus?: number | undefined } | undefined;
  /** Whether the first window begins with the process, whose own counters were 0 then, rather than with the first reading. */
  countsFromProcessStart?: boolean | undefined;
  /** Also reads pressure stall information. */
  pressure?: boolean | undefined;
  /** Monotonic, in milliseconds. */
  now?: (() => number) | undefined;
  schedule?: Schedule | undefined;
  machine?: MachineReaders | undefined;
  readers?: Partial<ProcessReaders> | undefined;
}

/** Limits can change under a running process (a pod resized in place); milliseconds between looks. */
const LIMITS_EVERY = 300_000;
/** Milliseconds for which nothing is compared with a limit while that of the task is being fetched. */
const TASK_LIMITS_WITHIN = 30_000;
/** Sources of limits that say what the machine has. */
const OF_MACHINE: ReadonlySet<LimitSource> = new Set(['host', 'affinity', 'cpuset']);
/** A Lambda function's groups are those of its sandbox; its own use is that of the process. */
const NO_DIRECTORIES: CgroupDirectories = {
  memory: undefined,
  cpu: undefined,
  accounting: undefined,
  cpuset: undefined,
};

/** By the default clock and readers. Nobody knows what the container had used. */
const PROCESS_START: Snapshot = {
  time: 0,
  cpu: undefined,
  processCpu: 0,
  loopActive: 0,
  loopIdle: 0,
  delays: new DelayHistogram().copy(),
  longestDelay: 0,
  stalls: {},
};

/** Bound, so that a test framework's fake clock in the application doesn't become ours. */
const monotonic = performance.now.bind(performance);

const processReaders: ProcessReaders = {
  cpu: processCpuSeconds,
  rss: process.memoryUsage.rss,
  heap: readHeap,
  loop: () => performance.eventLoopUtilization(),
};

/**
 * Readers that never throw: what can't be read is NaN, which no series is told of. Without `/proc` Node can't read the resident set, and
 * all else can be read still.
 */
function guarded({ cpu, rss, heap, loop }: ProcessReaders, warnings: Warnings): ProcessReaders {
  const reader =
    <T>(what: string, read: () => T, nothing: T) =>
    (): T => {
      try {
        return read();
      } catch (error) {
        warnings.warn(what, `${what} can't be read: ${reasonOf(error)}`);
        return nothing;
      }
    };
  return {
    cpu: reader("the process's CPU time", cpu, Number.NaN),
    rss: reader("the process's resident memory", rss, Number.NaN),
    heap: reader('the heap', heap, { used: Number.NaN, limit: Number.NaN, allocated: undefined }),
    loop: reader("the event loop's use", loop, { active: Number.NaN, idle: Number.NaN }),
  };
}

/** Reads the container, the process and the loop; one for all readers and all requests. */
export class HostSampler {
  readonly loopDelay: LoopDelay;
  readonly readers: ProcessReaders;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  private readonly tree: FileTree;
  private readonly machine: MachineReaders;
  private readonly lambda: LimitClaim | undefined;
  private readonly memory: SourceChain;
  private readonly cpu: SourceChain;
  private readonly pressure: PressureFiles | undefined;
  private readonly history: History;
  private readonly cpuRate: CpuRate;
  private readonly learned = new Map<LimitSource, LimitClaim>();
  private readonly stopRefreshing: () => void;
  private settled: Limits;
  /** Whether the limits of the ECS task are still to be told. */
  private awaitsTaskLimits: boolean;
  private readonly taskLimitsExpectedUntil: number;
  private cpuEpoch = 0;
  private lastCpu: SourceReading | undefined;
  private collected: { time: number; reading: HostReading } | undefined;
  private shared: { time: number; state: HostState } | undefined;

  constructor(private readonly options: SamplerOptions) {
    const { now = monotonic, schedule = unreferenced, environment, root } = options;
    const warnings = new Warnings(now);
    this.now = now;
    this.tree = new FileTree(root);
    this.machine = options.machine ?? osReaders;
    this.readers = guarded({ ...processReaders, ...options.readers }, warnings);
    this.lambda = lambdaClaim(environment);
    if (this.lambda !== undefined) this.learned.set('lambda', this.lambda);
    if (options.limits !== undefined) this.learned.set('option', { source: 'option', ...options.limits });
    this.memory = new SourceChain(
      'container memory',
      () => memorySources(this.directories().memory, this.tree, this.readers.rss, now),
      warnings,
    );
    this.cpu = new SourceChain(
      'container CPU',
      () => cpuSources(this.directories().accounting, this.tree, this.readers.cpu),
      warnings,
    );
    this.pressure = options.pressure ? new PressureFiles(this.directories().cpu, this.tree) : undefined;
    this.settled = this.currentLimits();
    this.awaitsTaskLimits = hasTaskMetadata(environment);
    this.taskLimitsExpectedUntil = now() + TASK_LIMITS_WITHIN;
    this.history = new History(options.window);
    this.cpuRate = new CpuRate(this.history.freezeAfter);
    this.loopDelay = new LoopDelay({ now, schedule, frozenUnless: this.lambda && this.readers.cpu });
    this.stopRefreshing = schedule(() => this.refreshLimits(), LIMITS_EVERY);
    if (options.countsFromProcessStart) this.history.add(PROCESS_START);
    this.remember(this.snapshot(now()));
  }

  /** Everything, at most once a second; whoever asks again sooner gets the same. */
  collect(): HostReading {
    const time = this.now();
    if (this.collected !== undefined && time - this.collected.time < MIN_INTERVAL) return this.collected.reading;
    const snapshot = this.snapshot(time);
    const { used, limit } = this.readers.heap();
    const reading = {
      ...this.memoryReading(this.memory.read()?.value),
      ...this.rates(snapshot),
      processMemory: this.readers.rss(),
      heapUsed: used,
      heapLimit: limit,
    };
    this.remember(snapshot);
    this.collected = { time, reading };
    return reading;
  }

  /** The container's state, read at most once in the time to live. */
  state(): HostState {
    const time = this.now();
    if (this.shared !== undefined && time - this.shared.time < this.options.ttl) return this.shared.state;
    const used = this.cpuRate.offer(time, this.readCpu());
    const state = {
      cpuUtilization: this.partOf(used, this.settled.cpu.cpus, this.settled.cpu.source),
      memoryUtilization: this.partOf(this.memory.read()?.value, this.settled.memory.bytes, this.settled.memory.source),
    };
    this.shared = { time, state };
    return state;
  }

  /** The limits in force and who states them. */
  limits(): Limits {
    return this.settled;
  }

  /** What is read for the container's memory and CPU: a control group with its path, or `process`. */
  sources(): { readonly memory: string | undefined; readonly cpu: string | undefined } {
    return { memory: this.memory.name, cpu: this.cpu.name };
  }

  /** Takes a limit into account that was learned elsewhere; undefined when there is none to be had. */
  useClaim(claim: LimitClaim | undefined): void {
    if (claim !== undefined) this.learned.set(claim.source, claim);
    this.awaitsTaskLimits = false;
    this.refreshLimits();
  }

  stop(): void {
    this.stopRefreshing();
    this.loopDelay.stop();
    this.memory.close();
    this.cpu.close();
    this.pressure?.close();
  }

  private snapshot(time: number): Snapshot {
    const { active, idle } = this.readers.loop();
    const { delays, longest } = this.loopDelay.take();
    return {
      time,
      cpu: this.readCpu(),
      processCpu: this.readers.cpu(),
      loopActive: active,
      loopIdle: idle,
      delays,
      longestDelay: longest,
      stalls: this.pressure?.read() ?? {},
    };
  }

  private remember(snapshot: Snapshot): void {
    this.history.add(snapshot);
    this.cpuRate.offer(snapshot.time, snapshot.cpu);
  }

  /** A counter that fell is another counter. */
  private readCpu(): SourceReading | undefined {
    const read = this.cpu.read();
    if (read === undefined) return undefined;
    const { lastCpu } = this;
    const continues = lastCpu !== undefined && lastCpu.epoch === read.epoch && read.value >= lastCpu.value;
    if (!continues) this.cpuEpoch += 1;
    if (lastCpu !== undefined && lastCpu.epoch !== read.epoch) this.refreshLimits();
    this.lastCpu = read;
    return { value: read.value, epoch: this.cpuEpoch };
  }

  private rates(to: Snapshot): HostReading {
    const { history, settled } = this;
    if (history.isFrozenBefore(to.time)) return {};
    const sameCounter = history.baseOf(to, ({ cpu }) => cpu !== undefined && cpu.epoch === to.cpu?.epoch);
    const used = containerCpuBetween(sameCounter, to);
    const container = {
      containerCpuUsage: used,
      containerCpuUtilization: this.partOf(used, settled.cpu.cpus, settled.cpu.source),
    };
    const from = history.baseOf(to);
    if (from === undefined) return container;
    return {
      ...container,
      processCpuUtilization: this.partOf(processCpuBetween(from, to), settled.cpu.cpus, settled.cpu.source),
      ...loopBetween(from, to, history.longestDelay(from, to)),
      ...(this.pressure === undefined ? {} : pressureBetween(from, to)),
    };
  }

  private memoryReading(used: number | undefined): HostReading {
    const { bytes, source } = this.settled.memory;
    const limited = source !== 'host' && this.isLimitKnown(source);
    return {
      workingSet: used,
      // Without a limit there is no such thing: what the machine has left, others may take.
      availableMemory: used === undefined || !limited ? undefined : Math.max(0, bytes - used),
      memoryUtilization: this.partOf(used, bytes, source),
    };
  }

  /** Nothing is said about limits while a lower one may yet become known. */
  private partOf(used: number | undefined, limit: number, source: LimitSource): number | undefined {
    return used === undefined || !this.isLimitKnown(source) ? undefined : used / limit;
  }

  /** What the machine has is no limit of a task whose own is not known. */
  private isLimitKnown(source: LimitSource): boolean {
    if (!this.awaitsTaskLimits) return true;
    return !OF_MACHINE.has(source) && this.now() >= this.taskLimitsExpectedUntil;
  }

  private directories(): CgroupDirectories {
    return this.lambda === undefined ? ownDirectories(this.tree) : NO_DIRECTORIES;
  }

  private refreshLimits(): void {
    this.settled = this.currentLimits();
  }

  private currentLimits(): Limits {
    return findLimits(this.directories(), this.tree, [...this.learned.values()], this.machine);
  }
}

import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Which run of a process something belongs to. A process id alone does not say: it is given again, after a restart of a container
 * nearly always, and containers that share a folder have the same ones.
 */
export interface RunIdentity {
  pid: number;
  /** When it started, in clock ticks since the machine did (proc(5), starttime); epoch milliseconds where `/proc` does not tell. */
  start: number;
  /** Inode of the PID namespace; 0 where there is none. */
  pidNamespace: number;
  /** First 8 hex digits of the machine's boot id; `0` where there is none. */
  boot: string;
}

export interface SystemFiles {
  read(path: string): string;
  link(path: string): string;
}

const systemFiles: SystemFiles = {
  read: (path) => readFileSync(path, 'latin1'),
  link: (path) => readlinkSync(path),
};

/** The system's processes, where it has one list of them for all. */
export interface SystemProcesses {
  platform: NodeJS.Platform;
  /** Whether a process of this number exists. */
  exists(pid: number): boolean;
}

const systemProcesses: SystemProcesses = {
  platform: process.platform,
  exists(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      // Another user's.
      return error instanceof Error && 'code' in error && error.code === 'EPERM';
    }
  },
};

/** What tells whether a process runs. */
export interface System {
  files: SystemFiles;
  processes: SystemProcesses;
}

/** Linux, and Android, which has its kernel, give each container numbers of its own. */
const WITH_PID_NAMESPACES: readonly NodeJS.Platform[] = ['linux', 'android'];

/** This run. Never throws. */
export function ownRun(pid: number, startedAt: number, files: SystemFiles = systemFiles): RunIdentity {
  return {
    pid,
    // In a namespace whose /proc is another one's, `self` is another number, and what stands under ours another process.
    start: startTicks('self', pid, files) ?? Math.round(startedAt),
    pidNamespace: pidNamespace(files),
    boot: bootOf(files),
  };
}

/** A name for files; `parseRun` reads it. */
export function formatRun({ pid, start, pidNamespace, boot }: RunIdentity): string {
  return `${pid}-${start.toString(36)}-${pidNamespace.toString(36)}-${boot}`;
}

export const RUN_PATTERN = '\\d{1,10}-[\\da-z]{1,11}-[\\da-z]{1,11}-[\\da-f]{1,8}';
const PARTS = /^(\d{1,10})-([\da-z]{1,11})-([\da-z]{1,11})-([\da-f]{1,8})$/;

export function parseRun(name: string): RunIdentity | undefined {
  const [, pid, start, pidNamespace, boot] = PARTS.exec(name) ?? [];
  if (pid === undefined || start === undefined || pidNamespace === undefined || boot === undefined) return undefined;
  return {
    pid: Number(pid),
    start: Number.parseInt(start, 36),
    pidNamespace: Number.parseInt(pidNamespace, 36),
    boot,
  };
}

/**
 * Whether that run still runs; undefined: it can't be seen from here, as in another container or on another machine.
 * Where there are no PID namespaces, a process number that nobody has proves an end; one that somebody has may be another's.
 *
 * @param sameHost whether that run was on the machine of this one
 */
export function isRunning(
  run: RunIdentity,
  own: RunIdentity,
  sameHost: boolean,
  { files, processes }: System = { files: systemFiles, processes: systemProcesses },
): boolean | undefined {
  if (run.boot !== own.boot || run.pidNamespace !== own.pidNamespace) return undefined;
  if (run.pid === own.pid && run.start === own.start) return true;
  if (startTicks('self', own.pid, files) !== undefined) {
    return run.pid !== own.pid && startTicks(String(run.pid), run.pid, files) === run.start;
  }
  if (!sameHost || WITH_PID_NAMESPACES.includes(processes.platform)) return run.pid === own.pid ? false : undefined;
  if (run.pid === own.pid || !processes.exists(run.pid)) return false;
  return undefined;
}

/** Ended, and not yet taken note of by its parent. */
const ZOMBIE = /^[ZX]/;

/** Field 22 of `/proc/<process>/stat`, if that is the process `pid` and lives; the name before it may hold anything. */
function startTicks(process: string, pid: number, files: SystemFiles): number | undefined {
  try {
    const stat = files.read(`/proc/${process}/stat`);
    if (Number.parseInt(stat, 10) !== pid) return undefined;
    const fields = stat.slice(stat.lastIndexOf(')') + 2);
    const ticks = Number(fields.split(' ')[19]);
    return Number.isSafeInteger(ticks) && !ZOMBIE.test(fields) ? ticks : undefined;
  } catch {
    return undefined;
  }
}

function pidNamespace(files: SystemFiles): number {
  try {
    return Number(/^pid:\[(\d+)\]$/.exec(files.link('/proc/self/ns/pid'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function bootOf(files: SystemFiles): string {
  try {
    return /^[\da-f]{8}/.exec(files.read('/proc/sys/kernel/random/boot_id'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}

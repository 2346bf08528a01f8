import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process as the table of processes lists it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Differs between two processes that had the same pid one after the other. */
  readonly started: string;
}

/** Every process that can be seen: from /proc on Linux, which slim images have without `ps`; from POSIX's `ps` elsewhere. */
export function readProcessTable(platform: NodeJS.Platform = process.platform): ProcessEntry[] {
  return platform === 'linux' ? readProc() : parsePs(runPs());
}

/** The processes of `roots` and everything that they started, without those whose parent has ended. */
export function withDescendants(roots: ReadonlySet<number>, table: readonly ProcessEntry[]): ProcessEntry[] {
  const wanted = new Set(roots);
  for (let size = -1; size !== wanted.size; ) {
    size = wanted.size;
    for (const { pid, parent } of table) if (wanted.has(parent)) wanted.add(pid);
  }
  return table.filter(({ pid }) => wanted.has(pid));
}

function readProc(): ProcessEntry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return parseStat(readFileSync(`/proc/${name}/stat`, 'latin1'));
      } catch {
        // The process has ended since the folder was listed.
        return [];
      }
    });
}

const ZOMBIE = 'Z';

/** `/proc/<pid>/stat` (proc(5)): the name in parentheses may hold spaces and parentheses. A process that has ended is none. */
export function parseStat(stat: string): ProcessEntry[] {
  const close = stat.lastIndexOf(')');
  const pid = Number.parseInt(stat, 10);
  const [state, parent, ...rest] = stat.slice(close + 2).split(' ');
  const started = rest[17];
  if (close === -1 || state === ZOMBIE || started === undefined) return [];
  return [{ pid, parent: Number(parent), started }];
}

/** Where there is no `ps`, nobody is seen. */
function runPs(): string {
  try {
    return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,state=,lstart='], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

/** Lines of `ps -o pid=,ppid=,state=,lstart=`. */
export function parsePs(output: string): ProcessEntry[] {
  return output.split('\n').flatMap((line) => {
    const [, pid, parent, state = '', started] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
    if (started === undefined || state.startsWith(ZOMBIE)) return [];
    return [{ pid: Number(pid), parent: Number(parent), started }];
  });
}

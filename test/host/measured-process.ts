import { closeSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processCpuSeconds } from '../../src/host/cpu.js';
import { HostSampler } from '../../src/host/sampler.js';
import type { OwnCgroup } from './own-cgroup.js';

/** Moves into the group it is given, uses all the CPU it gets and a known amount of memory, and tells what was read. */

const MEMORY = 64 * 2 ** 20;
const PAGE_CACHE = 32 * 2 ** 20;
/** Seconds of CPU, at least twice as long by the clock with half a CPU. */
const CPU = 1;
/** Milliseconds, of the group's quota. */
const PERIOD = 100;
/** Milliseconds the process may take for it on a busy machine. */
const PATIENCE = 12_000;

/** The same files the formulas of `docker stats` and the kubelet are computed from. */
function rawFiles(group: OwnCgroup): Record<string, string> {
  const names =
    group.version === 2
      ? ['memory.current', 'memory.max', 'memory.stat']
      : ['memory.usage_in_bytes', 'memory.limit_in_bytes', 'memory.stat'];
  const counter = group.version === 2 ? 'cpu.stat' : 'cpuacct.usage';
  return {
    ...Object.fromEntries(names.map((name) => [name, readFileSync(join(group.memory, name), 'utf8')])),
    [counter]: readFileSync(join(group.accounting, counter), 'utf8'),
    system: readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '',
    now: String(performance.now()),
  };
}

function fillPageCache(folder: string): void {
  const path = join(folder, 'pages');
  writeFileSync(path, Buffer.alloc(PAGE_CACHE, 1));
  const file = openSync(path, 'r+');
  fsyncSync(file);
  closeSync(file);
  readFileSync(path);
}

function use(seconds: number): void {
  const enough = processCpuSeconds() + seconds;
  const end = performance.now() + PATIENCE;
  while (processCpuSeconds() < enough && performance.now() < end) {
    for (const pause = performance.now() + 2; performance.now() < pause; );
  }
}

/**
 * Until a new period has begun, in which the group has all of its CPU again: without any it would stand still, maybe between two readings that
 * are compared with each other.
 */
function rest(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * PERIOD);
}

function main(group: OwnCgroup): void {
  for (const entrance of group.entrances) writeFileSync(entrance, String(process.pid));
  const folder = mkdtempSync(join(tmpdir(), 'pages-'));
  const held = Buffer.alloc(MEMORY, 1);
  fillPageCache(folder);
  rest();
  const sampler = new HostSampler({ ttl: 1000, window: 60_000, environment: {} });
  const before = rawFiles(group);
  use(CPU);
  rest();
  const reading = sampler.collect();
  const after = rawFiles(group);
  sampler.stop();
  rmSync(folder, { recursive: true });
  process.stdout.write(
    JSON.stringify({ reading, limits: sampler.limits(), before, after, held: held.length, used: CPU }),
  );
}

main(JSON.parse(process.argv[2] ?? '') as OwnCgroup);

import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** The command in front of another that keeps it on one core; none where that can't be. */
export type Pinning = (core: 'load' | 'application') => readonly string[];

/** The application has a core to itself, all of its threads; what puts it under load and what it talks to share another. */
export function pinning(): Pinning {
  if (availableParallelism() < 2)
    throw new Error('a benchmark needs two cores: one for the application, one for the load');
  if (spawnSync('taskset', ['--version']).error)
    throw new Error('no taskset (util-linux): it keeps load and application apart');
  return (core) => ['taskset', '--cpu-list', core === 'load' ? '0' : '1'];
}

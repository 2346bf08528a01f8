import { Agent, get } from 'node:http';
import { median } from '../host/measure.js';
import { threadTimes, timesBetween } from '../overhead/thread-times.js';
import { end, settings, start } from './child.js';

const ROUNDS = 3;
const WARM_UP = 3000;
const REQUESTS = 10_000;
const CONNECTIONS = 16;

export interface Pair {
  readonly name: string;
  /** Microseconds of the main thread for a request. */
  readonly without: number;
  readonly with: number;
  /** The median of the differences within a round, and the smallest and largest of them. */
  readonly difference: number;
  readonly range: readonly [number, number];
}

interface Subject {
  readonly name: string;
  readonly without: () => { args: string[]; env: Record<string, string> };
  readonly with: () => { args: string[]; env: Record<string, string> };
}

/** What a request that does not fail pays for being watched for errors. */
export async function measureRequests(url: string, onProgress: (text: string) => void): Promise<Pair[]> {
  const layer = (kind: string) => ({ args: ['--import', 'tsx', 'bench/errors/layer.ts', kind], env: {} });
  const express = (disabled: string) => ({
    args: ['--require', '@org/monitoring/register', 'bench/errors/server.cjs'],
    env: settings(url, { OTEL_NODE_DISABLED_INSTRUMENTATIONS: disabled }),
  });
  const subjects: Subject[] = [
    {
      name: 'bare server: the request layer alone, and with all error sources',
      without: () => layer('alone'),
      with: () => layer('errors'),
    },
    {
      name: 'Express 5, monitored: its errors not watched, and watched',
      without: () => express('express'),
      with: () => express(''),
    },
  ];
  const pairs: Pair[] = [];
  for (const subject of subjects) {
    const rounds: { without: number; with: number }[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      onProgress(`requests, round ${round} of ${ROUNDS}: ${subject.name}`);
      const without = await cost(subject.without());
      rounds.push({ without, with: await cost(subject.with()) });
    }
    const differences = rounds.map((each) => each.with - each.without);
    pairs.push({
      name: subject.name,
      without: median(rounds.map((each) => each.without)),
      with: median(rounds.map((each) => each.with)),
      difference: median(differences),
      range: [Math.min(...differences), Math.max(...differences)],
    });
  }
  return pairs;
}

async function cost({ args, env }: { args: string[]; env: Record<string, string> }): Promise<number> {
  const { child, line } = await start(args, env);
  const { pid } = child;
  if (pid === undefined) throw new Error('not started');
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  await ask(line, agent, WARM_UP);
  const before = threadTimes(pid);
  await ask(line, agent, REQUESTS);
  const { main } = timesBetween(pid, before, threadTimes(pid));
  agent.destroy();
  await end(child);
  return main.ran / REQUESTS;
}

async function ask(url: string, agent: Agent, count: number): Promise<void> {
  let left = count;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      get(url, { agent }, (response) => response.resume().on('end', resolve)).on('error', reject);
    });
  const connection = async () => {
    while (left > 0) {
      left -= 1;
      await one();
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
}

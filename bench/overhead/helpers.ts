import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Ports } from './backend/process.js';
import type { TelemetryReceived } from './backend/telemetry.js';
import type { LoadOrder, LoadResult } from './load/order.js';
import type { Pinning } from './pinning.js';

/** The processes on the other core. */
export interface Helpers {
  readonly ports: Ports;
  load(order: LoadOrder): Promise<LoadResult>;
  /** What the telemetry server got since this was last asked. */
  received(): Promise<TelemetryReceived>;
  stop(): void;
}

export async function startHelpers(pin: Pinning): Promise<Helpers> {
  const backend = helper('./backend/process.ts', pin);
  const client = helper('./load/client.ts', pin);
  const ports = await answer<Ports>(backend);
  return {
    ports,
    load(order) {
      client.send(order);
      return answer<LoadResult>(client);
    },
    received() {
      backend.send('received');
      return answer<TelemetryReceived>(backend);
    },
    stop() {
      backend.disconnect();
      client.disconnect();
    },
  };
}

function helper(file: string, pin: Pinning): ChildProcess {
  const [program = process.execPath, ...args] = [...pin('load'), process.execPath, ...process.execArgv];
  return fork(fileURLToPath(new URL(file, import.meta.url)), { execPath: program, execArgv: args });
}

async function answer<T>(child: ChildProcess): Promise<T> {
  const settled = new AbortController();
  const { signal } = settled;
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error('a process of the benchmark ended');
  });
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal }), ended])) as [T];
    return message;
  } finally {
    ended.catch(() => {});
    settled.abort();
  }
}

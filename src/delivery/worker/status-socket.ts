import { chmodSync, readdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';
import type { Attributes } from '@opentelemetry/api';
import type { NamedEndpoints } from '../../config/endpoints.js';
import type { DeliveryStatus, ProcessFacts } from '../../wire/messages.js';
import { openRunFolder } from '../left-behind/run-folder.js';

/** How a process that runs is asked about itself: who connects to its socket is sent one JSON document. */

/** Of the document; raised when a member changes its meaning or goes away. */
export const SNAPSHOT_VERSION = 3;

/** No setting in it holds a secret. */
export interface ProcessSnapshot {
  snapshotVersion: typeof SNAPSHOT_VERSION;
  /** Of @org/monitoring. */
  version: string;
  pid: number;
  /** `process.versions.node`. */
  node: string;
  /** Seconds. */
  uptime: number;
  resource: Attributes;
  endpoints: NamedEndpoints;
  /** The thread that delivers: `application` where no worker could be had. */
  thread: 'worker' | 'application';
  delivery: DeliveryStatus;
  /** What the application's thread says; absent when it did not answer in time: its event loop is held. */
  application?: ProcessFacts;
}

export function statusSocketPath(folder: string, pid: number): string {
  return join(folder, `${pid}.sock`);
}

/** Bytes of a socket's path that every system takes (104 with the zero byte on macOS, 108 on Linux). */
const MAX_PATH_BYTES = 103;
/** More do not ask at one time. */
const MAX_CONNECTIONS = 8;
/** Milliseconds that somebody may take to read the answer. */
const READ_TIMEOUT = 5000;

/**
 * Serves the document on `<pid>.sock` in the run folder, readable by this user alone, without keeping the process alive. Sockets
 * that processes left behind are removed.
 * @throws Error when the folder or the socket can't be had
 */
export async function serveStatus(
  folder: string,
  pid: number,
  snapshot: () => Promise<ProcessSnapshot>,
): Promise<Server> {
  const path = statusSocketPath(openRunFolder(folder), pid);
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw new Error(`${path} is too long for a socket's path`);
  removeLeftSockets(folder);
  rmSync(path, { force: true });
  // Only here, in the worker: loading it takes milliseconds that no start has to pay.
  const server = process.getBuiltinModule('node:net').createServer((socket) => {
    socket.unref();
    socket.on('error', () => socket.destroy());
    socket.setTimeout(READ_TIMEOUT, () => socket.destroy());
    // What is said to us is not asked for.
    socket.resume();
    snapshot().then(
      (document) => socket.end(JSON.stringify(document)),
      () => socket.destroy(),
    );
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  server.on('error', () => server.close());
  server.unref();
  chmodSync(path, 0o600);
  return server;
}

/** Processes whose socket is in the folder and who may be running. */
export function pidsWithSocket(folder: string): number[] {
  return namesIn(folder).flatMap((name) => {
    const pid = Number(/^(\d+)\.sock$/.exec(name)?.[1]);
    return pid > 0 && runs(pid) ? [pid] : [];
  });
}

/** Removes the sockets of processes that are gone: one that is killed can't. */
function removeLeftSockets(folder: string): void {
  const running = new Set(pidsWithSocket(folder));
  for (const name of namesIn(folder)) {
    const [, pid] = /^(\d+)\.sock$/.exec(name) ?? [];
    if (pid !== undefined && !running.has(Number(pid))) rmSync(join(folder, name), { force: true });
  }
}

export function removeStatusSocket(folder: string, pid: number): void {
  try {
    rmSync(statusSocketPath(folder, pid), { force: true });
  } catch {
    // The next start removes it.
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

import { chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import type { Attributes } from '@opentelemetry/api';
import type { NamedEndpoints } from '../../config/endpoints.js';
import type { DeliveryStatus, ProcessFacts } from '../../wire/messages.js';
import { openRunFolder, writeWhole } from '../left-behind/run-folder.js';

/**
 * How a process that runs is asked: who connects to its socket writes one request, ends its side, and is sent one JSON document. The mode
 * of the socket is the permission: whoever may open it is this user. On Windows the socket is a named pipe, and a file in the run folder,
 * which is the user's own, holds its name; other users may not write to the pipe, so they can't ask.
 */

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

/** `snapshot`: what the process says of itself. `test error`: it captures and delivers an error that bears the key. */
export type StatusRequest =
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'test error'; readonly key: string; readonly timeout: number };

/** What became of a test error. */
export interface TestErrorReport {
  readonly snapshotVersion: typeof SNAPSHOT_VERSION;
  readonly pid: number;
  /** Whether the application's thread made an event of it; false: the limit on errors of one kind held it back; absent: no answer. */
  readonly captured?: boolean;
  /** Whether all errors are delivered, and none was lost meanwhile. */
  readonly delivered: boolean;
  /** Milliseconds. */
  readonly duration: number;
  /** Of the errors, as in {@link ProcessSnapshot}. */
  readonly destinations: DeliveryStatus['destinations'];
}

/** Bytes of a request. The longest has 40. */
export const MAX_REQUEST_BYTES = 64;
/** Milliseconds that a request may ask for. */
export const MAX_TEST_TIMEOUT = 60_000;

export function formatRequest(request: StatusRequest): string {
  return request.kind === 'snapshot' ? 'snapshot' : `test error ${request.key} ${request.timeout}`;
}

/** Undefined: it is no request. An empty one asks for the snapshot. */
export function parseRequest(text: string): StatusRequest | undefined {
  if (text.length > MAX_REQUEST_BYTES) return undefined;
  if (text.trim() === '' || text.trim() === 'snapshot') return { kind: 'snapshot' };
  const [, key, milliseconds] = /^test error ([0-9a-f]{16}) (\d{1,5})\s*$/.exec(text) ?? [];
  const timeout = Number(milliseconds);
  if (key === undefined || timeout > MAX_TEST_TIMEOUT) return undefined;
  return { kind: 'test error', key, timeout };
}

/** The socket of a process; on Windows the file that names its pipe. */
export function statusSocketPath(folder: string, pid: number): string {
  return join(folder, `${pid}.sock`);
}

/** What decides whether the socket is a file. */
export interface SocketSystem {
  readonly platform: NodeJS.Platform;
  /** A name that nobody can take in advance. */
  pipe(pid: number): string;
}

const thisSystem: SocketSystem = {
  platform: process.platform,
  pipe: (pid) => {
    const { randomBytes } = process.getBuiltinModule('node:crypto');
    return `\\\\.\\pipe\\org-monitoring-${pid}-${randomBytes(16).toString('hex')}`;
  },
};

/** What to connect to. @throws as `fs` does where there is no socket */
export function statusAddress(
  folder: string,
  pid: number,
  { platform }: Pick<SocketSystem, 'platform'> = thisSystem,
): string {
  const path = statusSocketPath(folder, pid);
  return platform === 'win32' ? readFileSync(path, 'utf8') : path;
}

/** Bytes of a socket's path that every system takes (104 with the zero byte on macOS, 108 on Linux). */
const MAX_PATH_BYTES = 103;
/** More do not ask at one time. */
const MAX_CONNECTIONS = 8;
/** Milliseconds that somebody may take to ask, or to read the answer. */
const READ_TIMEOUT = 5000;

/**
 * Serves the document on `<pid>.sock` in the run folder, readable by this user alone, without keeping the process alive. Sockets
 * that processes left behind are removed.
 * @throws Error when the folder or the socket can't be had
 */
export async function serveStatus(
  folder: string,
  pid: number,
  answer: (request: StatusRequest) => Promise<ProcessSnapshot | TestErrorReport>,
  { platform, pipe }: SocketSystem = thisSystem,
): Promise<Server> {
  const path = statusSocketPath(openRunFolder(folder), pid);
  const address = platform === 'win32' ? pipe(pid) : path;
  if (address === path && Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw new Error(
      `${path} is too long for a socket's path (${MAX_PATH_BYTES} bytes); set MONITORING_RUN_FOLDER to a shorter one`,
    );
  removeLeftSockets(folder);
  rmSync(path, { force: true });
  // Only here, in the worker: loading it takes milliseconds that no start has to pay.
  const server = process.getBuiltinModule('node:net').createServer({ allowHalfOpen: true }, (socket) => {
    socket.unref();
    socket.on('error', () => socket.destroy());
    socket.setTimeout(READ_TIMEOUT, () => socket.destroy());
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      text += chunk;
      if (text.length > MAX_REQUEST_BYTES) socket.destroy();
    });
    socket.on('end', () => {
      const request = parseRequest(text);
      if (request === undefined) socket.destroy();
      else respond(socket, request, answer);
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, resolve);
  });
  server.on('error', () => server.close());
  server.unref();
  if (address === path) chmodSync(path, 0o600);
  else writeWhole(path, address);
  return server;
}

function respond(
  socket: Socket,
  request: StatusRequest,
  answer: (request: StatusRequest) => Promise<ProcessSnapshot | TestErrorReport>,
): void {
  if (request.kind === 'test error') socket.setTimeout(READ_TIMEOUT + request.timeout);
  answer(request).then(
    (document) => socket.end(JSON.stringify(document)),
    () => socket.destroy(),
  );
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

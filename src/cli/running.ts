import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import {
  formatRequest,
  MAX_TEST_TIMEOUT,
  type ProcessSnapshot,
  pidsWithSocket,
  SNAPSHOT_VERSION,
  type StatusRequest,
  statusAddress,
  type TestErrorReport,
} from '../delivery/worker/status-socket.js';

/** A process that runs with the preload, and what it says of itself. */
export interface RunningProcess {
  readonly pid: number;
  readonly snapshot: ProcessSnapshot;
  /** Real path of the entry; absent where the process names none, or where its file is not here. */
  readonly realEntry?: string;
}

/** Milliseconds. */
const ANSWER_LIMIT = 3000;
/** More than any snapshot has. Characters. */
const MAX_LENGTH = 4_000_000;

/**
 * The processes of this user that have a status socket and answer, with those that have one and don't.
 * @param folder the run folder in the settings
 * @param pid asks this one only
 */
export async function findRunning(
  folder: string | undefined,
  pid?: number,
): Promise<{ running: RunningProcess[]; silent: { pid: number; reason: string }[] }> {
  if (folder === undefined) return { running: [], silent: [] };
  const pids = pidsWithSocket(folder).filter((each) => pid === undefined || each === pid);
  const asked = await Promise.allSettled(pids.map(async (each) => askProcess(statusAddress(folder, each))));
  const running: RunningProcess[] = [];
  const silent: { pid: number; reason: string }[] = [];
  for (const [index, answer] of asked.entries()) {
    const each = pids[index] ?? 0;
    if (answer.status === 'fulfilled') running.push({ pid: each, snapshot: answer.value, ...entryIn(answer.value) });
    else silent.push({ pid: each, reason: String(answer.reason?.message ?? answer.reason) });
  }
  return { running, silent };
}

function entryIn({ application }: ProcessSnapshot): Pick<RunningProcess, 'realEntry'> {
  const realEntry = application?.entry && entryFile(application.entry);
  return realEntry ? { realEntry } : {};
}

/** The real path of an entry as `node <entry>` finds it: a file, one without its extension, or a folder. */
export function entryFile(path: string): string | undefined {
  try {
    return realpathSync(createRequire(resolve('.', '-')).resolve(resolve(path)));
  } catch {
    return undefined;
  }
}

/** @throws Error without a whole answer in time, or one of another version */
export async function askProcess(path: string): Promise<ProcessSnapshot> {
  return (await exchange(path, { kind: 'snapshot' }, ANSWER_LIMIT)) as ProcessSnapshot;
}

/**
 * Has the process capture an error that bears the key, and deliver it with its own credentials.
 * @param timeout milliseconds for AWS to take it
 * @throws as {@link askProcess}
 */
export async function askTestError(
  folder: string,
  pid: number,
  key: string,
  timeout: number,
): Promise<TestErrorReport> {
  const request = { kind: 'test error' as const, key, timeout: Math.min(timeout, MAX_TEST_TIMEOUT) };
  return (await exchange(statusAddress(folder, pid), request, request.timeout + ANSWER_LIMIT)) as TestErrorReport;
}

async function exchange(path: string, request: StatusRequest, limit: number): Promise<{ snapshotVersion: number }> {
  const socket = connect(path);
  socket.setTimeout(limit, () => socket.destroy(new Error(`no answer within ${limit} ms`)));
  socket.end(formatRequest(request));
  let text = '';
  socket.setEncoding('utf8');
  for await (const chunk of socket) {
    text += chunk;
    if (text.length > MAX_LENGTH) throw new Error('the answer is too long');
  }
  if (text === '') throw new Error('it gives no answer');
  const answer: { snapshotVersion: number; version?: unknown } = JSON.parse(text);
  if (answer.snapshotVersion !== SNAPSHOT_VERSION) {
    throw new Error(`it runs another version of @org/monitoring (${String(answer.version)})`);
  }
  return answer;
}

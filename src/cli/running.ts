import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import {
  type ProcessSnapshot,
  pidsWithSocket,
  SNAPSHOT_VERSION,
  statusSocketPath,
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
  const asked = await Promise.allSettled(pids.map((each) => askProcess(statusSocketPath(folder, each))));
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
  const socket = connect(path);
  socket.setTimeout(ANSWER_LIMIT, () => socket.destroy(new Error(`no answer within ${ANSWER_LIMIT} ms`)));
  let text = '';
  socket.setEncoding('utf8');
  for await (const chunk of socket) {
    text += chunk;
    if (text.length > MAX_LENGTH) throw new Error('the answer is too long');
  }
  const snapshot: ProcessSnapshot = JSON.parse(text);
  if (snapshot.snapshotVersion !== SNAPSHOT_VERSION) {
    throw new Error(`it runs another version of @org/monitoring (${String(snapshot.version)})`);
  }
  return snapshot;
}

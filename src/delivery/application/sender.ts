import { workerEnvironment } from '../../config/environment.js';
import type { PlainLogRecord, WorkerOptions } from '../../wire/messages.js';

/** Errors to be sent by another process, as they are written to its standard input. */
export interface Parcel {
  options: Omit<WorkerOptions, 'state' | 'ledger'>;
  records: PlainLogRecord[];
  /** Milliseconds. */
  timeout: number;
}

export interface ApartOptions extends Omit<Parcel, 'options'> {
  options: WorkerOptions;
  workerFile: string;
  onNotice(level: 'warn', text: string): void;
}

/** Milliseconds below which it is not worth starting a process. */
export const LEAST_TIME = 400;

/** The argument that makes a process of the worker's file a sender. */
export const SENDER_ARGUMENT = '--monitoring-send';

/**
 * Sends errors by a process of its own and waits for it: the last resort of a dying process that has no worker.
 * True: they have arrived. Never throws; denied, as under the permission model, it is not said but false.
 */
export function sendApart({ workerFile, options, records, timeout, onNotice }: ApartOptions): boolean {
  const { state: _state, ledger: _ledger, ...rest } = options;
  const milliseconds = Math.round(timeout);
  const parcel: Parcel = { options: rest, records, timeout: milliseconds };
  try {
    // Loading it takes milliseconds that no start has to pay.
    const { spawnSync } = process.getBuiltinModule('node:child_process');
    const { status, error } = spawnSync(process.execPath, [workerFile, SENDER_ARGUMENT], {
      input: JSON.stringify(parcel),
      timeout: milliseconds,
      killSignal: 'SIGKILL',
      // The application's may have been removed.
      cwd: '/',
      env: workerEnvironment(),
      stdio: ['pipe', 'ignore', 'ignore'],
      windowsHide: true,
    });
    if (error !== undefined && codeOf(error) !== 'ETIMEDOUT') throw error;
    return status === 0;
  } catch (error) {
    if (codeOf(error) !== 'ERR_ACCESS_DENIED')
      onNotice('warn', `no process could send the last errors: ${String(error)}`);
    return false;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

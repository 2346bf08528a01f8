import { rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { MARKER, MARKER_CLOSED, MARKER_NONE, MARKER_WRITING, MARKER_WRITTEN } from '../../wire/messages.js';
import { type BootMarker, writeLeftBehind } from './left-behind.js';
import { openRunFolder, writeWhole } from './run-folder.js';
import { formatRun, type RunIdentity } from './run-identity.js';

/** Milliseconds that the end of a process waits for a marker which is just being written. */
const WRITING_TIMEOUT = 50;

function markerPath(folder: string, run: RunIdentity): string {
  return join(folder, `run-${formatRun(run)}.json`);
}

/**
 * The worker's side: the marker says that the process runs and, by the time of its last change, until when it did.
 * Writing it is left to the worker, so that no start waits for a disk; an end within the first tenth of a second, before the
 * worker runs, leaves no trace.
 */
export class MarkerFile {
  private path: string | undefined;

  constructor(
    private readonly state: Int32Array,
    private readonly folder: string,
    private readonly run: RunIdentity,
    private content: BootMarker,
  ) {}

  /** @throws Error with one line when the folder can't be used */
  write(): void {
    const before = Atomics.compareExchange(this.state, MARKER, MARKER_NONE, MARKER_WRITING);
    // Written by the worker before this one.
    if (before === MARKER_WRITTEN) this.path = markerPath(this.folder, this.run);
    if (before !== MARKER_NONE) return;
    try {
      this.path = markerPath(openRunFolder(this.folder), this.run);
      writeWhole(this.path, writeLeftBehind(this.content));
      Atomics.store(this.state, MARKER, MARKER_WRITTEN);
    } catch (error) {
      this.path = undefined;
      Atomics.store(this.state, MARKER, MARKER_NONE);
      throw error;
    } finally {
      Atomics.notify(this.state, MARKER);
    }
  }

  /** The process lives. */
  beat(now: number): void {
    this.touch((path) => utimesSync(path, now / 1000, now / 1000));
  }

  /** Adds to what will be known of the run should it end without a word. */
  note(about: Pick<BootMarker, 'nearLimit' | 'blockedSince'>): void {
    this.content = { ...this.content, ...about };
    this.touch((path) => writeWhole(path, writeLeftBehind(this.content)));
  }

  private touch(change: (path: string) => void): void {
    const { path } = this;
    if (path === undefined || !this.claim()) return;
    try {
      change(path);
    } catch {
      // Cleaned up by somebody: the run goes on without one, rather than complain every ten seconds.
      this.path = undefined;
    } finally {
      Atomics.compareExchange(this.state, MARKER, MARKER_WRITING, MARKER_WRITTEN);
      Atomics.notify(this.state, MARKER);
    }
  }

  /** Not while the process ends: what is written then would stay. */
  private claim(): boolean {
    return Atomics.compareExchange(this.state, MARKER, MARKER_WRITTEN, MARKER_WRITING) === MARKER_WRITTEN;
  }
}

/** The application's side: the process ends in good order, or its end was told of. Never throws. */
export function removeMarker(state: Int32Array, folder: string, run: () => RunIdentity): void {
  const before = closeMarker(state);
  if (before === MARKER_NONE || before === MARKER_CLOSED) return;
  try {
    rmSync(markerPath(folder, run()), { force: true });
  } catch {
    // It stays, and the next start tells of an unclean end: better than the other way round.
  }
}

function closeMarker(state: Int32Array): number {
  Atomics.wait(state, MARKER, MARKER_WRITING, WRITING_TIMEOUT);
  return Atomics.exchange(state, MARKER, MARKER_CLOSED);
}

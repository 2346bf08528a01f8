/** The running distro as the programmatic API sees it. One global symbol holds it, so every copy of the API finds it. */
export interface Distro {
  /** The preload's file. */
  readonly file: string;
  runJob<T>(name: string, run: () => T): T;
  captureError(error: unknown, context?: Record<string, unknown>): boolean;
  /** Milliseconds; default `MONITORING_SHUTDOWN_TIMEOUT`. */
  flush(timeout?: number): Promise<boolean>;
  shutdown(): Promise<void>;
  /** What the destinations say of themselves: queues, counters, series, estimated cost. */
  status(): Promise<unknown>;
}

export interface StartOptions {
  /** Settings by their names (docs/configuration.md); they win over the environment. */
  settings?: Record<string, string>;
}

export const RUNNING_DISTRO = Symbol.for('@org/monitoring');

/** What the load process is asked to do. */
export interface LoadOrder {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  /** Milliseconds. */
  readonly warmUp: number;
  readonly duration: number;
  /** The application's process, whose CPU and memory are read where the measured time begins and ends. */
  readonly pid: number;
}

/** What it saw in the measured time. */
export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Microseconds of CPU of the application, all of it. */
  readonly mainCpu: number;
  readonly otherCpu: number;
  /** Bytes at the end. */
  readonly rss: number;
  /** Milliseconds from the last byte written to the last byte read. */
  readonly p50: number;
  readonly p99: number;
  /** Of its core, that the application used, 0 to 1: less than all means that it waited for something. */
  readonly applicationShare: number;
  /** Of the time, that the application could have run and something else had its core, 0 to 1. */
  readonly disturbed: number;
}

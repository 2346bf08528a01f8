import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** What came over the wire; bytes are of bodies. */
export interface Received {
  readonly requests: number;
  /** Before compression. */
  readonly raw: number;
  readonly wire: number;
  /** As CloudWatch Logs bills them: messages, and 26 bytes for each. */
  readonly billedLogBytes: number;
  readonly datums: number;
  /** Different combinations of a metric's name and dimensions. */
  readonly series: number;
}

export interface Receiver {
  readonly url: string;
  /** What has arrived since the last call of this or `drop`. */
  take(): Promise<Received>;
  drop(): void;
  stop(): void;
}

export async function startReceiver(): Promise<Receiver> {
  const child = fork(new URL('./receiver.ts', import.meta.url));
  const port = await answer<number>(child);
  return {
    url: `http://127.0.0.1:${port}`,
    take() {
      child.send('take');
      return answer<Received>(child);
    },
    drop: () => void child.send('drop'),
    stop: () => child.disconnect(),
  };
}

async function answer<T>(child: ChildProcess): Promise<T> {
  const [message] = (await once(child, 'message')) as [T];
  return message;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Ports } from '../overhead/backend/process.js';
import type { Subject } from '../overhead/subjects.js';
import { residentBytes } from '../overhead/thread-times.js';
import { madeUpHost, type Request } from './attack.js';

/** Milliseconds between two exports of metrics: an hour of them in ten minutes. */
const EXPORT_INTERVAL = 10_000;

/** The soaked application, with or without monitoring. */
export class Service {
  /** By status; `failed` had no answer. */
  readonly answers = new Map<string, number>();
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 16 });
  private readonly lines: Interface;

  private constructor(
    readonly subject: Subject,
    private readonly child: ChildProcess,
    lines: Interface,
    private readonly port: number,
  ) {
    this.lines = lines;
  }

  static async start(subject: Subject, node: string, ports: Ports): Promise<Service> {
    const app = fileURLToPath(new URL('./app.cjs', import.meta.url));
    const child = spawn(node, ['--expose-gc', ...subject.flags(), app], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'production',
        OTEL_SERVICE_NAME: 'soak',
        OTEL_METRIC_EXPORT_INTERVAL: String(EXPORT_INTERVAL),
        AWS_EC2_METADATA_DISABLED: 'true',
        BENCH_UPSTREAM_URL: `http://127.0.0.1:${ports.upstream}/flags`,
        ...subject.env(`http://127.0.0.1:${ports.telemetry}`),
      },
    });
    const lines = createInterface({ input: child.stdout });
    const [line] = (await once(lines, 'line')) as [string];
    return new Service(subject, child, lines, Number(line.replace('listening on ', '')));
  }

  ask({ method, path }: Request): void {
    const { agent, port } = this;
    const sent = request({ host: '127.0.0.1', port, method, path, agent, headers: { host: madeUpHost() } });
    sent.on('response', (response) => {
      this.count(String(response.statusCode));
      response.resume();
    });
    sent.on('error', () => this.count('failed'));
    sent.end();
  }

  /** Bytes. */
  rss(): number {
    return residentBytes(this.child.pid ?? 0);
  }

  /** Bytes of the heap that are in use after a full collection. */
  async alive(): Promise<number> {
    const line = once(this.lines, 'line');
    this.child.kill('SIGUSR2');
    const [text] = (await line) as [string];
    return Number(text.replace('alive ', ''));
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }

  private count(answer: string): void {
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
  }
}

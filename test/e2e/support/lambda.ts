import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Invocation {
  readonly event: object;
  /** `_X_AMZN_TRACE_ID` */
  readonly trace?: string;
}

export interface Answered {
  readonly outcome: 'response' | 'error';
  readonly body: string;
}

/**
 * Lambda's runtime API: hands out an event and freezes the process the moment it has the answer, as Lambda does, before the process knows
 * that the answer has arrived. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class RuntimeApi {
  private readonly server: Server;
  private waiting: ServerResponse | undefined;
  private onWaiting: (() => void) | undefined;
  private onAnswer: ((answer: Answered) => void) | undefined;
  private invocations = 0;

  private constructor() {
    this.server = createServer((request, response) => {
      if (request.url?.endsWith('/next')) {
        this.waiting = response;
        this.onWaiting?.();
        return;
      }
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => {
        const outcome = request.url?.endsWith('/error') ? 'error' : 'response';
        this.onAnswer?.({ outcome, body });
        response.writeHead(202).end();
      });
    });
  }

  static async start(): Promise<RuntimeApi> {
    const api = new RuntimeApi();
    api.server.listen(0, '127.0.0.1');
    await once(api.server, 'listening');
    return api;
  }

  /** `AWS_LAMBDA_RUNTIME_API` */
  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resolves when the process has asked for an event. */
  async asked(): Promise<void> {
    if (this.waiting !== undefined) return;
    await new Promise<void>((resolve) => {
      this.onWaiting = resolve;
    });
  }

  /** @param pid the process, which is thawed for the invocation and frozen after it */
  async invoke(pid: number, { event, trace }: Invocation): Promise<Answered> {
    process.kill(pid, 'SIGCONT');
    await this.asked();
    const answered = new Promise<Answered>((resolve) => {
      this.onAnswer = (answer) => {
        process.kill(pid, 'SIGSTOP');
        resolve(answer);
      };
    });
    this.invocations += 1;
    const headers = {
      'lambda-runtime-aws-request-id': `request-${this.invocations}`,
      ...(trace !== undefined && { 'lambda-runtime-trace-id': trace }),
    };
    const { waiting } = this;
    this.waiting = undefined;
    const body = JSON.stringify(event);
    waiting?.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
    return answered;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceError,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { readRequest, type Sent, type Signal, writeResponse } from './export-requests.js';

const PATHS: Record<Signal, string> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
};
const SIGNALS = Object.keys(PATHS) as Signal[];

export interface Received {
  signal: Signal;
  metadata: Record<string, unknown>;
  body: Buffer;
}

/** What the receiver says to a request: the fields of the response, an error, or nothing at all. */
export type Answer = { response: object } | { error: Partial<ServiceError> } | 'none';

/** Texts of PEM files. */
export interface Tls {
  key: string;
  certificate: string;
  /** Asks for a client's certificate that this authority has signed. */
  clientAuthority?: string;
}

/** A gRPC server for the three OTLP services on loopback. */
export class GrpcReceiver {
  readonly received: Received[] = [];
  /** Called for each request, with how many came before it. */
  answer: (request: Received, before: number) => Answer = () => ({ response: {} });

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start({ port = 0, tls }: { port?: number; tls?: Tls } = {}): Promise<GrpcReceiver> {
    const server = new Server();
    const bound = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${port}`, credentialsOf(tls), (error, at) => (error ? reject(error) : resolve(at)));
    });
    const receiver = new GrpcReceiver(server, bound);
    for (const signal of SIGNALS) receiver.serve(signal);
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What arrived of a signal, by resource. */
  sent(signal: Signal): Sent[] {
    return this.received.filter((each) => each.signal === signal).flatMap(({ body }) => readRequest(signal, body));
  }

  close(): void {
    this.server.forceShutdown();
  }

  private serve(signal: Signal): void {
    const raw = (bytes: Buffer): Buffer => bytes;
    const method = {
      path: PATHS[signal],
      requestStream: false,
      responseStream: false,
      requestSerialize: raw,
      requestDeserialize: raw,
      responseSerialize: raw,
      responseDeserialize: raw,
    } as const;
    this.server.addService(
      { export: method },
      { export: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => this.take(signal, call, done) },
    );
  }

  private take(signal: Signal, call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>): void {
    const request = { signal, metadata: plain(call.metadata), body: call.request };
    const answer = this.answer(request, this.received.length);
    this.received.push(request);
    if (answer === 'none') return;
    if ('error' in answer) done(answer.error);
    else done(null, writeResponse(signal, answer.response));
  }
}

function plain(metadata: Metadata): Record<string, unknown> {
  return metadata.getMap();
}

function credentialsOf(tls: Tls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const pair = { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.certificate) };
  const authority = tls.clientAuthority === undefined ? null : Buffer.from(tls.clientAuthority);
  return ServerCredentials.createSsl(authority, [pair], authority !== null);
}

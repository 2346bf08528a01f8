import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  /** As it came over the wire. */
  readonly raw: Buffer;
  /** Decompressed. */
  readonly body: Buffer;
}

export type Handler = (received: Received, response: http.ServerResponse) => void | Promise<void>;

export interface LoopbackServer {
  readonly url: string;
  readonly received: Received[];
  /** Connections accepted so far. */
  readonly connections: number;
  /** Connections that are open now. */
  readonly open: number;
  handle: Handler;
  /** Whether it answers a `HEAD` request, which is not among `received`. Default true. */
  answersProbes: boolean;
  close(): Promise<void>;
}

/** A server on loopback that keeps what it received and answers as `handle` says. */
export async function startServer(handle: Handler): Promise<LoopbackServer> {
  const server = http.createServer(async (request, response) => {
    if (request.method === 'HEAD') {
      if (state.answersProbes) response.writeHead(404).end();
      return;
    }
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const raw = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
    const received = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, raw, body };
    state.received.push(received);
    await state.handle(received, response);
  });
  let connections = 0;
  let open = 0;
  server.on('connection', (socket) => {
    connections += 1;
    open += 1;
    socket.on('close', () => {
      open -= 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const state = {
    url: `http://127.0.0.1:${port}`,
    received: [] as Received[],
    get connections() {
      return connections;
    },
    get open() {
      return open;
    },
    handle,
    answersProbes: true,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return state;
}

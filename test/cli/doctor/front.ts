import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Server } from 'node:net';

export interface Front {
  readonly url: string;
  close(): Promise<void>;
}

type Handler = (incoming: IncomingMessage, outgoing: ServerResponse, pass: () => void) => void;

/** A server before another one, which may answer by itself or change what passes. */
export async function frontOf(target: string, handle: Handler): Promise<Front> {
  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing, () => {
      const { method, headers, url = '/' } = incoming;
      const onward = request(new URL(url, target), { method: method ?? 'GET', headers }, (answer) => {
        const date = outgoing.getHeader('date');
        outgoing.writeHead(
          answer.statusCode ?? 500,
          date === undefined ? answer.headers : { ...answer.headers, date: String(date) },
        );
        answer.pipe(outgoing);
      });
      onward.on('error', () => outgoing.destroy());
      incoming.pipe(onward);
    });
  });
  return opened(server);
}

export async function opened(server: Server & { closeAllConnections(): void }, protocol = 'http'): Promise<Front> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

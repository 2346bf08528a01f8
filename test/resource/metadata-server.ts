import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = string | object | number | 'hang' | ((request: IncomingMessage, response: ServerResponse) => void);

export interface MetadataServer {
  url: string;
  /** `METHOD path`, in the order of arrival. */
  requests: string[];
  close(): Promise<void>;
}

/** A metadata service on loopback: an object is sent as JSON, a number is a status, `hang` never answers, all else is 404. */
export async function startMetadataServer(answers: Record<string, Answer>): Promise<MetadataServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const name = `${request.method} ${request.url}`;
    requests.push(name);
    const answer = answers[name] ?? 404;
    if (answer === 'hang') return;
    if (typeof answer === 'function') answer(request, response);
    else if (typeof answer === 'number') response.writeHead(answer).end('no');
    else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests, close: () => close(server) };
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

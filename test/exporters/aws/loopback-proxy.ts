import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** A proxy on loopback: plain requests go to one server, whatever host they name; tunnels are refused. Keeps what it was asked. */
export class LoopbackProxy {
  /** `CONNECT host:port`, or the host of a plain request. */
  readonly asked: string[] = [];
  readonly authorizations = new Set<string | undefined>();
  /** Whether CONNECT leads to the target, whatever host it names. */
  opensTunnels = false;
  /** The status with which CONNECT is refused otherwise. */
  refusal = '502 Bad Gateway';

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(target: string): Promise<LoopbackProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new LoopbackProxy(server, (server.address() as AddressInfo).port);
    const note = (what: string, { headers }: IncomingMessage): void => {
      proxy.asked.push(what);
      proxy.authorizations.add(headers['proxy-authorization']);
    };
    server.on('connect', (incoming, socket) => {
      note(`CONNECT ${incoming.url}`, incoming);
      if (proxy.opensTunnels) return tunnel(target, socket);
      socket.end(`HTTP/1.1 ${proxy.refusal}\r\ncontent-length: 0\r\n\r\n`);
    });
    server.on('request', (incoming, response) => {
      const { host, pathname } = new URL(String(incoming.url));
      note(host, incoming);
      const { method, headers } = incoming;
      const outgoing = request(new URL(pathname, target), { method: String(method), headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      outgoing.on('error', () => response.destroy());
      incoming.pipe(outgoing);
    });
    return proxy;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

function tunnel(target: string, socket: Duplex): void {
  const { hostname, port } = new URL(target);
  const onward = connect(Number(port), hostname, () => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    onward.pipe(socket).pipe(onward);
  });
  for (const each of [onward, socket]) each.on('error', () => onward.destroy());
}

import { connect } from 'node:net';

const HEADER_END = '\r\n\r\n';
const BUFFER_SIZE = 64 * 1024;

export interface ConnectionEvents {
  onResponse(milliseconds: number): void;
  onError(error: Error): void;
}

/**
 * Sends one request after the other. As little work as can be, since it must outrun the server: a response as long as the one
 * before, in one piece, is not parsed.
 */
export class Connection {
  private sentAt = 0;
  private length = 0;
  private received = 0;
  private head = '';
  private readonly socket;

  constructor(
    port: number,
    private readonly request: Buffer,
    private readonly events: ConnectionEvents,
  ) {
    this.socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(BUFFER_SIZE),
        callback: (bytes, buffer) => this.receive(bytes, buffer as Buffer),
      },
    });
    this.socket.on('connect', () => this.send());
    this.socket.on('error', (error) => this.events.onError(error));
    this.socket.on('close', () => this.events.onError(new Error('the application closed a connection')));
  }

  end(): void {
    this.socket.removeAllListeners();
    this.socket.on('error', () => {});
    this.socket.destroy();
  }

  private send(): void {
    this.sentAt = performance.now();
    this.socket.write(this.request);
  }

  private receive(bytes: number, buffer: Buffer): boolean {
    this.received += bytes;
    if (this.received !== this.length && !this.isComplete(bytes, buffer)) return true;
    this.received = 0;
    this.head = '';
    this.events.onResponse(performance.now() - this.sentAt);
    this.send();
    return true;
  }

  /** Learns the length of the response from its header. */
  private isComplete(bytes: number, buffer: Buffer): boolean {
    if (!this.head.includes(HEADER_END)) this.head += buffer.toString('latin1', 0, bytes);
    const end = this.head.indexOf(HEADER_END);
    if (end < 0) return false;
    const status = this.head.slice(0, this.head.indexOf('\r\n'));
    const contentLength = /\r\ncontent-length: (\d+)\r\n/i.exec(this.head.slice(0, end + 2))?.[1];
    if (!status.includes(' 200 ')) this.events.onError(new Error(`the application answered "${status}"`));
    if (contentLength === undefined) this.events.onError(new Error('a response without Content-Length'));
    this.length = end + HEADER_END.length + Number(contentLength);
    return this.received >= this.length;
  }
}

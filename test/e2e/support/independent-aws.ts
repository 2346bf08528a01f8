import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Signal = 'metrics' | 'traces' | 'logs';

export interface Call {
  readonly signal: Signal;
  /** The access key that the request is signed with. */
  readonly key: string;
  /** The region in the signature's scope. */
  readonly region: string;
  readonly host: string;
  readonly accepted: boolean;
  readonly body: Buffer;
}

/** CloudWatch, CloudWatch Logs and X-Ray as far as a delivery needs them, without any code of the package: it takes some keys. */
export class IndependentAws {
  readonly calls: Call[] = [];
  /** Access keys that are taken; all others have expired. */
  keys = new Set<string>(['test']);

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<IndependentAws> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const aws = new IndependentAws(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const call = aws.take(request, Buffer.concat(chunks));
      const json = {
        'content-type': call.signal === 'traces' ? 'application/x-protobuf' : 'application/x-amz-json-1.1',
      };
      if (call.accepted) response.writeHead(200, json).end(call.signal === 'logs' ? '{}' : '');
      else {
        const type = call.signal === 'metrics' ? 'ExpiredToken' : 'ExpiredTokenException';
        const message = 'The security token included in the request is expired';
        response
          .writeHead(400, {
            'content-type': 'application/json',
            'x-amzn-errortype': type,
            'x-amzn-query-error': `${type};Sender`,
          })
          .end(JSON.stringify({ __type: type, message }));
      }
    });
    return aws;
  }

  /** The signals of which something was taken, signed with the key. */
  signals(key: string): Signal[] {
    const taken = this.calls.filter((call) => call.accepted && call.key === key);
    return [...new Set(taken.map(({ signal }) => signal))].sort();
  }

  refused(): Signal[] {
    return [...new Set(this.calls.filter(({ accepted }) => !accepted).map(({ signal }) => signal))].sort();
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private take({ headers, url = '' }: IncomingMessage, body: Buffer): Call {
    const [, key = '', region = ''] = /Credential=([^/]+)\/\d+\/([^/]+)/.exec(headers.authorization ?? '') ?? [];
    const target = String(headers['x-amz-target'] ?? '');
    const signal = url.startsWith('/v1/traces') ? 'traces' : target.startsWith('Logs_') ? 'logs' : 'metrics';
    const call: Call = { signal, key, region, host: headers.host ?? '', accepted: this.keys.has(key), body };
    this.calls.push(call);
    return call;
  }
}

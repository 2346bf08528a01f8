import { createServer, type Server } from 'node:http';

export interface TelemetryReceived {
  requests: number;
  /** Of their bodies, as they came over the wire. */
  bytes: number;
}

/** Takes what every subject sends, whatever its protocol, and says that all is well. */
export function telemetryServer(received: TelemetryReceived): Server {
  return createServer((request, response) => {
    const type = request.headers['content-type'] ?? 'application/json';
    received.requests += 1;
    request.on('data', (data: Buffer) => {
      received.bytes += data.length;
    });
    request.on('end', () =>
      response.writeHead(200, { 'content-type': type }).end(type.includes('protobuf') ? '' : '{}'),
    );
  });
}

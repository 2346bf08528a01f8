import { createServer, type Server } from 'node:net';

const BODY = '{"enabled":true}';
const RESPONSE = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\nConnection: keep-alive\r\n\r\n${BODY}`,
);
const REQUEST_END = '\r\n\r\n';

/** Answers GET requests over kept connections with the least work: the application that calls it is what is measured. */
export function upstreamServer(): Server {
  return createServer((socket) => {
    socket.setNoDelay();
    socket.on('error', () => socket.destroy());
    let pending = '';
    socket.on('data', (data: Buffer) => {
      pending += data.toString('latin1');
      for (let end = pending.indexOf(REQUEST_END); end >= 0; end = pending.indexOf(REQUEST_END)) {
        pending = pending.slice(end + REQUEST_END.length);
        socket.write(RESPONSE);
      }
    });
  });
}

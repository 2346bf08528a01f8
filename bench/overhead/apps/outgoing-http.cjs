// Each request makes one call by node:http, over kept connections.
const http = require('node:http');
const { listening } = require('./listening.cjs');

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const upstream = process.env.BENCH_UPSTREAM_URL;

const server = http.createServer((_request, response) => {
  http.get(upstream, { agent }, (answer) => {
    answer.resume();
    answer.on('end', () => response.end('hello\n'));
  });
});
server.listen(0, '127.0.0.1', () => listening(server));

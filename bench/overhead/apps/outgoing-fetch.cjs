// Each request makes one call by fetch.
const http = require('node:http');
const { listening } = require('./listening.cjs');

const upstream = process.env.BENCH_UPSTREAM_URL;

const server = http.createServer(async (_request, response) => {
  const answer = await fetch(upstream);
  await answer.arrayBuffer();
  response.end('hello\n');
});
server.listen(0, '127.0.0.1', () => listening(server));

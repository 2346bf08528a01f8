// node:http alone, 6 bytes.
const http = require('node:http');
const { listening } = require('./listening.cjs');

const server = http.createServer((_request, response) => response.end('hello\n'));
server.listen(0, '127.0.0.1', () => listening(server));

// Each request makes one query with a parameter, from a pool.
const http = require('node:http');
const { Pool } = require('pg');
const { listening } = require('./listening.cjs');

const pool = new Pool({ connectionString: process.env.BENCH_POSTGRES_URL, max: 32 });

const server = http.createServer(async (_request, response) => {
  const { rows } = await pool.query('SELECT id, name FROM experiments WHERE id = $1', [7]);
  response.end(`${rows[0].name}\n`);
});
server.listen(0, '127.0.0.1', () => listening(server));

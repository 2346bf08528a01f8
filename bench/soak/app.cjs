// A service with routes, errors, outgoing calls and a metric of its own. SIGUSR2: prints how much of the heap is alive.
const http = require('node:http');
const express = require('express');
const { metrics } = require('@opentelemetry/api');
const { listening } = require('../overhead/apps/listening.cjs');

const upstream = new URL(process.env.BENCH_UPSTREAM_URL);
const visits = metrics.getMeter('soak').createCounter('visits');

/** Every name is this machine: what the attacker makes up costs no name server anything. */
const lookup = (_host, options, done) =>
  options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);

const app = express();
const experiments = express.Router();
experiments.all('/:id', (request, response) => response.json({ id: request.params.id, status: 'running' }));
app.use('/experiments', experiments);
app.get('/visits', (request, response) => {
  visits.add(1, { visitor: request.query.visitor });
  response.end();
});
app.get('/call', (request, response) => {
  const { hostname = '127.0.0.1' } = request.query;
  const call = http.get({ hostname, port: upstream.port, path: '/flags', agent: false, lookup }, (answer) => {
    answer.resume();
    answer.on('end', () => response.end());
  });
  call.on('error', (error) => response.destroy(error));
});
app.get('/fail', (request) => {
  const { name, message } = request.query;
  throw Object.assign(new Error(message), { name });
});
app.use((_error, _request, response, _next) => response.status(500).end());

const server = app.listen(0, '127.0.0.1', () => listening(server));

process.on('SIGUSR2', () => {
  globalThis.gc();
  process.stdout.write(`alive ${process.memoryUsage().heapUsed}\n`);
});

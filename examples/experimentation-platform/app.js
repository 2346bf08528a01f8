// An Express API as a team would write it. Nothing in it knows of monitoring: that comes with the preload.
const express = require('express');
const { assign } = require('./assignment.js');
const { experiments } = require('./experiments.js');

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class ValueError extends Error {
  name = 'ValueError';
}

const app = express();
app.use(express.json());

app.get('/health', (_req, res) => {
  res.json({ status: 'ok' });
});

const api = express.Router();

api.param('id', (req, res, next, id) => {
  req.experiment = experiments.find(id);
  if (!req.experiment) return res.status(404).json({ error: `no experiment ${id}` });
  next();
});

api.get('/', async (_req, res) => {
  await sleep(2 + Math.random() * 4);
  res.json(experiments.list());
});

api.post('/', (req, res) => {
  if (!req.body?.name) return res.status(400).json({ error: 'a name is required' });
  res.status(201).json(experiments.create(req.body.name, req.body.variants));
});

api.get('/:id', (req, res) => {
  res.json(req.experiment);
});

api.post('/:id/assignments', async (req, res) => {
  await sleep(1 + Math.random() * 3);
  res.status(201).json({ userId: req.body.userId, variant: assign(req.experiment, req.body.userId) });
});

api.post('/:id/conversions', (req, res) => {
  experiments.convert(req.experiment, assign(req.experiment, req.body.userId));
  res.status(204).end();
});

// The slow one: the figures are summed up anew for every caller.
api.get('/:id/results', async (req, res) => {
  await sleep(120 + Math.random() * 180);
  res.json(experiments.results(req.experiment));
});

app.use('/experiments', api);

app.get('/test-error', () => {
  throw new ValueError('Test error for monitoring');
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`experimentation platform on http://127.0.0.1:${server.address().port}`);
});

process.on('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});

// An Express API as a team would write it. Nothing in it knows of monitoring: that comes with the preload.
const express = require('express');
const { experiments } = require('./experiments.js');

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class ValueError extends Error {
  name = 'ValueError';
}

/** Asks the assignment service. */
async function assign(experiment, userId) {
  const response = await fetch(new URL('/assignments', process.env.ASSIGNMENTS_URL), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ experiment, userId }),
  });
  if (!response.ok) throw new Error(`the assignment service answered ${response.status}`);
  const { variant } = await response.json();
  return variant;
}

const app = express();
app.use(express.json());

app.get('/health', (_req, res) => {
  res.json({ status: 'ok' });
});

const api = express.Router();

api.param('id', async (req, res, next, id) => {
  req.experiment = await experiments.find(id);
  if (!req.experiment) return res.status(404).json({ error: `no experiment ${id}` });
  next();
});

api.get('/', async (_req, res) => {
  res.json(await experiments.list());
});

api.post('/', async (req, res) => {
  if (!req.body?.name) return res.status(400).json({ error: 'a name is required' });
  res.status(201).json(await experiments.create(req.body.name, req.body.variants));
});

api.get('/:id', (req, res) => {
  res.json(req.experiment);
});

api.post('/:id/assignments', async (req, res) => {
  const { userId } = req.body;
  res.status(201).json({ userId, variant: await assign(req.experiment, userId) });
});

api.post('/:id/conversions', async (req, res) => {
  await experiments.convert(req.experiment, await assign(req.experiment, req.body.userId));
  res.status(204).end();
});

// The slow one: the report is put together anew for every caller.
api.get('/:id/results', async (req, res) => {
  const results = await experiments.results(req.experiment);
  await sleep(120 + Math.random() * 180);
  res.json(results);
});

app.use('/experiments', api);

app.get('/test-error', () => {
  throw new ValueError('Test error for monitoring');
});

experiments.prepare().then(() => {
  const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
    console.log(`experimentation platform on http://127.0.0.1:${server.address().port}`);
  });
  process.on('SIGTERM', () => {
    server.close(() => experiments.close());
    server.closeIdleConnections();
  });
});

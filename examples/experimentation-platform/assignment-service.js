// The service that decides which variant a user sees. Nothing in it knows of monitoring either.
const { createHash } = require('node:crypto');
const express = require('express');

/** The variant that a user always sees: by hash, so that nothing has to be stored. */
function assign({ id, variants }, userId) {
  const hash = createHash('sha256').update(`${id}:${userId}`).digest();
  return variants[hash.readUInt32BE(0) % variants.length];
}

const app = express();
app.use(express.json());

app.post('/assignments', (req, res) => {
  res.json({ variant: assign(req.body.experiment, req.body.userId) });
});

const server = app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1', () => {
  console.log(`assignment service on http://127.0.0.1:${server.address().port}`);
});

process.on('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});

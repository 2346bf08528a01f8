const fastify = require('fastify');
const { listening } = require('./listening.cjs');
const { experiment } = require('./payload.cjs');

const app = fastify();
app.get('/experiments/:id', async (request) => experiment(request.params.id));
app.listen({ host: '127.0.0.1', port: 0 }).then(() => listening(app.server));
